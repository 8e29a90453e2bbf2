/**
 * Reads a charger's meter once more after a session was stopped there: when nothing flows any more. Between a stop and the pause a
 * charger of 22 kW takes some 10 Wh a second or two, which nobody has given away.
 */
import type { Clock } from '../model/clock.ts'
import type { DeviceReading } from '../model/signal.ts'

export interface LastReadingsOptions {
  readonly clock: Clock
  /** Asks for a poll of all values, the meter among them. */
  readonly wantFullPoll: () => void
}

interface Waiter {
  readonly connector: number
  /** Monotonic ms: then the meter is asked for, whatever flows. */
  readonly askAt: number
  /** Monotonic ms when it was asked for. */
  askedAt: number | null
  readonly resolve: () => void
}

/** A car opens its contactor within 3 s of the pause (IEC 61851-1 A.4). */
const FLOWS_MS = 3000
const LIMIT_MS = 5000
const FLOWING_AMPS = 1
const FLOWING_W = 150

export class LastReadings {
  readonly #options: LastReadingsOptions
  readonly #waiting = new Set<Waiter>()

  constructor(options: LastReadingsOptions) {
    this.#options = options
  }

  /** Resolves when the meter was read after the pause, or after 5 s. Never rejects. */
  async wait(connector: number): Promise<void> {
    const { clock } = this.#options
    const read = Promise.withResolvers<void>()
    const enough = new AbortController()
    const waiter: Waiter = { connector, askAt: clock.monotonic() + FLOWS_MS, askedAt: null, resolve: read.resolve }
    this.#waiting.add(waiter)
    await Promise.race([read.promise, clock.sleep(LIMIT_MS, enough.signal).catch(() => {})])
    enough.abort()
    this.#waiting.delete(waiter)
  }

  /** A reading that the station has had. */
  take(reading: DeviceReading): void {
    const { clock, wantFullPoll } = this.#options
    for (const waiter of this.#waiting) {
      if (waiter.connector !== reading.connector) continue
      if (waiter.askedAt !== null) {
        const { energy, session } = reading.takenAt
        // A charger without a meter has nothing more to say.
        if ((energy ?? session ?? waiter.askedAt) >= waiter.askedAt) waiter.resolve()
      } else if (!isFlowing(reading) || clock.monotonic() >= waiter.askAt) {
        waiter.askedAt = clock.monotonic()
        wantFullPoll()
      }
    }
  }
}

function isFlowing({ values }: DeviceReading): boolean {
  const amps = (values.current ?? []).filter((value) => value !== null)
  if (amps.some((value) => value >= FLOWING_AMPS)) return true
  if (values.power !== null) return values.power >= FLOWING_W
  // Nothing measures it: then the closed contactor counts.
  return amps.length === 0 && (values.state === 'C' || values.state === 'D')
}
