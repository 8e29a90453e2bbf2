/**
 * Runs one device for its whole life: connects, polls, serves its keep-alive, passes orders on, notices silence.
 * Reads and writes are two lanes, so that an order or a keep-alive never waits for a long poll; the link's queue puts it first.
 */
import type { Clock } from '../../model/clock.ts'
import type { Device, DeviceCommand, DeviceWrite } from '../../model/device.ts'
import { BridgeError, toBridgeError } from '../../model/errors.ts'
import type { DeviceReading } from '../../model/signal.ts'
import type { Log } from '../log.ts'
import type { Pulse } from '../pulse.ts'
import { Freshness } from './freshness.ts'
import { PollLane } from './poll-lane.ts'
import { Preparation } from './preparation.ts'
import { type MayHaveHeard, Reach } from './reach.ts'
import { WriteLane } from './write-lane.ts'

export interface DeviceActorOptions {
  readonly name: string
  readonly device: Device
  readonly clock: Clock
  readonly log: Log
  /** Period of the fast poll, ms. */
  readonly pollMs: number
  /** Period of the full poll (energy, tag, temperature) as it should be now, ms. */
  readonly fullPollMs: () => number
  /** A connection was made; nothing is known of the device yet. */
  readonly onConnected: () => void
  readonly onReadings: (readings: readonly DeviceReading[]) => void
  readonly pulse: Pick<Pulse, 'stoodStillSince' | 'onReturn'>
  /** Before anything is ordered, after the first reading (arming the fail-safe); again when a device answers after a silence. */
  readonly prepare: (signal: AbortSignal) => Promise<void>
  readonly onOnline: () => void
  readonly onOffline: (problem: BridgeError) => void
}

/**
 * A dead device on a bus is probed rarely, so that its time-outs do not slow the others (F40). Where the wire itself is down a probe costs
 * nothing: the link answers at once and backs off by itself, and the device is back as soon as the adapter is (F36).
 */
const PROBE_FIRST_MS = 2000
const PROBE_LONGEST_MS = 30_000

export class DeviceActor {
  readonly #options: DeviceActorOptions
  readonly #stopping = new AbortController()
  readonly #reach: Reach
  readonly #freshness: Freshness
  readonly #preparation = new Preparation()
  readonly #polls: PollLane
  readonly #writes: WriteLane
  #online = false
  #problem: BridgeError | null = null
  readonly #firstContact = Promise.withResolvers<void>()
  #life: Promise<void> = Promise.resolve()

  constructor(options: DeviceActorOptions) {
    const { name, device, clock, log, pollMs, fullPollMs, prepare, pulse } = options
    this.#options = options
    this.#reach = new Reach(clock)
    this.#freshness = new Freshness(name, pulse)
    const onProblem = (problem: BridgeError): void => void (this.#problem = problem)
    const shared = { device, clock, reach: this.#reach, freshness: this.#freshness, onProblem }
    this.#polls = new PollLane({
      ...shared,
      pollMs,
      fullPollMs,
      onReadings: (readings, afterSilence) => this.#onReadings(readings, afterSilence),
    })
    this.#writes = new WriteLane({ ...shared, name, log, preparation: this.#preparation, prepare })
  }

  /** It answers, and what was read of it is of now. */
  get online(): boolean {
    return this.#online && this.#freshness.holds
  }

  /** Why it is offline, or the last fault of a device that still answers. */
  get problem(): BridgeError | null {
    return this.#problem
  }

  /** When the last request went out that may have reached the device, answered or not. */
  get mayHaveHeardAt(): MayHaveHeard {
    return this.#reach.mayHaveHeardAt
  }

  /** Resolves when the first attempt to connect has ended, well or not. */
  get firstContact(): Promise<void> {
    return this.#firstContact.promise
  }

  get stopping(): boolean {
    return this.#stopping.signal.aborted
  }

  start(): void {
    this.#life = this.#run(this.#stopping.signal)
  }

