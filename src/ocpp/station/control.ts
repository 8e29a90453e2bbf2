/** Carries out what a CSMS has asked for and was granted: settings, availability, profiles, reset, triggers. Runs inside the station's actor. */
import type { ChargingProfile, CompositeSchedule } from '../../model/charging-profile.ts'
import type { TriggerTarget } from '../../model/csms-request.ts'
import type { StationMessage } from '../../model/csms.ts'
import type { SettingName, SettingOutcome } from '../../model/setting.ts'
import type { StationDescription } from '../../model/station.ts'
import type { StopReason } from '../../model/transaction.ts'
import type { Standing } from './admission.ts'
import type { LocalList } from './authorisation/local-list.ts'
import type { StationEvse } from './evse.ts'
import type { MaintenanceShell } from './maintenance/maintenance-requests.ts'
import type { SecurityRequestShell } from './security/security-requests.ts'
import type { ReservationRequestShell } from './reservation/reservation-requests.ts'
import type { OwnSettings } from './own-settings.ts'
import type { RequestShell } from './requests.ts'
import { LAST_READING_MS } from './session/pending-end.ts'
import type { StationSettings } from './settings.ts'
import type { StationParts } from './station-parts.ts'
import { drainedWithin } from './upstream/drained-within.ts'
import type { Upstream } from './upstream/upstream.ts'

/** Time a soft reset waits for the stops to reach the CSMS. */
const SOFT_RESET_WAIT_MS = 10_000

/** The requests of one CSMS. */
export class StationControl implements RequestShell {
  readonly #parts: StationParts
  readonly #upstream: Upstream

  constructor(parts: StationParts, upstream: Upstream) {
    this.#parts = parts
    this.#upstream = upstream
  }

  get description(): StationDescription {
    return this.#parts.description
  }

  get settings(): StationSettings {
    return this.#parts.settings
  }

  get evses(): readonly StationEvse[] {
    return this.#parts.evses()
  }

  get maintenance(): MaintenanceShell {
    const { maintenance, emit, actor, conversations, security } = this.#parts
    const { files, firmware, uploads } = maintenance
    return {
      files,
      firmware,
      uploads,
      access: this.#upstream.access,
      security,
      upload: (order) => {
        if (files === null) return
        const report = (message: StationMessage): void => conversations.queue(message, [this.#upstream])
        uploads.start(order, { files, report, emit, signal: actor.signal })
      },
    }
  }

  get link(): SecurityRequestShell {
    const { security, emit } = this.#parts
    const upstream = this.#upstream
    return {
      access: upstream.access,
      security,
      reconnect: (reason) => upstream.reconnect(reason),
      emitRefusal: (what, reason) =>
        emit({ kind: 'station-fault', code: 'ACCESS_REFUSED', text: `${upstream.id}: ${what}: ${reason}` }),
    }
  }

  get localList(): LocalList {
    return this.#parts.admission.localList
  }

  get reservations(): ReservationRequestShell {
    const { admission, settings, now } = this.#parts
    const zeroSupported = settings.flag('reserveConnectorZeroSupported')
    return { book: admission.reservations, places: () => admission.places(), zeroSupported, now }
  }

  standing(evse: StationEvse, idToken: string): Standing {
    return this.#parts.admission.standing(evse, idToken)
  }

  profiles(): readonly ChargingProfile[] {
    return this.#parts.profiles.all
  }

  async installProfile(profile: ChargingProfile): Promise<void> {
    await this.#parts.profiles.install(profile)
    this.#parts.port.changed()
  }

  /** The CSMS only hears that it was rejected: the reason is for the people here. */
  refuseProfile({ id }: ChargingProfile, reason: string): void {
    const text = `${this.#upstream.id}: profile ${id}: ${reason}`
    this.#parts.emit({ kind: 'station-fault', code: 'PROFILE_REFUSED', text })
  }

  async removeProfiles(profiles: readonly ChargingProfile[]): Promise<void> {
    await this.#parts.profiles.remove(profiles)
    this.#parts.port.changed()
  }

  compositeSchedule(evse: number, durationSeconds: number, unit: 'A' | 'W'): CompositeSchedule {
    const { profiles, now } = this.#parts
    return profiles.composite(evse, now(), durationSeconds, unit, this.evses)
  }

  clearCache(): Promise<void> {
    return this.#parts.admission.authoriser.clear()
  }

  async ended(evses: readonly StationEvse[]): Promise<void> {
    const { clock, actor } = this.#parts
    const enough = new AbortController()
    const signal = AbortSignal.any([enough.signal, actor.signal])
    const longEnough = clock.sleep(LAST_READING_MS, signal).catch(() => {}) // closing: nothing to wait for
    await Promise.race([Promise.all(evses.map((evse) => evse.whenEnded())), longEnough])
    enough.abort()
  }

  unlock({ evse }: StationEvse): Promise<'unlocked' | 'failed' | 'not-supported'> {
    return this.#parts.port.unlock(evse)
  }

  remoteStart(evse: StationEvse, idToken: string, profile: ChargingProfile | null): void {
    const { settings, clock, admission } = this.#parts
    // A group that only the CSMS knows is asked for, whatever the setting says (§5.13).
    const authorise = settings.flag('authorizeRemoteTxRequests') || this.standing(evse, idToken) === 'unsure'
    this.#post(async () => {
      if (profile !== null) await this.installProfile(profile)
      const parentIdToken = admission.authoriser.parentOf(idToken)
      await evse.apply({ kind: 'remote-start', idToken, parentIdToken, authorise, at: clock.monotonic() })
    })
  }

