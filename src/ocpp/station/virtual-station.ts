/**
 * A virtual charging station: what a CSMS sees of a charger that speaks no OCPP. The site feeds it with polls and set-points and
 * asks it who wants current; it runs sessions, keeps the ledger and talks with its CSMSs. One actor: no two events overlap.
 */
import type { CsmsRequest } from '../../model/csms-request.ts'
import { toBridgeError } from '../../model/errors.ts'
import type { StationHappening } from '../../model/event.ts'
import type { Feature } from '../../model/ocpp-version.ts'
import type { SecurityEventType } from '../../model/security-event.ts'
import type { Binding } from '../../model/set-point.ts'
import type { EvseState } from '../../model/station.ts'
import { Actor } from './actor.ts'
import { Admission } from './admission.ts'
import { Agenda } from './agenda.ts'
import { Availability } from './availability.ts'
import { Conversations } from './conversations.ts'
import { StationControl } from './control.ts'
import { evseShellOf } from './evse-wiring.ts'
import type { StationParts } from './station-parts.ts'
import { EventGate } from './event-gate.ts'
import { StationEvse } from './evse.ts'
import type { Answered, Later } from './upstream/incoming-calls.ts'
import { Maintenance } from './maintenance/maintenance.ts'
import { AlignedGrid } from './metering/aligned-grid.ts'
import { ProfileStore } from './charging/profile-store.ts'
import { newId } from './new-id.ts'
import { answerMirror, answerRequest } from './requests.ts'
import { resumeTransactions, storedEvse } from './resume.ts'
import { demandOf, NO_DEMAND } from './session/demand.ts'
import type { Presented } from './session/presentations.ts'
import { SecurityLog } from './security/security-log.ts'
import { StationSettings } from './settings.ts'
import { StationClock } from './station-clock.ts'
import type { Demand, EvseView, UpstreamView, VirtualStationOptions, WholeLimit } from './station-contract.ts'
import { StatusBoard } from './status/status-board.ts'
import type { StatusView } from './status/status-rules.ts'
import { drainedWithin } from './upstream/drained-within.ts'
import type { Upstream } from './upstream/upstream.ts'

export type { Presented } from './session/presentations.ts'
export type {
  Authorization,
  Demand,
  EvseView,
  StationPort,
  UpstreamView,
  VirtualStationOptions,
  WholeLimit,
} from './station-contract.ts'

/** Time that the news of an installed firmware has to reach the CSMS. */
const LAST_WORDS_MS = 10_000

export class VirtualStation {
  readonly #options: VirtualStationOptions
  readonly #settings: StationSettings
  readonly #actor: Actor
  readonly #conversations: Conversations
  readonly #profiles: ProfileStore
  readonly #admission: Admission
  readonly #agenda: Agenda
  readonly #availability: Availability
  readonly #parts: StationParts
  readonly #newId: () => string
  readonly #gate = new EventGate()
  #evses: readonly StationEvse[] = []
  readonly #time: StationClock
  readonly #grid: AlignedGrid
  readonly #security: SecurityLog
  readonly #maintenance: Maintenance
  readonly #statuses: StatusBoard

