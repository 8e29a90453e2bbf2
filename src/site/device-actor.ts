/**
 * Runs one device for its whole life: connects, polls, serves its keep-alive, passes orders on, notices silence.
 * Reads and writes are two lanes, so that an order or a keep-alive never waits for a long poll; the link's queue puts it first.
 */
import type { Clock } from '../model/clock.ts'
import type { Device, DeviceCommand, DeviceWrite } from '../model/device.ts'
import { BridgeError, isBridgeError, toBridgeError } from '../model/errors.ts'
import type { DeviceReading } from '../model/signal.ts'
import { Bell } from './bell.ts'
import type { Log } from './log.ts'
import type { Pulse } from './pulse.ts'

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

/** A device is offline after so many polls in a row have failed (F26: within 3 cycles). */
const OFFLINE_AFTER = 3
/**
 * A dead device on a bus is probed rarely, so that its time-outs do not slow the others (F40). Where the wire itself is down a probe costs
 * nothing: the link answers at once and backs off by itself, and the device is back as soon as the adapter is (F36).
 */
const PROBE_FIRST_MS = 2000
const PROBE_LONGEST_MS = 30_000

interface Order {
  readonly connector: number
  readonly command: DeviceCommand
  readonly signal: AbortSignal | null
  readonly resolve: (writes: readonly DeviceWrite[]) => void
  readonly reject: (error: BridgeError) => void
}

export class DeviceActor {
  readonly #options: DeviceActorOptions
  readonly #stopping = new AbortController()
  readonly #orders: Order[] = []
  readonly #writeBell = new Bell()
  readonly #pollBell = new Bell()
  #online = false
  /** When the newest reading was asked for, monotonic ms. */
  #readFrom = Number.NEGATIVE_INFINITY
  #problem: BridgeError | null = null
  #fullPollWanted = false
  #prepareWanted = false
  #preparedAt = 0
  /** It was silent when it was told something. */
  #mayHaveRestarted = false
  #mayHaveHeardAt = { any: Number.NEGATIVE_INFINITY, write: Number.NEGATIVE_INFINITY }
  readonly #firstContact = Promise.withResolvers<void>()
  #life: Promise<void> = Promise.resolve()

  constructor(options: DeviceActorOptions) {
    this.#options = options
  }

  /** It answers, and what was read of it is of now. */
  get online(): boolean {
    return this.#online && !this.#options.pulse.stoodStillSince(this.#readFrom)
  }

  /** Why it is offline, or the last fault of a device that still answers. */
  get problem(): BridgeError | null {
    return this.#problem
  }

  /**
   * When the last request went out that may have reached the device, answered or not (monotonic ms): a device that still hears us is fed
   * by it, though we no longer hear the device. `write`: an order or keep-alive; `any`: a read as well.
   */
  get mayHaveHeardAt(): { readonly any: number; readonly write: number } {
    return this.#mayHaveHeardAt
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
    this.#failOrders(new BridgeError('LINK_CLOSED', `${this.#options.name}: the bridge stops`))
  }

  /** Sends a command as soon as the device is free. Rejects at once when it is offline. An aborted one may have arrived. */
  order(connector: number, command: DeviceCommand, signal: AbortSignal | null = null): Promise<readonly DeviceWrite[]> {
    if (!this.online) {
      return Promise.reject(
        this.#problem ?? new BridgeError('LINK_UNREACHABLE', `${this.#options.name}: not connected yet`),
      )
    }
    return new Promise((resolve, reject) => {
      this.#orders.push({ connector, command, signal, resolve, reject })
      this.#writeBell.ring()
    })
  }

  /** Reads everything soon, instead of at the next full poll: a session begins or ends. */
  wantFullPoll(): void {
    this.#fullPollWanted = true
    this.#pollBell.ring()
  }

