/**
 * The encrypted P1 port of Luxembourg's Smarty meters: a DSMR 5 telegram inside AES-128-GCM (Smarty P1 specification 1.1.3:
 * DB 08, system title (8), 82, length (2), security byte 30, frame counter (4), cipher text, tag (12)).
 */

import { createCipheriv, createDecipheriv } from 'node:crypto'

import { WAIT, decoder, type Decoded, type Decoder, type Step, type TelegramEvents } from './decoder.ts'
import { readDsmr } from './dsmr.ts'

const BEGIN = Buffer.from([0xdb, 0x08])
const TITLE_END = 10
const COUNTER_START = 14
const CIPHER_START = 18
const TAG_LENGTH = 12
const LONGEST = 12 * 1024
/** The authentication key that all these meters share; it is printed in the specification. */
const SHARED = Buffer.from('00112233445566778899aabbccddeeff', 'hex')
const SECURITY = 0x30

/** @param key 16 bytes, of this meter */
export function smartyDecoder(key: Buffer, events: TelegramEvents): Decoder {
  return decoder((bytes) => step(bytes, key), events)
}

function step(bytes: Buffer, key: Buffer): Step {
  const start = bytes.indexOf(BEGIN)
  // The first byte of a beginning may stand last.
  if (start < 0) {
    const kept = bytes.at(-1) === BEGIN[0] ? 1 : 0
    return kept === bytes.length ? WAIT : { kind: 'noise', length: bytes.length - kept }
  }
  if (start > 0) return { kind: 'noise', length: start }
  if (bytes.length < CIPHER_START) return WAIT
  const length = bytes.readUInt16BE(TITLE_END + 1)
  const plausible = bytes[TITLE_END] === 0x82 && bytes[TITLE_END + 3] === SECURITY && length > 17 && length <= LONGEST
  if (!plausible) return { kind: 'noise', length: BEGIN.length }
  const end = TITLE_END + 3 + length
  if (bytes.length < end) return WAIT
  const read = open(bytes.subarray(0, end), key)
  if (typeof read !== 'string') return { kind: 'telegram', length: end, values: read }
  const next = bytes.subarray(0, end).indexOf(BEGIN, BEGIN.length)
  return { kind: 'broken', length: next > 0 ? next : end, why: read }
}

function nonce(frame: Buffer): Buffer {
  return Buffer.concat([frame.subarray(2, TITLE_END), frame.subarray(COUNTER_START, CIPHER_START)])
}

function open(frame: Buffer, key: Buffer): Decoded {
  const cipher = createDecipheriv('aes-128-gcm', key, nonce(frame), { authTagLength: TAG_LENGTH })
  cipher.setAAD(Buffer.concat([Buffer.from([SECURITY]), SHARED]))
  cipher.setAuthTag(frame.subarray(-TAG_LENGTH))
  try {
    const text = cipher.update(frame.subarray(CIPHER_START, -TAG_LENGTH))
    cipher.final()
    return readDsmr(text)
  } catch {
    return 'it cannot be decrypted: another key, or damaged'
  }
}

/** @param counter increases with each telegram, so that no nonce is used twice */
export function writeSmarty(telegram: Buffer, key: Buffer, counter: number): Buffer {
  const head = Buffer.alloc(CIPHER_START)
  BEGIN.copy(head)
  head.write('AMPbridg', BEGIN.length, 'latin1')
  head[TITLE_END] = 0x82
  head.writeUInt16BE(5 + telegram.length + TAG_LENGTH, TITLE_END + 1)
  head[TITLE_END + 3] = SECURITY
  head.writeUInt32BE(counter >>> 0, COUNTER_START)
  const cipher = createCipheriv('aes-128-gcm', key, nonce(head), { authTagLength: TAG_LENGTH })
  cipher.setAAD(Buffer.concat([Buffer.from([SECURITY]), SHARED]))
  return Buffer.concat([head, cipher.update(telegram), cipher.final(), cipher.getAuthTag()])
}
