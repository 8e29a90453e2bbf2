/**
 * SML transport version 1 (SML 1.04, chapter 8): 1b1b1b1b 01010101, the messages, 0 to 3 fill bytes, 1b1b1b1b 1a, their number, CRC.
 * Four bytes 1b among the messages are sent twice.
 */

import { crcOfSml, kermitCrcOfSml } from './crc.ts'
import { WAIT, decoder, type Decoder, type Step, type TelegramEvents } from './decoder.ts'
import { readSml } from './sml-telegram.ts'

const ESCAPE = Buffer.from('1b1b1b1b', 'hex')
const START = Buffer.from('1b1b1b1b01010101', 'hex')
const ESC = 0x1b
const END = 0x1a
/** Escape, 1a, fill bytes, CRC. */
const END_LENGTH = 8
/** Of these, what follows 1a. */
const AFTER_END = 3

export function smlDecoder(events: TelegramEvents): Decoder {
  return decoder(step, events)
}

function step(bytes: Buffer): Step {
  const start = bytes.indexOf(START)
  if (start < 0) {
    // The beginning of a start may stand last.
    const length = Math.max(0, bytes.length - START.length + 1)
    return length === 0 ? WAIT : { kind: 'noise', length }
  }
  if (start > 0) return { kind: 'noise', length: start }

  const pieces: Buffer[] = []
  let from = START.length
  let search = from
  for (;;) {
    const at = bytes.indexOf(ESCAPE, search)
    if (at < 0 || at + END_LENGTH > bytes.length) return WAIT
    const next = bytes[at + 4]
    if (next === ESC && bytes.subarray(at + 4, at + 8).equals(ESCAPE)) {
      pieces.push(bytes.subarray(from, at + 4))
      from = at + 8
      search = from
    } else if (next === ESC) {
      // A message that ends with 1b: the escape begins one byte later.
      search = at + 1
    } else if (next === END) {
      pieces.push(bytes.subarray(from, at))
      return finish(bytes.subarray(0, at + END_LENGTH), Buffer.concat(pieces))
    } else {
      const why = next === 1 ? 'cut short: another one begins' : 'an escape sequence that is not known'
      return { kind: 'broken', length: at, why }
    }
  }
}

function finish(telegram: Buffer, content: Buffer): Step {
  const { length } = telegram
  const sum = telegram.readUInt16BE(length - 2)
  const covered = telegram.subarray(0, length - 2)
  const fill = telegram[length - 3] ?? 0
  const broken = (why: string): Step => {
    // One that lost its end takes the next one with it, unless we look for its beginning; it may stand where the CRC should.
    const next = telegram.indexOf(START, START.length)
    return { kind: 'broken', length: next > 0 ? next : length - AFTER_END, why }
  }
  if (sum !== crcOfSml(covered) && sum !== kermitCrcOfSml(covered)) return broken('wrong check sum')
  if (fill > 3 || fill > content.length) return broken(`${fill} fill bytes`)
  const read = readSml(content.subarray(0, content.length - fill))
  return typeof read === 'string' ? broken(read) : { kind: 'telegram', length, values: read }
}

/** Wraps messages for the wire. */
export function frameSml(messages: Buffer): Buffer {
  const pieces: Buffer[] = [START]
  let from = 0
  for (let at = messages.indexOf(ESCAPE); at >= 0; at = messages.indexOf(ESCAPE, from)) {
    pieces.push(messages.subarray(from, at), ESCAPE, ESCAPE)
    from = at + 4
  }
  const fill = (4 - (messages.length % 4)) % 4
  pieces.push(messages.subarray(from), Buffer.alloc(fill), ESCAPE, Buffer.from([END, fill]))
  const covered = Buffer.concat(pieces)
  const sum = Buffer.alloc(2)
  sum.writeUInt16BE(crcOfSml(covered))
  return Buffer.concat([covered, sum])
}
