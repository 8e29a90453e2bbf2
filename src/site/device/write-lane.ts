/** Writes to one device: orders as they come, then its preparation, then the keep-alive at its moment. It never waits for a long poll. */
import type { Clock } from '../../model/clock.ts'
import type { Device, DeviceCommand, DeviceWrite } from '../../model/device.ts'
import { type BridgeError, toBridgeError } from '../../model/errors.ts'
import { Bell } from '../bell.ts'
import type { Log } from '../log.ts'
import type { Freshness } from './freshness.ts'
import type { Preparation } from './preparation.ts'
import type { Reach } from './reach.ts'

export interface WriteLaneOptions {
  readonly name: string
  readonly device: Pick<Device, 'command' | 'serve' | 'nextServeAt'>
  readonly clock: Clock
  readonly log: Log
  readonly reach: Reach
  readonly freshness: Freshness
  readonly preparation: Preparation
  readonly prepare: (signal: AbortSignal) => Promise<void>
  /** A keep-alive failed and is tried again. */
  readonly onProblem: (problem: BridgeError) => void
}

interface Order {
  readonly connector: number
  readonly command: DeviceCommand
  readonly signal: AbortSignal | null
  readonly resolve: (writes: readonly DeviceWrite[]) => void
  readonly reject: (error: BridgeError) => void
}

const KEEP_ALIVE_RETRY_MS = 500

export class WriteLane {
  readonly #options: WriteLaneOptions
  readonly #orders: Order[] = []
  readonly #bell = new Bell()

  constructor(options: WriteLaneOptions) {
    this.#options = options
  }

  /** Sends a command as soon as the device is free. One that is aborted may have arrived. */
  order(connector: number, command: DeviceCommand, signal: AbortSignal | null): Promise<readonly DeviceWrite[]> {
    return new Promise((resolve, reject) => {
      this.#orders.push({ connector, command, signal, resolve, reject })
      this.#bell.ring()
    })
  }

  /** There is something new to do. */
  wake(): void {
    this.#bell.ring()
  }

  /** What waits is not written any more. */
  refuseAll(problem: BridgeError): void {
    for (const order of this.#orders.splice(0)) order.reject(problem)
  }

  /** Resolves when the signal aborts. Throws what the preparation throws, and BRIDGE_STOOD_STILL. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, device, freshness, preparation } = this.#options
    while (!signal.aborted) {
      freshness.check()
      const order = this.#orders.shift()
      if (order !== undefined) {
        await this.#execute(order, signal)
        continue
      }
      if (preparation.take()) {
        await this.#prepareAgain(signal)
        continue
      }
      const serveAt = device.nextServeAt()
      if (serveAt !== null && serveAt <= clock.monotonic()) {
        await this.#serve(signal)
        continue
      }
      const waitMs = serveAt === null ? Number.POSITIVE_INFINITY : serveAt - clock.monotonic()
      await this.#bell.wait(clock, waitMs, signal)
    }
  }

  async #execute(order: Order, lane: AbortSignal): Promise<void> {
    const { device, reach, preparation } = this.#options
    try {
      const signal = order.signal === null ? lane : AbortSignal.any([lane, order.signal])
      order.resolve(await reach.asking('write', device.command(order.connector, order.command, signal)))
    } catch (error) {
      preparation.failed(error)
      order.reject(toBridgeError(error))
    }
  }

  async #prepareAgain(signal: AbortSignal): Promise<void> {
    try {
      await this.#options.prepare(signal)
    } catch (error) {
      if (!signal.aborted) throw error
    }
  }

  /** A keep-alive that fails is tried again soon; the poll lane decides whether the device is gone. */
  async #serve(signal: AbortSignal): Promise<void> {
    const { clock, device, name, log, reach, preparation, onProblem } = this.#options
    try {
      await reach.asking('write', device.serve(signal))
    } catch (error) {
      if (signal.aborted) return
      preparation.failed(error)
      const problem = toBridgeError(error)
      onProblem(problem)
      log.warn({ device: name, code: problem.code }, `${name}: keep-alive failed: ${problem.message}`)
      await clock.sleep(KEEP_ALIVE_RETRY_MS, signal).catch(() => {})
    }
  }
}
