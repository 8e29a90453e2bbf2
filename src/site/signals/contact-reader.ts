/**
 * Reads one relay or ripple-control contact through a Modbus input, once a second. A module that does not answer keeps its last state for a
 * minute; then the contact counts as active, the safe reading, until it is read again.
 */
import type { ContactWay } from '../../config/site-config.ts'
import type { Clock } from '../../model/clock.ts'
import type { DeviceTiming, RegisterLink } from '../../model/driver.ts'
import { type BridgeError, toBridgeError } from '../../model/errors.ts'
import type { Log } from '../log.ts'
import { Rounds } from '../rounds.ts'

/** What the contact says: `presumed` active while nobody can read it. Null: not read since the start, what stood before goes on. */
export type ContactState = 'active' | 'idle' | 'presumed' | null

export interface ContactReaderOptions {
  readonly id: string
  readonly way: ContactWay
  readonly link: RegisterLink
  readonly clock: Clock
  readonly log: Log
  /** It changed, or was read for the first time. */
  readonly onState: (state: 'active' | 'idle' | 'presumed') => void
}

const POLL_MS = 1000
/** One that does not answer is asked less often, so that its time-outs do not slow the others on its bus (F40). */
const LONGEST_PAUSE_MS = 10_000
/** For so long the last state of a silent module is believed. */
export const SILENCE_MS = 60_000
const TIMING: DeviceTiming = { timeoutMs: 1000, pauseMs: 0, retries: 1, connectDelayMs: 0 }
/** Unit id where the site file names none. */
const UNIT = 1

export class ContactReader {
  readonly #options: ContactReaderOptions
  readonly #rounds: Rounds
  #state: ContactState = null
  /** When the first of the tries began that have failed since the last good one, monotonic ms. */
  #failingSince: number | null = null
  #problem: BridgeError | null = null
  #pauseMs = POLL_MS

  constructor(options: ContactReaderOptions) {
    this.#options = options
    this.#rounds = new Rounds(options.clock, async (stop, dueAt) => {
      await this.#look(stop)
      return this.#nextAt(dueAt)
    })
  }

  get state(): ContactState {
    return this.#state
  }

  /** Why it cannot be read; null: the last try was good, or there was none. */
  get problem(): BridgeError | null {
    return this.#problem
  }

  start(): void {
    this.#rounds.start()
  }

  stop(): Promise<void> {
    return this.#rounds.stop()
  }

  /** Never after the moment at which its silence is to be judged. */
  #nextAt(dueAt: number): number {
    this.#pauseMs = this.#failingSince === null ? POLL_MS : Math.min(this.#pauseMs * 2, LONGEST_PAUSE_MS)
    if (this.#failingSince === null) return dueAt + POLL_MS
    const next = this.#options.clock.monotonic() + this.#pauseMs
    return this.#state === 'presumed' ? next : Math.min(next, this.#failingSince + SILENCE_MS)
  }

  async #look(stop: AbortSignal): Promise<void> {
    const { id, way, link, clock, log } = this.#options
    const from = clock.monotonic()
    try {
      const { table, at, address } = way
      const [word] = await link.read(
        { kind: 'registers', unit: address.unit ?? UNIT, table, address: at, count: 1 },
        { timing: TIMING, urgency: 'normal', signal: stop },
      )
      if (this.#problem !== null) log.info({ signal: id }, `contact ${id} is read again`)
      this.#failingSince = null
      this.#problem = null
      this.#become(isActive(way, word ?? 0) ? 'active' : 'idle')
    } catch (error) {
      if (stop.aborted) return
      const problem = toBridgeError(error)
      if (this.#problem === null) log.warn({ signal: id, code: problem.code }, `contact ${id}: ${problem.message}`)
      this.#problem = problem
      this.#failingSince ??= from
      if (clock.monotonic() - this.#failingSince >= SILENCE_MS) this.#become('presumed')
    }
  }

  #become(state: 'active' | 'idle' | 'presumed'): void {
    if (this.#state === state) return
    this.#state = state
    this.#options.onState(state)
  }
}

/** @param word the register, or 0 or 1 of a bit */
export function isActive({ bit, inverted }: Pick<ContactWay, 'bit' | 'inverted'>, word: number): boolean {
  const closed = bit === null ? word !== 0 : ((word >> bit) & 1) === 1
  return closed !== inverted
}