  /** Ends both lanes; the device keeps its set-point until its own fail-safe acts. Never hangs on a dead device. */
  async stop(): Promise<void> {
    this.#stopping.abort(new BridgeError('LINK_CLOSED', `${this.#options.name}: the bridge stops`))
    await this.#life
    this.#writes.refuseAll(new BridgeError('LINK_CLOSED', `${this.#options.name}: the bridge stops`))
  }

  /** Sends a command as soon as the device is free. Rejects at once when it is offline. An aborted one may have arrived. */
  order(connector: number, command: DeviceCommand, signal: AbortSignal | null = null): Promise<readonly DeviceWrite[]> {
    if (!this.online) {
      return Promise.reject(
        this.#problem ?? new BridgeError('LINK_UNREACHABLE', `${this.#options.name}: not connected yet`),
      )
    }
    return this.#writes.order(connector, command, signal)
  }

  /** Reads everything soon, instead of at the next full poll: a session begins or ends. */
  wantFullPoll(): void {
    this.#polls.allSoon()
  }

  /** Polls now, to read a set-point back. */
  pollSoon(): void {
    this.#polls.soon()
  }

  async #run(stop: AbortSignal): Promise<void> {
    const { clock, name, log } = this.#options
    let probeMs = PROBE_FIRST_MS
    let wireIsDown = false
    while (!stop.aborted) {
      try {
        await this.#connect(stop).finally(() => this.#firstContact.resolve())
        probeMs = PROBE_FIRST_MS
        await this.#serveWhileOnline(stop)
      } catch (error) {
        if (stop.aborted) return
        const problem = toBridgeError(error)
        if (problem.code === 'BRIDGE_STOOD_STILL' || problem.code === 'MAPPING_CHANGED') {
          // The device is well; what we know of it is not. It is met anew before anything is written to it.
          this.#online = false
          this.#writes.refuseAll(problem)
          log.warn({ device: name, code: problem.code }, problem.message)
          continue
        }
        wireIsDown = problem.code === 'LINK_UNREACHABLE' || problem.code === 'LINK_CLOSED'
        this.#goOffline(problem)
        log.warn({ device: name, code: problem.code }, `${name}: ${problem.message}`)
      }
      if (stop.aborted) return
      await clock.sleep(probeMs, stop).catch(() => {})
      probeMs = wireIsDown ? PROBE_FIRST_MS : Math.min(probeMs * 2, PROBE_LONGEST_MS)
    }
  }

  async #connect(stop: AbortSignal): Promise<void> {
    const { clock, device, onConnected, onReadings, prepare, onOnline } = this.#options
    await this.#reach.asking('any', device.connect(stop))
    onConnected()
    // What the charger offers now is read before anything is ordered: it may differ from what we last knew.
    const from = clock.monotonic()
    const readings = await device.poll('all', stop)
    this.#freshness.read(from)
    onReadings(readings)
    this.#preparation.begin(clock.monotonic())
    await prepare(stop)
    this.#freshness.check()
    this.#online = true
    this.#problem = null
    onOnline()
  }

  /** Both lanes until one of them gives the device up. */
  async #serveWhileOnline(stop: AbortSignal): Promise<void> {
    const lanes = new AbortController()
    const signal = AbortSignal.any([stop, lanes.signal])
    // What still waits to be written was decided before.
    const unwatch = this.#options.pulse.onReturn(() =>
      lanes.abort(new BridgeError('LINK_CLOSED', 'the bridge stood still')),
    )
    const run = [this.#polls.run(signal), this.#writes.run(signal)]
    try {
      await Promise.race(run)
      if (!stop.aborted) this.#freshness.check()
    } finally {
      unwatch()
      lanes.abort(new BridgeError('LINK_CLOSED', `${this.#options.name}: gone offline`))
      await Promise.allSettled(run)
    }
  }

  #onReadings(readings: readonly DeviceReading[], afterSilence: boolean): void {
    const { clock, onReadings } = this.#options
    if (this.#preparation.answered(afterSilence, clock.monotonic())) this.#writes.wake()
    this.#problem = null
    onReadings(readings)
  }

  #goOffline(problem: BridgeError): void {
    this.#problem = problem
    this.#writes.refuseAll(problem)
    this.#online = false
    this.#options.onOffline(problem)
  }
}
