/** Reads one device once a period, everything now and then, until it has been silent for too long. */
import type { Clock } from '../../model/clock.ts'
import type { Device } from '../../model/device.ts'
import { type BridgeError, type ErrorCode, isBridgeError, toBridgeError } from '../../model/errors.ts'
import type { DeviceReading } from '../../model/signal.ts'
import { Bell } from '../bell.ts'
import type { Freshness } from './freshness.ts'
import type { Reach } from './reach.ts'

export interface PollLaneOptions {
  readonly device: Pick<Device, 'poll'>
  readonly clock: Clock
  /** Period of the fast poll, ms. */
  readonly pollMs: number
  /** Period of the full poll as it should be now, ms. */
  readonly fullPollMs: () => number
  readonly reach: Reach
  readonly freshness: Freshness
  /** `afterSilence`: polls before this one have failed. */
  readonly onReadings: (readings: readonly DeviceReading[], afterSilence: boolean) => void
  /** A poll failed, and it goes on or gives up. */
  readonly onProblem: (problem: BridgeError) => void
}

/** A device is given up after so many polls in a row have failed (F26: within 3 cycles). */
const OFFLINE_AFTER = 3
/** Breath between two polls of a device that takes longer than its period. */
const MIN_PAUSE_MS = 50
/** Faults that a device may have now and then; anything else is a fault of ours or of the file. */
const DEVICE_FAULTS: readonly ErrorCode[] = [
  'DEVICE_TIMEOUT',
  'DEVICE_BAD_ANSWER',
  'DEVICE_EXCEPTION',
  'LINK_CLOSED',
  'LINK_UNREACHABLE',
]

export class PollLane {
  readonly #options: PollLaneOptions
  readonly #bell = new Bell()
  #fullWanted = false

  constructor(options: PollLaneOptions) {
    this.#options = options
  }

  /** Reads now. */
  soon(): void {
    this.#bell.ring()
  }

  /** Reads everything now. */
  allSoon(): void {
    this.#fullWanted = true
    this.#bell.ring()
  }

  /** Resolves when the signal aborts. Throws the fault that it gives up with, and BRIDGE_STOOD_STILL, MAPPING_CHANGED at once. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, device, pollMs, fullPollMs, reach, freshness, onReadings, onProblem } = this.#options
    let due = clock.monotonic()
    let fullAt = due
    let failures = 0
    while (!signal.aborted) {
      const full = this.#fullWanted || clock.monotonic() >= fullAt + fullPollMs()
      this.#fullWanted = false
      const from = clock.monotonic()
      freshness.check()
      try {
        const readings = await reach.asking('any', device.poll(full ? 'all' : 'fast', signal))
        freshness.read(from)
        const afterSilence = failures > 0
        failures = 0
        if (full) fullAt = clock.monotonic()
        onReadings(readings, afterSilence)
      } catch (error) {
        if (signal.aborted) return
        // The file is another one, the device is as well as before.
        if (isBridgeError(error, 'MAPPING_CHANGED')) throw error
        failures++
        onProblem(toBridgeError(error))
        if (failures >= OFFLINE_AFTER || !DEVICE_FAULTS.some((code) => isBridgeError(error, code))) throw error
      }
      due = Math.max(due + pollMs, clock.monotonic() + Math.min(pollMs, MIN_PAUSE_MS))
      await this.#bell.wait(clock, due - clock.monotonic(), signal)
    }
  }
}
