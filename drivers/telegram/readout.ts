/** Asks an IEC 62056-21 meter again and again (modes A, B and C): sign-on, identification, option select, data block. */

import type { Clock } from '../../src/model/clock.ts'
import type { LinkRecord } from '../../src/wire/link-record.ts'
import { orAbort, within } from '../../src/wire/waiting.ts'
import type { SerialLine } from '../../src/wire/serial-line.ts'
import type { PatientWire } from '../../src/wire/wire.ts'
import type { TelegramEvents } from './decoder.ts'
import {
  BLOCK_LIMIT,
  findBlock,
  findIdentification,
  optionSelect,
  readBlock,
  signOn,
  withParity,
  type Identification,
} from './iec-block.ts'
import { Inbox } from './inbox.ts'
import { withoutParity, type Reception } from './reception.ts'
import type { ReadoutOptions } from './url.ts'

/** A meter answers within 1.5 s and pauses as long between two characters (IEC 62056-21, 6.3.14); gateways add to it. */
const SILENCE_MS = 3000
/** A long read-out at 300 baud. */
const READOUT_LIMIT_MS = 300_000
/** After a read-out that failed. */
const AGAIN_MS = 10_000
const SIGN_ON_BAUD = 300
/** Bytes before the identification: noise, an echo, the end of another conversation. */
const SIGN_ON_LIMIT = 1024
const BITS_PER_CHARACTER = 10
/** An adapter that says a byte has left may still hold it. */
const SETTLE_MS = 50

/** Why there is nothing to read. Silent: not one byte came. */
interface Failure {
  readonly kind: 'silent' | 'broken'
  readonly why: string
}

export function asking(
  line: SerialLine,
  options: ReadoutOptions,
  events: TelegramEvents,
  record: LinkRecord,
  clock: Clock,
): Reception {
  const inbox = new Inbox(BLOCK_LIMIT)
  let wake: (() => void) | null = null
  return {
    bytes: (chunk) => {
      inbox.add(withoutParity(chunk))
      wake?.()
    },
    run: async (wire, signal) => {
      const session = new Session(wire, line, options, inbox, record, clock, (listener) => {
        wake = listener
      })
      for (;;) {
        const begun = clock.monotonic()
        const failure = await session.readOut(events, signal)
        // A peer that went away says nothing; only a new connection finds it again.
        if (failure?.kind === 'silent' && wire.setBaud === null) return failure.why
        if (failure?.kind === 'silent') record.event(failure.why)
        const pause = failure === null ? options.everyMs : Math.min(options.everyMs, AGAIN_MS)
        await clock.sleep(Math.max(0, Math.ceil(begun + pause - clock.monotonic())), signal)
      }
    },
  }
}

class Session {
  readonly #wire: PatientWire
  readonly #line: SerialLine
  readonly #options: ReadoutOptions
  readonly #inbox: Inbox
  readonly #record: LinkRecord
  readonly #clock: Clock
  readonly #onBytes: (listener: (() => void) | null) => void
  #baud: number

  constructor(
    wire: PatientWire,
    line: SerialLine,
    options: ReadoutOptions,
    inbox: Inbox,
    record: LinkRecord,
    clock: Clock,
    onBytes: (listener: (() => void) | null) => void,
  ) {
    this.#wire = wire
    this.#line = line
    this.#options = options
    this.#inbox = inbox
    this.#record = record
    this.#clock = clock
    this.#onBytes = onBytes
    this.#baud = line.baud
  }

  /** One read-out; null: it went well. */
  async readOut({ telegram, broken }: TelegramEvents, signal: AbortSignal): Promise<Failure | null> {
    this.#inbox.drop(this.#inbox.bytes.length)
    const until = this.#clock.monotonic() + READOUT_LIMIT_MS
    const switches = this.#wire.setBaud !== null && this.#line.baud === SIGN_ON_BAUD
    if (switches) await this.#setBaud(SIGN_ON_BAUD)
    await this.#send(signOn(this.#options.device), signal)

    const found = await this.#find(findIdentification, SIGN_ON_LIMIT, until, signal)
    if (found === null) return this.#failed('identification', broken)
    this.#record.frame('received', this.#inbox.bytes.subarray(0, found.length))
    this.#inbox.drop(found.length)
    await this.#select(found, switches, signal)

    const block = await this.#find(findBlock, BLOCK_LIMIT, until, signal)
    if (block === null) return this.#failed('data block', broken)
    const values = readBlock(block)
    if (typeof values === 'string') {
      broken(values, block)
      return { kind: 'broken', why: values }
    }
    telegram(values, block)
    return null
  }

  /** Agrees on a speed and goes over to it. */
  async #select({ mode, baud }: Identification, switches: boolean, signal: AbortSignal): Promise<void> {
    const next = switches ? baud : null
    if (mode === 'C' && this.#options.mode === 'C') {
      // Where the speed cannot change, the meter is asked to stay at the one that the line has.
      const select = optionSelect(next ?? this.#line.baud) ?? optionSelect(baud ?? SIGN_ON_BAUD)
      if (select !== null) {
        const begun = this.#clock.monotonic()
        await this.#send(select, signal)
        const onTheWayMs = (select.length * BITS_PER_CHARACTER * 1000) / this.#line.baud
        const left = begun + onTheWayMs + SETTLE_MS - this.#clock.monotonic()
        if (next !== null && left > 0) await this.#clock.sleep(Math.ceil(left), signal)
      }
    }
    if (next !== null) await this.#setBaud(next)
  }

  /** Throws away what is on its way, so it is done only where it must be. */
  async #setBaud(baud: number): Promise<void> {
    if (baud === this.#baud) return
    this.#baud = baud
    await this.#wire.setBaud?.(baud)
  }

  async #send(bytes: Buffer, signal: AbortSignal): Promise<void> {
    const sent = this.#line.dataBits === 8 ? withParity(bytes) : bytes
    this.#record.frame('sent', sent)
    await orAbort(this.#wire.send(sent), signal)
  }

  /** What `find` sees once enough has come; null: the meter fell silent, sends without end or for too long. */
  async #find<T>(
    find: (bytes: Buffer) => T | null,
    limit: number,
    until: number,
    signal: AbortSignal,
  ): Promise<T | null> {
    for (;;) {
      const found = find(this.#inbox.bytes)
      if (found !== null) return found
      const patience = Math.min(SILENCE_MS, until - this.#clock.monotonic())
      if (this.#inbox.bytes.length >= limit || patience <= 0 || !(await this.#more(patience, signal))) return null
    }
  }

  /** True when bytes come within that time. */
  async #more(patienceMs: number, signal: AbortSignal): Promise<boolean> {
    const came = Promise.withResolvers<true>()
    this.#onBytes(() => came.resolve(true))
    try {
      return (await within(this.#clock, Math.ceil(patienceMs), signal, came.promise)) !== null
    } finally {
      this.#onBytes(null)
    }
  }

  #failed(what: string, broken: TelegramEvents['broken']): Failure {
    const { bytes } = this.#inbox
    if (bytes.length === 0) return { kind: 'silent', why: `no ${what} came: nothing at all` }
    const why = `no ${what} among ${bytes.length} bytes`
    broken(why, bytes)
    return { kind: 'broken', why }
  }
}
