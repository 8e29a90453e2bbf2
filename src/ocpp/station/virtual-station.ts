/**
 * A virtual charging station: what a CSMS sees of a charger that speaks no OCPP. The site feeds it with polls and set-points and
 * asks it who wants current; it runs sessions, keeps the ledger and talks with its CSMSs. One actor: no two events overlap.
 */
import { randomUUID } from 'node:crypto'
import type { EnergyMeterState, Ledger, OutboxDraft, OutboxEntry } from '../../ledger/ledger.ts'
import type { Clock } from '../../model/clock.ts'
import type { ConnectorStatus, CsmsRequest, IdTokenInfo, StationAnswer, StationMessage } from '../../model/csms.ts'
import { toBridgeError } from '../../model/errors.ts'
import type { StationHappening, StationListener } from '../../model/event.ts'
import type { Binding } from '../../model/set-point.ts'
import type { SettingName } from '../../model/setting.ts'
import type { DeviceFault } from '../../model/signal.ts'
import type { EvseState, StationDescription } from '../../model/station.ts'
import type { Transaction } from '../../model/transaction.ts'
import { Actor } from './actor.ts'
import { Authoriser } from './authoriser.ts'
import { judgeClock } from './csms-clock.ts'
import { type EvseShell, finishedKey, StationEvse } from './evse.ts'
import { nextAligned } from './meter-values.ts'
import { ProfileStore } from './profile-store.ts'
import { answerMirror, answerRequest, type RequestShell } from './requests.ts'
import type { Policy } from './session.ts'
import { StationSettings } from './settings.ts'
import { stationStatus, type StatusView } from './status-rules.ts'
import { type Answered, type Registration, Upstream, type UpstreamOptions, type UpstreamShell } from './upstream.ts'

export type Authorization =
  | { readonly way: 'free'; readonly idToken: string }
  | { readonly way: 'card' }
  | { readonly way: 'remote' }

/** What the station asks of the site. */
export interface StationPort {
  unlock(evse: number): Promise<'unlocked' | 'failed' | 'not-supported'>
  /** The CSMS reset the station; transactions have ended. The charger itself need not be touched. */
  reset(type: 'hard' | 'soft'): void
  /** Wants or limits changed: run the control tick soon. */
  changed(): void
}

export interface VirtualStationOptions {
  readonly description: StationDescription
  readonly authorization: Authorization
  readonly startValues: ReadonlyMap<SettingName, string>
  readonly ledger: Ledger
  readonly clock: Clock
  /** In [0, 1), for back-off. */
  readonly random: () => number
  readonly port: StationPort
  /** The first is the authority; the others get copies and may not decide. Empty: a station without a CSMS. */
  readonly upstreams: readonly UpstreamOptions[]
  readonly onEvent: StationListener
  /** New ids of transactions and messages; standard: UUIDs. */
  readonly newId?: () => string
}

/** Who wants current, and what profiles allow. */
export interface Demand {
  /** A vehicle is there and a transaction runs that may draw. */
  readonly wanted: boolean
  readonly refusal: 'no-vehicle' | 'not-authorised' | 'unavailable' | null
  readonly profile: { readonly amps: number; readonly source: string } | null
}

export interface EvseView {
  readonly evse: number
  readonly status: ConnectorStatus
  readonly fault: DeviceFault | null
  readonly transaction: Transaction | null
  /** Billing meter, Wh. */
  readonly meterWh: number
}

export interface UpstreamView {
  readonly id: string
  readonly connected: boolean
  readonly registration: Registration
}

/** Time a soft reset waits for the stops to reach the CSMS. */
const SOFT_RESET_WAIT_MS = 10_000
const AVAILABILITY = 'availability/'

export class VirtualStation {
  readonly #options: VirtualStationOptions
  readonly #settings: StationSettings
  readonly #actor: Actor
  readonly #upstreams: readonly Upstream[]
  readonly #profiles: ProfileStore
  readonly #authoriser: Authoriser
  readonly #newId: () => string
  #evses: readonly StationEvse[] = []
  /** EVSEs (0: the station) that a CSMS has put out of service. */
  readonly #inoperative = new Set<number>()
  #clockOffsetMs = 0
  #stationShown: string | null = null
  /** Wall ms of the next clock-aligned sample. */
  #alignedAt: number | null = null

