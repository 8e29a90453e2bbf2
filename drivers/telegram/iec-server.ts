/** The meter's side of an IEC 62056-21 read-out, modes A and C. */

import type { Clock } from '../../src/model/clock.ts'
import type { DocumentBank } from '../../src/model/driver.ts'
import { orAbort } from '../../src/wire/waiting.ts'
import type { SerialLine } from '../../src/wire/serial-line.ts'
import type { PatientWire } from '../../src/wire/wire.ts'
import { findSelect, findSignOn, withParity, writeBlock } from './iec-block.ts'
import { withoutParity } from './reception.ts'
import type { Speaker } from './server.ts'
import type { ReadoutOptions } from './url.ts'

const SIGN_ON_BAUD = 300
/** Offered when the line may change its speed. */
const FAST = { baud: 9600, character: '5' }
/** Nothing that a client sends is longer. */
const HEARD_LIMIT = 128
/** Between option select and data, so that the client has changed its speed too (IEC 62056-21, 6.3.14: 200 to 1500 ms). */
const REACTION_MS = 500
const BITS_PER_CHARACTER = 10

export function readoutServer(bank: DocumentBank, options: ReadoutOptions, line: SerialLine, clock: Clock): Speaker {
  let heard = ''
  let heardSomething = Promise.withResolvers<void>()
  /** We have said who we are and offered a speed. */
  let offered = false

  const write = (wire: PatientWire, bytes: Buffer, signal: AbortSignal): Promise<void> =>
    orAbort(wire.send(line.dataBits === 8 ? withParity(bytes) : bytes), signal)
  const introduce = async (wire: PatientWire, signal: AbortSignal): Promise<void> => {
    offered = options.mode === 'C'
    await write(wire, Buffer.from(`/AMP${offered ? FAST.character : 'X'}ampbridge\r\n`, 'latin1'), signal)
    if (!offered) await write(wire, writeBlock(bank.telegram()), signal)
  }
  const obey = async (wire: PatientWire, chosen: string, signal: AbortSignal): Promise<void> => {
    offered = false
    const switches = line.baud === SIGN_ON_BAUD && chosen === FAST.character && wire.setBaud !== null
    if (switches) await wire.setBaud?.(FAST.baud)
    await clock.sleep(REACTION_MS, signal)
    const block = writeBlock(bank.telegram())
    await write(wire, block, signal)
    if (!switches) return
    // A change of speed throws away what has not left yet.
    await clock.sleep((block.length * BITS_PER_CHARACTER * 1000) / FAST.baud, signal)
    await wire.setBaud?.(line.baud)
  }
  return {
    bytes: (chunk) => {
      heard = (heard + Buffer.from(withoutParity(chunk)).toString('latin1')).slice(-HEARD_LIMIT)
      heardSomething.resolve()
    },
    run: async (wire, signal) => {
      signal.addEventListener('abort', () => heardSomething.resolve(), { once: true })
      while (!signal.aborted) {
        const device = findSignOn(heard)
        const chosen = offered ? findSelect(heard) : null
        if (device !== null || chosen !== null) heard = ''
        if (device === '' || device === options.device) await introduce(wire, signal)
        else if (chosen !== null) await obey(wire, chosen, signal)
        else await heardSomething.promise
        heardSomething = Promise.withResolvers()
      }
    },
  }
}
