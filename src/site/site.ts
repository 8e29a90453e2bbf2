/** A site: devices, stations, limits and the control loop, built from a checked site file and joined in one life. */
import { allocate, type BalanceState, initialBalanceState, memoryOf, restoredState } from '../balance/allocate.ts'
import type { SiteConfig, StationConfig } from '../config/site-config.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { BalanceInput, BalanceResult, BalanceSettings, CircuitLoad, Outlet } from '../model/balance-input.ts'
import type { Clock } from '../model/clock.ts'
import { PLAIN_PARAMETERS } from '../model/controller-parameters.ts'
import { BridgeError } from '../model/errors.ts'
import type { PhaseAmps } from '../model/phase.ts'
import type { StationEvent, StationListener } from '../model/event.ts'
import type { StationFiles } from '../ocpp/station/maintenance/station-files.ts'
import type { Alarms, Raised } from './alarms.ts'
import { balanceSettings } from './balance-settings.ts'
import { buildMeter, buildStation } from './build.ts'
import type { DiagnosticsSources } from './files/diagnostics.ts'
import type { RecentLines } from './files/recent-lines.ts'
import { stationFiles } from './files/station-files.ts'
import { circuitSnapshots } from './circuit-snapshot.ts'
import { ControlLoop } from './control-loop.ts'
import { parametersSnapshot, type ParameterOperations } from './controller/parameter-operations.ts'
import { StationController } from './controller/station-controller.ts'
import { eventLog } from './event-log.ts'
import { metWithin } from './first-contact.ts'
import type { LinkPool } from './link-pool.ts'
import { logFault } from './log.ts'
import { type SiteOperations, siteOperations } from './operations.ts'
import { SitePolicy } from './policy/site-policy.ts'
import { Pulse } from './pulse.ts'
import { type DecisionOperations, decisionOperations } from './records/decision-operations.ts'
import { SiteRecords } from './records/site-records.ts'
import type { RunningSite, SiteOptions } from './running-site.ts'
import { controllableWatts } from './signals/controllable-watts.ts'
import type { LimitOperations, LimitView } from './signals/limit-operations.ts'
import { SiteSignals } from './signals/site-signals.ts'
import type { SiteMeter } from './site-meter.ts'
import type { SiteCharger } from './site-charger.ts'
import type { SiteStation } from './site-station.ts'
import type { SiteSnapshot, SiteTrace } from './snapshot.ts'
import { TraceTap } from './trace-tap.ts'
import { type StationAtCsms, UpstreamWatch } from './upstream-watch.ts'
import { readUpstream } from './upstreams.ts'
import { decreasesFirst } from './write-order.ts'

/** What was said before somebody asks for diagnostics. */
export interface SiteMemory {
  readonly log: RecentLines
  readonly ocppFrames: RecentLines
}

/** How the loops run when the site file does not say otherwise. */
const POLL_MS = 1000
const FULL_POLL_MS = 10_000
const TICK_MS = 1000
/** The first decision waits at most this long for the first look at all devices. */
const FIRST_LOOK_MS = 3000