  constructor(options: VirtualStationOptions) {
    this.#options = options
    this.#newId = options.newId ?? randomUUID
    this.#settings = new StationSettings(options.description, options.startValues)
    this.#actor = new Actor(options.clock, (error) => this.#fault(error))
    this.#upstreams = options.upstreams.map((upstream) => new Upstream(upstream, this.#upstreamShell()))
    this.#profiles = new ProfileStore(options.ledger, options.description, () =>
      this.#emit({ kind: 'profiles-changed', installed: this.#profiles.all.length }),
    )
    this.#authoriser = new Authoriser({
      ledger: options.ledger,
      stationId: options.description.id,
      clock: options.clock,
      settings: this.#settings,
      freeToken: options.authorization.way === 'free' ? options.authorization.idToken : null,
      authority: this.#upstreams[0] ?? null,
      now: () => this.#now(),
      signal: this.#actor.signal,
    })
  }

  get id(): string {
    return this.#options.description.id
  }

  /** Loads what the ledger has, resumes open transactions, then connects. Faults: LEDGER_FAILED. */
  async start(): Promise<void> {
    const { ledger, description } = this.#options
    const stored = await ledger.settings(this.id)
    const meters = await ledger.energyMeters(this.id)
    const open = await ledger.openTransactions(this.id)
    this.#settings.restore(stored)
    this.#authoriser.restore(stored)
    for (const [name, value] of stored)
      if (name.startsWith(AVAILABILITY) && value === 'inoperative')
        this.#inoperative.add(Number(name.slice(AVAILABILITY.length)))
    await this.#profiles.load()
    const resumed = new Map<number, Transaction>()
    for (const transaction of open) {
      const orphan = !description.evses.some(({ evse }) => evse === transaction.evse) || resumed.has(transaction.evse)
      if (orphan) await this.#endOrphan(transaction, meters)
      else resumed.set(transaction.evse, await this.#withCsmsId(transaction))
    }
    this.#evses = description.evses.map((evse) => {
      const transaction = resumed.get(evse.evse) ?? null
      return new StationEvse(evse, this.#evseShell(), {
        meter: meters.find((meter) => meter.evse === evse.evse) ?? null,
        transaction,
        parentIdToken: transaction === null ? null : this.#authoriser.parentOf(transaction.idToken),
        finished: stored.get(finishedKey(evse.evse)) === 'true',
      })
    })
    for (const transaction of resumed.values()) this.#emit({ kind: 'transaction-resumed', transaction })
    this.#realign()
    for (const evse of this.#evses) evse.refreshStatus()
    this.#settleTimes()
    for (const upstream of this.#upstreams) upstream.start()
  }

  /** Disconnects; transactions stay open in the ledger and are resumed by the next start. */
  async close(): Promise<void> {
    await this.#actor.close()
    await Promise.all(this.#upstreams.map((upstream) => upstream.close()))
    await this.#authoriser.settled()
  }

  /** A poll's result. Never waits. */
  observe(state: EvseState): void {
    this.#find(state.evse)?.observe(state)
    this.#actor.post(() => this.#settleTimes())
  }

  /** What the balancing core must know of an EVSE. `at`: wall ms, for schedules. */
  demand(evse: number, at: number): Demand {
    const found = this.#find(evse)
    if (found === undefined) return { wanted: false, refusal: 'unavailable', profile: null }
    const { session } = found
    const sharers = this.#evses.filter((other) => other === found || other.session.transaction !== null).length
    const moment = at + this.#clockOffsetMs
    const profile = this.#profiles.limit(evse, moment, session.transaction, found.observed, sharers)
    if (found.mayDraw) return { wanted: true, refusal: null, profile }
    if (session.transaction === null && !this.#isOperative(evse))
      return { wanted: false, refusal: 'unavailable', profile }
    const present = session.plugged && session.vehicle !== 'A'
    return { wanted: false, refusal: present ? 'not-authorised' : 'no-vehicle', profile }
  }

  /** What we offer the car now, and what bound it. */
  noteSetPoint(evse: number, amps: number, binding: Binding): void {
    const found = this.#find(evse)
    if (found === undefined) return
    this.#emit({ kind: 'set-point', setPoint: { stationId: this.id, evse, amps, binding } })
    this.#actor.post(async () => {
      await found.noteSetPoint(amps, binding)
      this.#settleTimes()
    })
  }

  view(evse: number): EvseView {
    const found = this.#find(evse)
    if (found === undefined) return { evse, status: 'unavailable', fault: null, transaction: null, meterWh: 0 }
    const { status, fault } = found.shown
    return { evse, status, fault, transaction: found.session.transaction, meterWh: found.meterWh }
  }

  upstreams(): readonly UpstreamView[] {
    return this.#upstreams.map(({ id, isOpen, registration }) => ({ id, connected: isOpen, registration }))
  }

  /** Ends the EVSE's transaction from the site itself (a person at the page, an emergency). */
  stop(evse: number, reason: 'local' | 'emergency-stop' | 'power-loss' | 'other'): Promise<void> {
    return this.#actor.ask(async () => {
      await this.#find(evse)?.apply({ kind: 'stop', reason })
      this.#settleTimes()
    })
  }

  #find(evse: number): StationEvse | undefined {
    return this.#evses.find((candidate) => candidate.evse === evse)
  }

  #now(): number {
    return this.#options.clock.now() + this.#clockOffsetMs
  }

  #emit(happening: StationHappening): void {
    this.#options.onEvent({ stationId: this.id, at: this.#now(), ...happening })
  }

  #fault(error: unknown): void {
    const fault = toBridgeError(error)
    this.#emit({ kind: 'station-fault', code: fault.code, text: fault.message })
  }

  #isOperative(evse: number): boolean {
    return !this.#inoperative.has(0) && !this.#inoperative.has(evse)
  }

  #policy(evse: number): Policy {
    const { authorization } = this.#options
    const settings = this.#settings
    return {
      way: authorization.way,
      freeToken: authorization.way === 'free' ? authorization.idToken : null,
      operative: this.#isOperative(evse),
      connectionTimeOutMs: settings.number('connectionTimeOut') * 1000,
      stopOnDisconnect: settings.flag('stopTransactionOnEVSideDisconnect'),
      stopOnInvalid: settings.flag('stopTransactionOnInvalidId'),
      maxEnergyOnInvalidWh: settings.number('maxEnergyOnInvalidId'),
    }
  }

  async #tick(): Promise<void> {
    for (const evse of this.#evses) await evse.tick()
    const now = this.#now()
    // The wall clock was set back: the grid is taken up where it is now.
    const intervalMs = this.#settings.number('clockAlignedDataInterval') * 1000
    if (this.#alignedAt !== null && this.#alignedAt - now > intervalMs) this.#realign()
    if (this.#alignedAt !== null && now >= this.#alignedAt) {
      const at = this.#alignedAt
      this.#realign()
      for (const evse of this.#evses) await evse.sampleAligned(at)
    }
    this.#settleTimes()
  }

  #realign(): void {
    this.#alignedAt = nextAligned(this.#now(), this.#settings.number('clockAlignedDataInterval'))
  }

  /** Sets the alarm for what is due next, and tells the station's own status when it changed. */
  #settleTimes(): void {
    const { clock } = this.#options
    const moments = this.#evses.map((evse) => evse.nextTickAt()).filter((at) => at !== null)
    // The wall clock may be set while we wait: never sleep long on it.
    if (this.#alignedAt !== null)
      moments.push(clock.monotonic() + Math.min(60_000, Math.max(0, this.#alignedAt - this.#now())))
    this.#actor.wakeAt(moments.length === 0 ? null : Math.min(...moments), () => this.#tick())
    this.#showStation(false)
  }

  #showStation(again: boolean): void {
    const view = this.#stationView()
    const key = `${view.status} ${view.fault?.code ?? ''}`
    if (!again && key === this.#stationShown) return
    this.#stationShown = key
    this.#report(0, view)
  }

  #stationView(): StatusView {
    const busy = this.#evses.some(({ session }) => session.transaction !== null)
    return stationStatus(
      this.#evses.map(({ observed }) => observed),
      !this.#inoperative.has(0),
      busy,
    )
  }

  #report(evse: number, view: StatusView): void {
    this.#emit({ kind: 'status', evse, ...view })
    for (const upstream of this.#upstreams) upstream.reportStatus({ kind: 'status', evse, ...view, at: this.#now() })
  }

  #evseShell(): EvseShell {
    const { ledger, clock, port } = this.#options
    return {
      stationId: this.id,
      ledger,
      clock,
      settings: this.#settings,
      newId: this.#newId,
      now: () => this.#now(),
      policy: (evse) => this.#policy(evse),
      emit: (happening) => this.#emit(happening),
      post: (job) => this.#actor.post(job),
      drafts: (transactionId, message) => this.#drafts(transactionId, message),
      wakeOutboxes: () => this.#upstreams.forEach((upstream) => upstream.wake()),
      authorise: (evse, idToken, purpose) => {
        void this.#authorise(evse, idToken, purpose)
      },
      reportStatus: (evse, view) => this.#report(evse, view),
      sendLoose: (message) => this.#sendLoose(message),
      transactionEnded: (evse) => this.#profiles.removeOfTransaction(evse),
      unplugged: (evse) => {
        const canUnlock = this.#find(evse)?.description.canUnlock === true
        if (canUnlock && this.#settings.flag('unlockConnectorOnEVSideDisconnect')) void port.unlock(evse)
      },
      changed: () => port.changed(),
    }
  }

  async #authorise(evse: number, idToken: string, purpose: 'start' | 'remote-start' | 'stop'): Promise<void> {
    const verdict = await this.#authoriser.decide(idToken, purpose === 'stop')
    const at = this.#options.clock.monotonic()
    this.#actor.post(async () => {
      if (verdict.accepted) this.#emit({ kind: 'authorised', evse, idToken, by: verdict.by })
      else this.#emit({ kind: 'authorisation-refused', evse, idToken, reason: verdict.reason })
      await this.#find(evse)?.apply(
        verdict.accepted
          ? { kind: 'authorised', idToken, parentIdToken: verdict.parentIdToken, purpose, at }
          : { kind: 'refused', idToken, purpose },
      )
      this.#settleTimes()
    })
  }

  #drafts(transactionId: string, message: StationMessage): readonly OutboxDraft[] {
    return this.#upstreams.map(({ id }) => ({
      upstreamId: id,
      stationId: this.id,
      messageId: this.#newId(),
      transactionId,
      message,
    }))
  }

  #sendLoose(message: StationMessage): void {
    for (const upstream of this.#upstreams) if (upstream.isReady) upstream.triggered(message)
  }

  async #endOrphan(transaction: Transaction, meters: readonly EnergyMeterState[]): Promise<void> {
    const meter = meters.find(({ evse }) => evse === transaction.evse) ?? {
      stationId: this.id,
      evse: transaction.evse,
      lastRegisterWh: null,
      offsetWh: transaction.startWh,
    }
    const billed = Math.floor((meter.lastRegisterWh ?? 0) + meter.offsetWh)
    const endWh = Math.max(transaction.startWh, billed)
    const endedAt = Math.max(this.#now(), transaction.startedAt)
    const ended: Transaction = { ...transaction, endedAt, endWh, stopReason: 'other' }
    const message: StationMessage = {
      kind: 'transaction-ended',
      transactionId: transaction.id,
      evse: transaction.evse,
      idToken: null,
      meterWh: endWh,
      at: endedAt,
      reason: 'other',
      samples: [],
    }
    await this.#options.ledger.endTransaction(ended, meter, this.#drafts(transaction.id, message))
    this.#emit({ kind: 'transaction-ended', transaction: ended, reason: 'other' })
  }

  async #withCsmsId(transaction: Transaction): Promise<Transaction> {
    const authority = this.#upstreams[0]
    if (authority === undefined) return transaction
    const csmsTransactionId = await this.#options.ledger.csmsTransactionId(authority.id, transaction.id)
    return { ...transaction, csmsTransactionId }
  }

  #upstreamShell(): UpstreamShell {
    const { ledger, clock, random, description } = this.#options
    return {
      stationId: this.id,
      identity: description.identity,
      ledger,
      clock,
      random,
      settings: this.#settings,
      newId: this.#newId,
      emit: (happening) => this.#emit(happening),
      onRequest: (request, upstreamId) => this.#onRequest(request, upstreamId),
      onRegistered: (upstreamId) => {
        const upstream = this.#upstreams.find(({ id }) => id === upstreamId)
        if (upstream !== undefined) this.#reportAll(upstream)
      },
      onCsmsTime: (upstreamId, currentTime, sentAt, receivedAt) => {
        if (upstreamId === this.#upstreams[0]?.id) this.#followClock(upstreamId, currentTime, sentAt, receivedAt)
      },
      onDelivered: (upstreamId, entry, answer) => this.#onDelivered(upstreamId, entry, answer),
    }
  }

  /** After registration the CSMS hears the state of everything, with the time it has now. */
  #reportAll(upstream: Upstream): void {
    const at = this.#now()
    upstream.reportStatus({ kind: 'status', evse: 0, ...this.#stationView(), at })
    for (const evse of this.#evses) upstream.reportStatus({ kind: 'status', evse: evse.evse, ...evse.shown, at })
  }

  #followClock(upstreamId: string, currentTime: number, sentAt: number, receivedAt: number): void {
    const { offsetMs, followed } = judgeClock(currentTime, sentAt, receivedAt)
    const news = Math.abs(offsetMs - this.#clockOffsetMs) > 1000
    if (followed) this.#clockOffsetMs = offsetMs
    if (news) this.#emit({ kind: 'csms-clock', upstreamId, offsetMs, followed })
    if (news && followed) this.#realign()
  }

  #onDelivered(upstreamId: string, entry: OutboxEntry, answer: StationAnswer | null): void {
    if (upstreamId !== this.#upstreams[0]?.id || answer === null) return
    const { message } = entry
    this.#actor.post(async () => {
      if (answer.kind === 'transaction-started' && message.kind === 'transaction-started') {
        const evse = this.#find(message.evse)
        evse?.noteCsmsAnswer(message.transactionId, answer.csmsTransactionId, answer.info.parentIdToken)
        await this.#learn(message.idToken, answer.info)
        const running = evse?.session.transaction
        if (answer.info.status === 'accepted' || running?.id !== message.transactionId) return
        this.#emit({ kind: 'transaction-invalidated', transaction: running, reason: answer.info.status })
        await evse?.apply({ kind: 'invalidated', meterWh: evse.meterWh })
      } else if (answer.kind === 'transaction-ended' && message.kind === 'transaction-ended') {
        if (answer.info !== null && message.idToken !== null) await this.#learn(message.idToken, answer.info)
      }
      this.#settleTimes()
    })
  }

  #learn(idToken: string, info: IdTokenInfo): Promise<void> {
    return this.#authoriser.learn(idToken, info)
  }

  #onRequest(request: CsmsRequest, upstreamId: string): Promise<Answered> {
    const shell = this.#requestShell(upstreamId)
    return this.#actor.ask(async () => {
      const decides = upstreamId === this.#upstreams[0]?.id
      const answered = await (decides ? answerRequest(request, shell) : answerMirror(request, shell))
      this.#settleTimes()
      return answered
    })
  }

  #requestShell(upstreamId: string): RequestShell {
    const { description, clock, port } = this.#options
    return {
      description,
      settings: this.#settings,
      evses: this.#evses,
      profiles: () => this.#profiles.all,
      isOperative: (evse) => this.#isOperative(evse),
      installProfile: async (profile) => {
        await this.#profiles.install(profile)
        port.changed()
      },
      removeProfiles: async (profiles) => {
        await this.#profiles.remove(profiles)
        port.changed()
      },
      changeSetting: (setting, value) => this.#changeSetting(setting, value),
      changeAvailability: (evse, operative) => this.#changeAvailability(evse, operative),
      clearCache: () => this.#authoriser.clear(),
      unlock: ({ evse }) => port.unlock(evse),
      remoteStart: (evse, idToken) => {
        const authorise = this.#settings.flag('authorizeRemoteTxRequests')
        this.#actor.post(async () => {
          await evse.apply({ kind: 'remote-start', idToken, authorise, at: clock.monotonic() })
          this.#settleTimes()
        })
      },
      stop: (evse, reason) => {
        this.#actor.post(async () => {
          await evse.apply({ kind: 'stop', reason })
          this.#settleTimes()
        })
      },
      reset: (type) => {
        this.#actor.post(() => this.#reset(type))
      },
      trigger: (target, evse) => {
        this.#actor.post(() => this.#trigger(upstreamId, target, evse))
      },
      compositeSchedule: (evse, durationSeconds, unit) =>
        this.#profiles.composite(
          evse,
          this.#now(),
          durationSeconds,
          unit,
          this.#find(evse)?.session.transaction ?? null,
        ),
    }
  }

  async #changeSetting(setting: SettingName, value: string): Promise<void> {
    await this.#options.ledger.saveSetting(this.id, setting, value)
    this.#settings.set(setting, value)
    this.#emit({ kind: 'setting-changed', setting, value })
    if (setting === 'meterValueSampleInterval') for (const evse of this.#evses) evse.retime()
    if (setting === 'clockAlignedDataInterval') this.#realign()
    if (setting === 'heartbeatInterval' || setting === 'webSocketPingInterval')
      for (const upstream of this.#upstreams) upstream.retime()
  }

  async #changeAvailability(evse: number, operative: boolean): Promise<void> {
    // Persistent across restarts (OCPP 1.6 §4.9); what waits for a transaction's end is in force by itself when it ends.
    await this.#options.ledger.saveSetting(this.id, `${AVAILABILITY}${evse}`, operative ? null : 'inoperative')
    if (operative) this.#inoperative.delete(evse)
    else this.#inoperative.add(evse)
    const concerned = this.#evses.filter((candidate) => evse === 0 || candidate.evse === evse)
    const scheduled = !operative && concerned.some(({ session }) => session.transaction !== null)
    this.#emit({ kind: 'availability', evse, operative, scheduled })
    for (const candidate of concerned) await candidate.tick()
    this.#options.port.changed()
  }

  async #reset(type: 'hard' | 'soft'): Promise<void> {
    const reason = type === 'hard' ? 'hard-reset' : 'soft-reset'
    this.#emit({ kind: 'reset', type })
    for (const evse of this.#evses) await evse.apply({ kind: 'stop', reason })
    this.#options.port.reset(type)
    void this.#restart(type)
  }

  /** A soft reset lets the stops go out first (OCPP 1.6 §5.14); after a hard one they follow the next registration. */
  async #restart(type: 'hard' | 'soft'): Promise<void> {
    if (type === 'soft') await this.#drained()
    this.#actor.post(async () => {
      for (const upstream of this.#upstreams) upstream.reset()
      for (const evse of this.#evses) await evse.apply({ kind: 'restarted' })
      this.#settleTimes()
    })
  }

  async #drained(): Promise<void> {
    const authority = this.#upstreams[0]
    if (authority === undefined) return
    const enough = new AbortController()
    const stop = AbortSignal.any([enough.signal, this.#actor.signal])
    const waiting = this.#options.clock.sleep(SOFT_RESET_WAIT_MS, stop).catch(() => {})
    await Promise.race([authority.drained(stop).catch((error: unknown) => this.#fault(error)), waiting])
    enough.abort()
  }

  async #trigger(
    upstreamId: string,
    target: 'boot' | 'heartbeat' | 'meter-values' | 'status' | 'diagnostics-status' | 'firmware-status',
    evse: number | null,
  ): Promise<void> {
    const upstream = this.#upstreams.find(({ id }) => id === upstreamId)
    if (upstream === undefined) return
    if (target === 'boot') upstream.triggered({ kind: 'boot', identity: this.#options.description.identity })
    if (target === 'heartbeat') upstream.triggered({ kind: 'heartbeat' })
    const chosen = this.#evses.filter((candidate) => evse === null || evse === candidate.evse)
    if (target === 'status') {
      const at = this.#now()
      if (evse === null || evse === 0) upstream.triggered({ kind: 'status', evse: 0, ...this.#stationView(), at })
      for (const each of chosen) upstream.triggered({ kind: 'status', evse: each.evse, ...each.shown, at })
    }
    if (target === 'meter-values') for (const each of chosen) await this.#triggerValues(upstream, each)
  }

  async #triggerValues(upstream: Upstream, evse: StationEvse): Promise<void> {
    const sample = evse.triggeredValues()
    if (sample === null) return
    const transaction = evse.session.transaction
    // A transaction's values keep their place behind what is queued (§3.7); outside one they go at once.
    if (transaction !== null && upstream.isReady) await evse.storeValues(transaction, sample)
    else upstream.triggered({ kind: 'meter-values', evse: evse.evse, transactionId: null, samples: [sample] })
  }
}