  constructor(options: VirtualStationOptions) {
    const { description, ledger, clock, port } = options
    this.#options = options
    this.#newId = options.newId ?? newId
    this.#time = new StationClock(clock)
    this.#settings = new StationSettings(description, options.startValues)
    this.#grid = new AlignedGrid(
      () => this.#now(),
      () => this.#settings.number('clockAlignedDataInterval'),
    )
    this.#actor = new Actor(clock, (error) => this.#fault(error))
    this.#availability = new Availability(ledger, description.id)
    this.#conversations = this.#converse()
    this.#statuses = new StatusBoard({
      evses: () => this.#evses,
      isOperative: () => this.#availability.isOperative(0),
      now: () => this.#now(),
      emit: (happening) => this.#emit(happening),
      send: (message) => this.#conversations.reportStatus(message),
    })
    const changed = (): void => this.#emit({ kind: 'profiles-changed', installed: this.#profiles.all.length })
    this.#profiles = new ProfileStore(ledger, description, options.timezone, changed, options.wholeMaxAmps)
    this.#admission = this.#admit()
    this.#agenda = new Agenda({
      clock,
      now: () => this.#now(),
      grid: this.#grid,
      reservations: this.#admission.reservations,
      evses: () => this.#evses,
    })
    this.#security = new SecurityLog({
      ledger,
      stationId: description.id,
      now: () => this.#now(),
      emit: (happening) => this.#emit(happening),
      report: (message) => this.#conversations.queueSecurityEvent(message),
    })
    this.#maintenance = this.#newMaintenance()
    this.#advertise()
    this.#parts = {
      description,
      ledger,
      clock,
      port,
      settings: this.#settings,
      own: options.own ?? null,
      actor: this.#actor,
      profiles: this.#profiles,
      availability: this.#availability,
      admission: this.#admission,
      conversations: this.#conversations,
      maintenance: this.#maintenance,
      security: (type, techInfo) => this.#security.record(type, techInfo),
      evses: () => this.#evses,
      now: () => this.#now(),
      emit: (happening) => this.#emit(happening),
      realign: () => this.#grid.realign(),
      settleTimes: () => this.#settleTimes(),
      stationView: () => this.#statuses.own(),
      newId: this.#newId,
      report: (evse, view) => this.#report(evse, view),
      onFault: (error) => this.#fault(error),
    }
  }

  get id(): string {
    return this.#options.description.id
  }

  /** Loads what the ledger has, resumes open transactions, then connects. Faults: LEDGER_FAILED, LEDGER_FULL. */
  async start(): Promise<void> {
    const { ledger, description } = this.#options
    const stored = await ledger.settings(this.id)
    const meters = await ledger.energyMeters(this.id)
    this.#settings.restore(stored)
    this.#availability.restore(stored)
    const { running, ended } = await resumeTransactions(
      {
        ledger,
        description,
        authorityId: this.#conversations.authority?.id ?? null,
        now: () => this.#now(),
        drafts: (transactionId, message) => this.#conversations.drafts(transactionId, message),
      },
      meters,
    )
    await this.#profiles.load([...running.keys()])
    await this.#admission.restore(stored, [...running.values()])
    const shell = evseShellOf(this.#parts)
    this.#evses = description.evses.map((evse) => {
      const transaction = running.get(evse.evse) ?? null
      const parentIdToken = transaction === null ? null : this.#admission.authoriser.parentOf(transaction.idToken)
      return new StationEvse(
        evse,
        shell,
        storedEvse(evse.evse, { settings: stored, meters, transaction, parentIdToken }),
      )
    })
    for (const transaction of ended) this.#emit({ kind: 'transaction-ended', transaction, reason: 'other' })
    for (const transaction of running.values()) this.#emit({ kind: 'transaction-resumed', transaction })
    this.#grid.realign()
    for (const evse of this.#evses) evse.refreshStatus()
    this.#settleTimes()
    this.#conversations.start(this.#actor.signal)
    this.#security.record('StartupOfTheDevice', null)
    await this.#maintenance.resume(stored)
  }

  /** Disconnects; transactions stay open in the ledger and are resumed by the next start. */
  async close(): Promise<void> {
    await this.#actor.close()
    await this.#conversations.close()
    await this.#admission.settled()
  }

  /** A poll's result. Never waits. */
  observe(state: EvseState): void {
    this.#find(state.evse)?.observe(state)
    this.#actor.post(() => this.#settleTimes())
  }

  /** What the balancing core must know of an EVSE. `at`: wall ms, for schedules. Reads only. */
  demand(evse: number, at: number): Demand {
    const found = this.#find(evse)
    if (found === undefined) return NO_DEMAND
    const profile = this.#profiles.limit(evse, at + this.#time.offsetMs, this.#evses)
    return demandOf(found.session, found.mayDraw, this.#availability.isOperative(evse), profile)
  }

  /** What a CSMS's maximum profile allows the station as a whole; null: none holds. `at`: wall ms. Reads only. */
  wholeLimit(at: number): WholeLimit | null {
    return this.#profiles.wholeLimit(at + this.#time.offsetMs)
  }

  /** From when on it is another one, or none, wall ms; null: no end is known. */
  wholeLimitEnd(at: number): number | null {
    const end = this.#profiles.wholeLimitEnd(at + this.#time.offsetMs)
    return end === null ? null : end - this.#time.offsetMs
  }

  /** What we offer the car now, and what bound it. */
  noteSetPoint(evse: number, amps: number, binding: Binding): void {
    const found = this.#find(evse)
    if (found === undefined) return
    this.#emit({ kind: 'set-point', setPoint: { stationId: this.id, evse, amps, binding } })
    this.#run(() => found.noteSetPoint(amps, binding))
  }

  /** Ends the EVSE's transaction from the site itself (a person at the page, an emergency). Resolves when it is stored. */
  stop(evse: number, reason: 'local' | 'emergency-stop' | 'power-loss' | 'other'): Promise<void> {
    return this.#actor.ask(async () => {
      await this.#find(evse)?.apply({ kind: 'stop', reason })
      this.#settleTimes()
    })
  }

  /**
   * An identifier by an authenticated call (kiosk, app, booking system), as if a card were shown.
   * `evse` null: where it is meant, as at a reader that all EVSEs share. Rejects only when the station closes.
   */
  presentToken(evse: number | null, idToken: string): Promise<Presented> {
    return this.#admission.present(evse, idToken)
  }

  /** Something that the site has seen and the security log of the station must hold. */
  noteSecurityEvent(type: SecurityEventType, techInfo: string): void {
    this.#security.record(type, techInfo)
  }

  /** When an EVSE's meter is sampled next (monotonic ms), so that the site can read it just before; null: never. */
  nextSampleAt(evse: number): number | null {
    return this.#agenda.nextSampleAt(evse)
  }

  view(evse: number): EvseView {
    const found = this.#find(evse)
    const now = this.#now()
    if (found === undefined)
      return { evse, status: 'unavailable', fault: null, transaction: null, meterWh: 0, now, reservedUntil: null }
    const { status, fault } = found.shown
    const { held, reservations } = this.#admission.holdAt(evse)
    const reservedUntil = held ? (reservations[0]?.expiresAt ?? null) : null
    return { evse, status, fault, transaction: found.session.transaction, meterWh: found.meterWh, now, reservedUntil }
  }

  upstreams(): readonly UpstreamView[] {
    return this.#conversations.views()
  }

  #find(evse: number): StationEvse | undefined {
    return this.#evses.find((candidate) => candidate.evse === evse)
  }

  #now(): number {
    return this.#time.now()
  }

  #emit(happening: StationHappening): void {
    if (this.#gate.passes(happening, this.#options.clock.monotonic()))
      this.#options.onEvent({ stationId: this.id, at: this.#now(), ...happening })
  }

  #fault(error: unknown): void {
    const fault = toBridgeError(error)
    this.#emit({ kind: 'station-fault', code: fault.code, text: fault.message })
  }

  #run(job: () => Promise<void>): void {
    this.#actor.post(async () => {
      await job()
      this.#settleTimes()
    })
  }

  /** Sets the alarm for what is due next, and tells the station's own status when it changed. */
  #settleTimes(): void {
    this.#admission.settle()
    this.#actor.wakeAt(this.#agenda.nextAt(), async () => {
      await this.#agenda.tick()
      this.#settleTimes()
    })
    this.#maintenance.standstill.look(this.#statuses.isBusy)
    this.#statuses.tellOwn()
  }

  #ask<Result>(job: () => Promise<Result>): Promise<Result> {
    return this.#actor.ask(async () => {
      const result = await job()
      this.#settleTimes()
      return result
    })
  }

  #isOperative(evse: number): boolean {
    return this.#availability.isOperative(evse) && !this.#maintenance.standstill.wanted
  }

  #report(evse: number, view: StatusView): void {
    this.#statuses.tell(evse, view)
    if (evse !== 0) this.#admission.statusTold(evse, view)
  }

  #newMaintenance(): Maintenance {
    const { ledger, clock, files, port } = this.#options
    const { authority } = this.#conversations
    return new Maintenance({
      files: files ?? null,
      ledger,
      stationId: this.id,
      clock,
      now: () => this.#now(),
      signal: this.#actor.signal,
      access: authority?.access ?? null,
      report: (message) => this.#conversations.queue(message, authority === null ? [] : [authority]),
      emit: (happening) => this.#emit(happening),
      security: (type, techInfo) => this.#security.record(type, techInfo),
      changed: () =>
        this.#run(async () => {
          for (const evse of this.#evses) await evse.tick()
          port.changed()
        }),
      installed: () => void this.#startAnew(authority),
    })
  }

  /** A new firmware is in place: once the CSMS has heard of it, the station shows itself with it. */
  async #startAnew(authority: Upstream | null): Promise<void> {
    const { clock } = this.#options
    if (authority !== null) await drainedWithin(authority, LAST_WORDS_MS, clock, this.#actor.signal)
    this.#actor.post(() => this.#conversations.reset())
  }

  /** What this station can do, in the words of its authority's OCPP version. */
  #advertise(): void {
    const version = this.#conversations.authority?.version
    if (version === undefined) return
    const features = new Set<Feature>(['core', 'remote-trigger'])
    if (this.#profiles.isUsed) features.add('smart-charging')
    if (this.#options.description.evses.length > 0) features.add('local-list').add('reservation')
    if (this.#maintenance.firmware !== null) features.add('firmware')
    this.#settings.set('supportedFeatureProfiles', version.featureNames(features))
    this.#settings.set('supportedFeatureProfilesMaxLength', String(features.size))
  }

  #admit(): Admission {
    const { ledger, clock, authorization } = this.#options
    return new Admission({
      ledger,
      stationId: this.id,
      clock,
      settings: this.#settings,
      authorization,
      authority: this.#conversations.authority,
      evses: () => this.#evses,
      isOperative: (evse) => this.#isOperative(evse),
      stationView: () => this.#statuses.own(),
      now: () => this.#now(),
      emit: (happening) => this.#emit(happening),
      run: (job) => this.#run(job),
      ask: (job) => this.#ask(job),
      signal: this.#actor.signal,
    })
  }

  #converse(): Conversations {
    const { ledger, clock, random, description, identify, upstreams } = this.#options
    return new Conversations({
      stationId: this.id,
      upstreams,
      identify: identify ?? (() => Promise.resolve(description.identity)),
      ledger,
      clock,
      random,
      settings: this.#settings,
      newId: this.#newId,
      trueTime: this.#time.wasUnset ? (at) => this.#time.trueTime(at) : null,
      emit: (happening) => this.#emit(happening),
      onFault: (error) => this.#fault(error),
      onRequest: (request, upstream, decides) => this.#onRequest(request, upstream, decides),
      onRegistered: (upstream) => this.#statuses.tellAll(upstream),
      onTime: (upstreamId, currentTime, sentAt, receivedAt) =>
        this.#followClock(upstreamId, currentTime, sentAt, receivedAt),
      onDelivered: (entry, answer) => this.#run(() => this.#admission.learnFrom(entry, answer)),
      onSecurityEvent: (type, techInfo) => this.#security.record(type, techInfo),
    })
  }

  #onRequest(request: CsmsRequest, upstream: Upstream, decides: boolean): Promise<Answered | Later> {
    const control = new StationControl(this.#parts, upstream)
    return this.#ask(() => (decides ? answerRequest(request, control) : answerMirror(request, control)))
  }

  #followClock(upstreamId: string, currentTime: number, sentAt: number, receivedAt: number): void {
    const verdict = this.#time.follow(currentTime, sentAt, receivedAt)
    if (verdict === null) return
    this.#emit({ kind: 'csms-clock', upstreamId, ...verdict })
    if (!verdict.followed) return
    this.#security.record('SettingSystemTime', `stamps follow the CSMS by ${Math.round(verdict.offsetMs / 1000)} s`)
    this.#grid.realign()
  }
}