  stop(evse: StationEvse, reason: StopReason): void {
    this.#post(() => evse.apply({ kind: 'stop', reason }))
  }

  async changeSetting(setting: SettingName, value: string): Promise<void> {
    const { ledger, description, settings, emit, realign, conversations } = this.#parts
    await ledger.saveSetting(description.id, setting, value)
    settings.set(setting, value)
    emit({ kind: 'setting-changed', setting, value })
    if (setting === 'meterValueSampleInterval') for (const evse of this.evses) evse.retime()
    if (setting === 'clockAlignedDataInterval') realign()
    if (setting === 'heartbeatInterval' || setting === 'webSocketPingInterval' || setting.startsWith('retryBackOff'))
      for (const upstream of conversations.all) upstream.retime()
  }

  get own(): OwnSettings | null {
    return this.#parts.own
  }

  changeOwn(key: string, value: string): Promise<SettingOutcome | null> {
    const { own } = this.#parts
    return own === null ? Promise.resolve(null) : own.change(key, value, this.#upstream.id)
  }

  get takesProfiles(): boolean {
    return this.#parts.profiles.isUsed
  }

  async changeAvailability(evse: number, operative: boolean): Promise<void> {
    const { availability, emit, port } = this.#parts
    await availability.change(evse, operative)
    const concerned = this.evses.filter((candidate) => evse === 0 || candidate.evse === evse)
    const scheduled = !operative && concerned.some(({ session }) => session.transaction !== null)
    emit({ kind: 'availability', evse, operative, scheduled })
    for (const candidate of concerned) await candidate.tick()
    port.changed()
  }

  reset(type: 'hard' | 'soft'): void {
    const { emit, port } = this.#parts
    this.#post(async () => {
      emit({ kind: 'reset', type })
      this.#parts.security('ResetOrReboot', `${type} reset by ${this.#upstream.id}`)
      const reason = type === 'hard' ? 'hard-reset' : 'soft-reset'
      for (const evse of this.evses) await evse.apply({ kind: 'stop', reason })
      port.reset(type)
      void this.#restart(type)
    })
  }

  trigger(target: TriggerTarget, evse: number | null): void {
    this.#post(() => this.#trigger(target, evse))
  }

  /** A soft reset lets the stops go out first (OCPP 1.6 §5.14); after a hard one they follow the next registration. */
  async #restart(type: 'hard' | 'soft'): Promise<void> {
    await this.ended(this.evses)
    const { clock, actor } = this.#parts
    if (type === 'soft') await drainedWithin(this.#upstream, SOFT_RESET_WAIT_MS, clock, actor.signal)
    this.#post(async () => {
      this.#parts.conversations.reset()
      for (const evse of this.evses) await evse.apply({ kind: 'restarted' })
    })
  }

  async #trigger(target: TriggerTarget, evse: number | null): Promise<void> {
    const { description, now, stationView, maintenance, conversations, actor } = this.#parts
    const upstream = this.#upstream
    switch (target) {
      case 'diagnostics-status':
      case 'log-status':
      case 'firmware-status':
      case 'signed-firmware-status':
        return upstream.triggered(maintenance.current(target))
      case 'sign-certificate':
        void conversations.renewalOf(upstream)?.ask(actor.signal)
        return
      default:
    }
    const chosen = this.evses.filter((candidate) => evse === null || evse === candidate.evse)
    if (target === 'boot') upstream.triggered({ kind: 'boot', identity: description.identity })
    if (target === 'heartbeat') upstream.triggered({ kind: 'heartbeat' })
    if (target === 'meter-values') for (const each of chosen) await this.#triggerValues(each)
    if (target !== 'status') return
    const at = now()
    if (evse === null || evse === 0) upstream.triggered({ kind: 'status', evse: 0, ...stationView(), at })
    for (const each of chosen) upstream.triggered({ kind: 'status', evse: each.evse, ...each.shown, at })
  }

  async #triggerValues(evse: StationEvse): Promise<void> {
    const sample = evse.triggeredValues()
    if (sample === null) return
    const transaction = evse.session.transaction
    // A transaction's values keep their place behind what is queued (§3.7); outside one they go at once.
    if (transaction !== null && this.#upstream.isReady) await evse.storeValues(transaction, sample)
    else this.#upstream.triggered({ kind: 'meter-values', evse: evse.evse, transactionId: null, samples: [sample] })
  }

  #post(job: () => Promise<void>): void {
    this.#parts.actor.post(async () => {
      await job()
      this.#parts.settleTimes()
    })
  }
}