export class Site implements RunningSite {
  readonly #config: SiteConfig
  readonly #options: SiteOptions & { readonly clock: Clock; readonly random: () => number }
  readonly #ledger: Ledger
  readonly #links: LinkPool
  readonly #alarms: Alarms
  readonly #tap: TraceTap
  readonly #memory: SiteMemory
  readonly #pulse: Pulse
  readonly #signals: SiteSignals
  readonly #policy: SitePolicy
  readonly #upstreams: UpstreamWatch
  readonly #tellPeople: (event: StationEvent) => void
  readonly #listeners = new Set<StationListener>()
  readonly #loop: ControlLoop<BalanceState>
  readonly #closing = new AbortController()
  readonly operations: SiteOperations = siteOperations((id) => this.#stations.find((station) => station.id === id))
  readonly decisions: DecisionOperations
  #diskWasFull = false
  #meters: readonly SiteMeter[] = []
  #stations: readonly SiteStation[] = []
  #chargers: readonly SiteCharger[] = []
  /** Null until the stations are built. */
  #controller: StationController | null = null
  #records: SiteRecords<BalanceState> | null = null
  #loads: readonly CircuitLoad[] = []
  #settings: BalanceSettings
  #beginning: Promise<void> = Promise.resolve()

  constructor(
    config: SiteConfig,
    options: SiteOptions & { readonly clock: Clock; readonly random: () => number },
    ledger: Ledger,
    links: LinkPool,
    alarms: Alarms,
    memory: SiteMemory,
  ) {
    this.#config = config
    this.#options = options
    this.#settings = this.#balanceSettings()
    this.#ledger = ledger
    this.decisions = decisionOperations(ledger, options.clock, () => this.#stations.flatMap(({ places }) => places))
    this.#links = links
    this.#alarms = alarms
    this.#tap = new TraceTap(links)
    this.#memory = memory
    this.#pulse = new Pulse(options.clock)
    const { signals, circuits, balancing } = config
    const { clock, log } = options
    const guaranteedWatts = (circuitId: string): number | null =>
      controllableWatts(this.#outlets(), circuits, circuitId, balancing.voltage)
    const onChange = (): void => this.#loop.trigger()
    this.#policy = new SitePolicy({ config, clock, log })
    this.#tellPeople = eventLog(log, ledger)
    this.#upstreams = new UpstreamWatch({ ledger, clock, log, stations: () => this.#atCsms() })
    const others = (): readonly LimitView[] => [...(this.#controller?.limitViews() ?? []), ...this.#policy.limitViews()]
    this.#signals = new SiteSignals({ signals, circuits, links, clock, log, ledger, guaranteedWatts, others, onChange })
    this.#loop = new ControlLoop<BalanceState>({
      clock: options.clock,
      log: options.log,
      periodMs: options.tickMs ?? TICK_MS,
      gather: () => this.#gather(),
      allocate,
      initialState: initialBalanceState,
      apply: (input, result) => this.#apply(input, result),
    })
  }

  async start(): Promise<void> {
    const config = this.#config
    const { clock, random, log, registry } = this.#options
    const shell = {
      registry,
      links: this.#links,
      folder: config.folder,
      clock,
      random,
      log,
      ledger: this.#ledger,
      pulse: this.#pulse,
      pollMs: this.#options.pollMs ?? POLL_MS,
      fullPollMs: this.#options.fullPollMs ?? FULL_POLL_MS,
      timezone: config.timezone,
      filesOf: (station: Pick<StationConfig, 'id' | 'upstreamIds'>) => this.#filesOf(station),
      onEvent: (event: StationEvent) => this.#onEvent(event),
      onChange: () => this.#loop.trigger(),
    }
    const upstreams = new Map(
      await Promise.all(
        config.upstreams.map(async (one) => [one.id, await readUpstream(one, this.#options.stateFolder, log)] as const),
      ),
    )
    this.#meters = config.meters.map((meter) => buildMeter(meter, shell))
    this.#stations = config.stations.map((station) => buildStation(station, upstreams, shell))
    this.#chargers = this.#stations.flatMap(({ chargers }) => chargers)
    const outlets = this.#stations.flatMap((station) => station.places)
    const controller = new StationController({ ...shell, config, upstreams, outlets })
    this.#controller = controller
    this.#settings = this.#balanceSettings()
    this.#pulse.start()
    // Together: what they ask of the ledger is answered in few batches. All settle before a failure stops the site.
    const started = await Promise.allSettled([...this.#stations, controller].map((part) => part.start()))
    for (const outcome of started) if (outcome.status === 'rejected') throw outcome.reason
    await this.#signals.start()
    this.#records = new SiteRecords({
      ledger: this.#ledger,
      clock,
      log,
      alarms: this.#alarms,
      places: outlets,
      core: { memoryOf, restoredState, initialState: initialBalanceState },
    })
    const state = await this.#records.start()
    for (const meter of this.#meters) meter.actor.start()
    this.#beginning = this.#begin(state, this.#closing.signal)
    this.#upstreams.start()
  }

  /**
   * Looks at meters and chargers before the first decision: without that every restart would pause the cars for a moment,
   * because what is not known counts at its worst. Chargers go on by themselves meanwhile; a dead device holds nothing up for long.
   */
  async #begin(state: BalanceState, stop: AbortSignal): Promise<void> {
    const actors = [...this.#meters, ...this.#chargers].map(({ actor }) => actor)
    await metWithin(actors, FIRST_LOOK_MS, this.#options.clock, stop)
    if (!stop.aborted) this.#loop.start(state)
  }

  async stop(): Promise<void> {
    this.#closing.abort()
    await this.#beginning
    await this.#loop.stop()
    await this.#policy.stop()
    await this.#signals.stop()
    this.#records?.stop()
    const devices = [...this.#meters, ...this.#chargers]
    const stopped = await Promise.allSettled([...devices.map(({ actor }) => actor.stop()), this.#upstreams.stop()])
    const closed = await Promise.allSettled(
      [...this.#stations, this.#controller].flatMap((part) => (part === null ? [] : [part.close()])),
    )
    await this.#pulse.stop()
    await this.#links.close()
    await this.#ledger.close()
    for (const outcome of [...stopped, ...closed])
      if (outcome.status === 'rejected') logFault(this.#options.log, outcome.reason, 'while stopping')
  }

  get parameters(): ParameterOperations {
    if (this.#controller === null) throw new BridgeError('INTERNAL', 'the site has not started')
    return this.#controller
  }

  get limits(): LimitOperations {
    return this.#signals
  }

  onEvent(listener: StationListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  onTrace(listener: (trace: SiteTrace) => void): () => void {
    return this.#tap.listen(listener)
  }

  /** The security log of each station calls it MemoryExhaustion; it is told once there is room to note it. */
  noteFullDisk(isFull: boolean): void {
    if (isFull) this.#diskWasFull = true
    if (isFull || !this.#diskWasFull) return
    this.#diskWasFull = false
    for (const station of [...this.#stations, this.#controller])
      station?.noteSecurityEvent('MemoryExhaustion', 'the disk was full')
  }

  snapshot(): SiteSnapshot {
    const { name, circuits } = this.#config
    const stations = this.#chargers.map((charger) => charger.snapshot())
    const meterAmps = (meterId: string): PhaseAmps | null | undefined =>
      this.#meters.find(({ id }) => id === meterId)?.current().amps
    return {
      name,
      at: this.#options.clock.now(),
      circuits: circuitSnapshots(circuits, this.#loads, stations, meterAmps),
      meters: this.#meters.map((meter) => meter.snapshot()),
      stations,
      upstreams: this.#upstreams.snapshots(),
      alarms: this.#alarms.all,
      loop: this.#loop.counters,
      parameters: this.#controller?.snapshot() ?? parametersSnapshot(PLAIN_PARAMETERS),
    }
  }

  /** All that a CSMS knows of this site. */
  #atCsms(): readonly StationAtCsms[] {
    return [...this.#stations, ...(this.#controller?.atCsms ?? [])]
  }

  #balanceSettings(): BalanceSettings {
    const settle = this.#chargers.map(({ settleMs }) => settleMs)
    return { ...balanceSettings(this.#config.balancing, settle), ...this.#options.balance }
  }

  #gather(): BalanceInput {
    const { clock } = this.#options
    const at = clock.monotonic()
    const wallAt = clock.now()
    return this.#policy.shape({
      at,
      circuits: this.#config.circuits,
      outlets: this.#outlets(wallAt),
      meters: this.#meters.map((meter) => meter.current()),
      limits: [...this.#signals.inForce(), ...(this.#controller?.limits(at, wallAt) ?? [])],
      parameters: this.#controller?.parameters ?? PLAIN_PARAMETERS,
      settings: this.#settings,
    })
  }

  #apply(input: BalanceInput, result: BalanceResult<BalanceState>): void {
    this.#loads = result.loads
    for (const allocation of decreasesFirst(result.allocations, input.outlets))
      this.#chargers.find((charger) => charger.owns(allocation.outletId))?.apply(allocation, input.at)
    this.#alarms.hold([
      ...result.alarms.map(({ kind, id, text }): Raised => ({ kind, about: id, text })),
      ...this.#offline(),
      ...this.#signals.alarms(),
    ])
    this.#signals.observe(input, result)
    this.#records?.observe(input, result)
  }

  #outlets(wallAt = this.#options.clock.now()): readonly Outlet[] {
    return this.#chargers.flatMap((charger) => charger.outlets(wallAt))
  }

  #offline(): readonly Raised[] {
    return [...this.#meters, ...this.#chargers]
      .filter(({ actor }) => !actor.online && actor.problem !== null)
      .map(({ id, actor }) => ({
        kind: 'device-offline',
        about: id,
        text: `${id} does not answer: ${actor.problem?.message ?? ''}`,
      }))
  }

  #filesOf(station: Pick<StationConfig, 'id' | 'upstreamIds'>): StationFiles {
    const { clock, stateFolder } = this.#options
    const config = this.#config
    const authority = config.upstreams.find(({ id }) => id === station.upstreamIds[0]) ?? null
    const sources: DiagnosticsSources = {
      config,
      ledger: this.#ledger,
      clock,
      ...this.#memory,
      snapshot: () => this.snapshot(),
      onTrace: (listener) => this.onTrace(listener),
    }
    const ledger = this.#ledger
    return stationFiles({ config, stationId: station.id, authority, stateFolder, sources, ledger, clock })
  }

  #onEvent(event: StationEvent): void {
    if (event.kind === 'csms-down') this.#upstreams.noteDown(event)
    if (event.kind === 'frame') {
      this.#memory.ocppFrames.add({ at: event.at, about: event.stationId, text: `${event.direction} ${event.text}` })
      this.#tap.tell({
        at: event.at,
        kind: 'ocpp',
        about: event.stationId,
        upstreamId: event.upstreamId,
        direction: event.direction,
        text: event.text,
      })
    }
    this.#tellPeople(event)
    for (const listener of this.#listeners) listener(event)
  }
}