  /** Polls now, to read a set-point back. */
  pollSoon(): void {
    this.#pollBell.ring()
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
          this.#failOrders(problem)
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
    await this.#asking('any', device.connect(stop))
    onConnected()
    // What the charger offers now is read before anything is ordered: it may differ from what we last knew.
    const from = clock.monotonic()
    const readings = await device.poll('all', stop)
    this.#checkSince(from)
    this.#readFrom = from
    onReadings(readings)
    this.#prepareWanted = false
    this.#preparedAt = clock.monotonic()
    await prepare(stop)
    this.#checkSince(from)
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
    const run = [this.#pollLane(signal), this.#writeLane(signal)]
    try {
      await Promise.race(run)
      if (!stop.aborted) this.#checkSince(this.#readFrom)
    } finally {
      unwatch()
      lanes.abort(new BridgeError('LINK_CLOSED', `${this.#options.name}: gone offline`))
      await Promise.allSettled(run)
    }
  }

  async #pollLane(signal: AbortSignal): Promise<void> {
    const { clock, device, pollMs, fullPollMs, onReadings } = this.#options
    let due = clock.monotonic()
    let fullAt = due
    let failures = 0
    while (!signal.aborted) {
      const full = this.#fullPollWanted || clock.monotonic() >= fullAt + fullPollMs()
      this.#fullPollWanted = false
      const from = clock.monotonic()
      this.#checkSince(this.#readFrom)
      try {
        const readings = await this.#asking('any', device.poll(full ? 'all' : 'fast', signal))
        this.#checkSince(from)
        this.#readFrom = from
        // It may have restarted, and have forgotten what it was prepared with; a quick restart hides behind a repeated request.
        if (failures > 0 || this.#mayHaveRestarted || clock.monotonic() >= this.#preparedAt + PREPARE_AGAIN_MS)
          this.#prepareSoon()
        failures = 0
        this.#problem = null
        if (full) fullAt = clock.monotonic()
        onReadings(readings)
      } catch (error) {
        if (signal.aborted) return
        // The file is another one, the device is as well as before.
        if (isBridgeError(error, 'MAPPING_CHANGED')) throw error
        failures++
        this.#problem = toBridgeError(error)
        if (failures >= OFFLINE_AFTER || !isDeviceFault(error)) throw error
      }
      due = Math.max(due + pollMs, clock.monotonic() + Math.min(pollMs, MIN_PAUSE_MS))
      await this.#pollBell.wait(clock, due - clock.monotonic(), signal)
    }
  }

  async #writeLane(signal: AbortSignal): Promise<void> {
    const { clock, device } = this.#options
    while (!signal.aborted) {
      this.#checkSince(this.#readFrom)
      const order = this.#orders.shift()
      if (order !== undefined) {
        await this.#execute(order, signal)
        continue
      }
      if (this.#prepareWanted) {
        this.#prepareWanted = false
        await this.#prepareAgain(signal)
        continue
      }
      const serveAt = device.nextServeAt()
      if (serveAt !== null && serveAt <= clock.monotonic()) {
        await this.#serve(signal)
        continue
      }
      const waitMs = serveAt === null ? Number.POSITIVE_INFINITY : serveAt - clock.monotonic()
      await this.#writeBell.wait(clock, waitMs, signal)
    }
  }

  /** Notes when a request was made, unless it certainly did not get there. */
  async #asking<Value>(kind: 'any' | 'write', request: Promise<Value>): Promise<Value> {
    let reached = true
    try {
      return await request
    } catch (error) {
      reached = !isBridgeError(error, 'LINK_UNREACHABLE')
      throw error
    } finally {
      const any = this.#options.clock.monotonic()
      if (reached) this.#mayHaveHeardAt = { any, write: kind === 'write' ? any : this.#mayHaveHeardAt.write }
    }
  }

  #prepareSoon(): void {
    this.#prepareWanted = true
    this.#mayHaveRestarted = false
    this.#preparedAt = this.#options.clock.monotonic()
    this.#writeBell.ring()
  }

  async #prepareAgain(signal: AbortSignal): Promise<void> {
    try {
      await this.#options.prepare(signal)
    } catch (error) {
      if (!signal.aborted) throw error
    }
  }

  async #execute(order: Order, lane: AbortSignal): Promise<void> {
    try {
      const signal = order.signal === null ? lane : AbortSignal.any([lane, order.signal])
      order.resolve(await this.#asking('write', this.#options.device.command(order.connector, order.command, signal)))
    } catch (error) {
      this.#noteSilence(error)
      order.reject(toBridgeError(error))
    }
  }

  /** A keep-alive that fails is tried again soon; the poll lane decides whether the device is gone. */
  async #serve(signal: AbortSignal): Promise<void> {
    const { clock, device, name, log } = this.#options
    try {
      await this.#asking('write', device.serve(signal))
    } catch (error) {
      if (signal.aborted) return
      this.#noteSilence(error)
      const problem = toBridgeError(error)
      this.#problem = problem
      log.warn({ device: name, code: problem.code }, `${name}: keep-alive failed: ${problem.message}`)
      await clock.sleep(KEEP_ALIVE_RETRY_MS, signal).catch(() => {})
    }
  }

  /** A device that did not answer an order may be restarting, also when the next poll finds it well. */
  #noteSilence(error: unknown): void {
    if (isBridgeError(error, 'DEVICE_TIMEOUT')) this.#mayHaveRestarted = true
  }

  /** Throws when the process stood still after `from`: neither an answer nor a decision from before holds any more (F48). */
  #checkSince(from: number): void {
    const { name, pulse } = this.#options
    if (pulse.stoodStillSince(from))
      throw new BridgeError(
        'BRIDGE_STOOD_STILL',
        `${name}: the bridge stood still; it is read before anything is written`,
      )
  }

  #goOffline(problem: BridgeError): void {
    this.#problem = problem
    this.#failOrders(problem)
    this.#online = false
    this.#options.onOffline(problem)
  }

  #failOrders(problem: BridgeError): void {
    for (const order of this.#orders.splice(0)) order.reject(problem)
  }
}

/** How often a device is prepared again though nothing was noticed. */
const PREPARE_AGAIN_MS = 600_000
/** Breath between two polls of a device that takes longer than its period. */
const MIN_PAUSE_MS = 50
const KEEP_ALIVE_RETRY_MS = 500

/** Faults that a device may have now and then; anything else is a fault of ours or of the file. */
function isDeviceFault(error: unknown): boolean {
  return (
    isBridgeError(error, 'DEVICE_TIMEOUT') ||
    isBridgeError(error, 'DEVICE_BAD_ANSWER') ||
    isBridgeError(error, 'DEVICE_EXCEPTION') ||
    isBridgeError(error, 'LINK_CLOSED') ||
    isBridgeError(error, 'LINK_UNREACHABLE')
  )
}
