/**
 * One EVSE of a virtual station: carries the effects of the session rules out, keeps the billing meter, takes samples, tells the status.
 * All methods but `observe` and the getters run inside the station's actor. The ledger has everything before it counts.
 */
import type { EnergyMeterState } from '../../ledger/ledger.ts'
import type { StationMessage } from '../../model/csms.ts'
import { toBridgeError } from '../../model/errors.ts'
import type { StationHappening } from '../../model/event.ts'
import type { MeterSample } from '../../model/reading.ts'
import type { Binding } from '../../model/set-point.ts'
import type { EvseDescription, EvseState } from '../../model/station.ts'
import type { StopReason, Transaction } from '../../model/transaction.ts'
import { billingWh, type EnergyMeter, isHeld, type MeterFinding, newEnergyMeter, readMeter } from './energy-meter.ts'
import { type EvseShell, finishedKey, type StoredEvse } from './evse-shell.ts'
import { Sampler, type SampleSource } from './sampler.ts'
import {
  newSession,
  type Permit,
  type Session,
  sessionDeadline,
  type SessionEffect,
  type SessionInput,
  stepSession,
} from './session.ts'
import { connectorStatus, faultOf, type StatusView } from './status-rules.ts'
import { settleStatus, UNSETTLED } from './status-settling.ts'

interface Ending {
  readonly reason: StopReason
  readonly idToken: string | null
  readonly at: number
  readonly meterWh: number
}

const LEDGER_RETRY_MS = 5_000
/** Integrated energy lives in the ledger only; this much may be lost by a power cut. */
const METER_SAVED_EVERY_MS = 60_000
/** A register at 0 after a count is a rebooting device, whose state registers read 0 as well: its "no vehicle" is not believed. */
const REBOOT_MS = 60_000
/** Polls that may wait while the ledger is slow. */
const MAX_INBOX = 200

export class StationEvse {
  readonly description: EvseDescription
  readonly #shell: EvseShell
  #session: Session
  #meter: EnergyMeter
  #observed: EvseState | null = null
  #inbox: EvseState[] = []
  #offered: { readonly amps: number; readonly binding: Binding } | null = null
  #settling = UNSETTLED
  #statusDueAt: number | null = null
  readonly #sampler: Sampler
  #meterSavedAt = 0
  #ending: Ending | null = null
  /** The ledger failed: begin and end are tried again then. */
  #retryAt: number | null = null
  #rebootSince: number | null = null

  constructor(description: EvseDescription, shell: EvseShell, stored: StoredEvse) {
    this.description = description
    this.#shell = shell
    this.#meter = newEnergyMeter(stored.meter)
    this.#session = newSession(stored.transaction, stored.parentIdToken, stored.finished)
    this.#sampler = new Sampler(description, shell.settings, shell.clock)
    this.retime()
  }

  get evse(): number {
    return this.description.evse
  }

  get session(): Session {
    return this.#session
  }

  get observed(): EvseState | null {
    return this.#observed
  }

  /** The status that was last told. */
  get shown(): StatusView {
    return this.#settling.shown ?? this.#view()
  }

  /** The billing meter, whole Wh. */
  get meterWh(): number {
    return billingWh(this.#meter)
  }

  get offeredAmps(): number | null {
    return this.#offered?.amps ?? this.#observed?.offeredAmps ?? null
  }

  /** May draw: a transaction runs, the vehicle is there, nobody holds it back. */
  get mayDraw(): boolean {
    const { transaction, heldBack, plugged, vehicle } = this.#session
    const present = plugged && vehicle !== null && vehicle !== 'A'
    return transaction !== null && !heldBack && present && this.#ending === null
  }

  /** Takes a poll's result; never waits. Equal states in a row are merged while the ledger is slow. */
  observe(state: EvseState): void {
    const last = this.#inbox.at(-1)
    if (last !== undefined && sameSituation(last, state)) this.#inbox[this.#inbox.length - 1] = state
    else this.#inbox.push(state)
    if (this.#inbox.length > MAX_INBOX) this.#inbox.shift()
    this.#shell.emit({ kind: 'observed', state })
    if (this.#inbox.length === 1)
      this.#shell.post(async () => {
        while (this.#inbox.length > 0) {
          const next = this.#inbox.shift()
          if (next !== undefined) await this.#take(next)
        }
      })
  }

  /** What we offer the car now; drives SuspendedEVSE and Current.Offered. */
  async noteSetPoint(amps: number, binding: Binding): Promise<void> {
    this.#offered = { amps, binding }
    await this.tick()
  }

  async apply(input: SessionInput): Promise<void> {
    const before = this.mayDraw
    const step = stepSession(this.#session, input, this.#shell.policy(this.evse))
    this.#session = step.session
    for (const effect of step.effects) await this.#carryOut(effect)
    if (before !== this.mayDraw) this.#shell.changed()
    this.refreshStatus()
  }

  /** What is due by now: samples, identifiers that waited too long, statuses, ledger retries. */
  async tick(): Promise<void> {
    const at = this.#shell.clock.monotonic()
    if (this.#retryAt !== null && at >= this.#retryAt) {
      this.#retryAt = null
      if (this.#ending !== null) await this.#end(this.#ending)
    }
    await this.apply({ kind: 'tick', at })
    await this.#samplePeriodically(at)
  }

  /** When `tick` is next needed (monotonic ms), or null. */
  nextTickAt(): number | null {
    const policy = this.#shell.policy(this.evse)
    const due = [this.#sampler.dueAt, this.#statusDueAt, this.#retryAt, sessionDeadline(this.#session, policy)].filter(
      (moment) => moment !== null,
    )
    return due.length === 0 ? null : Math.min(...due)
  }

  /** The sample interval has changed. */
  retime(): void {
    if (this.#session.transaction !== null && this.#ending === null) this.#sampler.run()
  }

  /** Clock-aligned values go out for every EVSE, with or without a transaction. */
  async sampleAligned(at: number): Promise<void> {
    const source = this.#source()
    if (this.#session.transaction !== null) this.#sampler.keep('aligned', 'Sample.Clock', source, at)
    await this.#send(this.#sampler.take('aligned', 'Sample.Clock', source, at))
  }

  /** The values that a trigger asks for; null when there are none now. */
  triggeredValues(): MeterSample | null {
    return this.#sampler.take('sampled', 'Trigger', this.#source(), this.#shell.now())
  }

  /** Stores and queues a transaction's values. */
  async storeValues(transaction: Transaction, sample: MeterSample): Promise<void> {
    await this.#store({
      kind: 'meter-values',
      evse: this.evse,
      transactionId: transaction.id,
      samples: [sample],
    })
  }

  refreshStatus(): void {
    const { settings, clock } = this.#shell
    const minimumMs = settings.number('minimumStatusDuration') * 1000
    const step = settleStatus(this.#settling, this.#view(), clock.monotonic(), minimumMs)
    this.#settling = step.settling
    this.#statusDueAt = step.dueAt
    if (step.report !== null) this.#shell.reportStatus(this.evse, step.report)
  }

  /** The CSMS has named the running transaction, and knows more of its identifier. */
  noteCsmsAnswer(transactionId: string, csmsTransactionId: string, parentIdToken: string | null): void {
    const { transaction } = this.#session
    if (transaction?.id !== transactionId) return
    this.#session = {
      ...this.#session,
      transaction: { ...transaction, csmsTransactionId },
      parentIdToken: parentIdToken ?? this.#session.parentIdToken,
    }
  }

  #view(): StatusView {
    const { operative } = this.#shell.policy(this.evse)
    return connectorStatus(this.#session, this.#observed, operative, this.offeredAmps)
  }

  async #take(state: EvseState): Promise<void> {
    const at = this.#shell.clock.monotonic()
    const before = this.#observed
    this.#observed = state
    this.#announce(before, state)
    if (state.online && state.quality === 'good') {
      this.#readMeter(state, at)
      const pilot = this.#rebooting(at) && state.pilot === 'A' ? null : state.pilot
      await this.apply({ kind: 'observed', pilot, tag: state.tag, meterWh: this.meterWh, at })
    }
    await this.#samplePeriodically(at)
    this.refreshStatus()
  }

  #announce(before: EvseState | null, state: EvseState): void {
    const { emit } = this.#shell
    if (state.online !== (before?.online ?? null))
      emit({ kind: state.online ? 'device-online' : 'device-offline', evse: this.evse })
    if (!state.online) return
    if (state.pilot !== null && state.pilot !== before?.pilot)
      emit({ kind: 'pilot', evse: this.evse, pilot: state.pilot })
    const fault = faultOf(state)
    const old = before === null ? null : faultOf(before)
    if (fault !== null && fault.code !== old?.code) emit({ kind: 'fault', evse: this.evse, fault })
    if (fault === null && old !== null) emit({ kind: 'fault-cleared', evse: this.evse })
  }

  #readMeter(state: EvseState, at: number): void {
    const startedAt = this.#session.transaction?.startedAt ?? null
    const runningForMs = startedAt === null ? null : Math.max(0, this.#shell.now() - startedAt)
    const step = readMeter(this.#meter, state, this.description, at, runningForMs)
    this.#meter = step.meter
    for (const finding of step.findings) this.#shell.emit(meterHappening(this.evse, finding))
  }

  #rebooting(at: number): boolean {
    if (this.#meter.suspect?.reason !== 'zero') this.#rebootSince = null
    else this.#rebootSince ??= at
    return this.#rebootSince !== null && at - this.#rebootSince < REBOOT_MS
  }

  async #carryOut(effect: SessionEffect): Promise<void> {
    const { emit, authorise, unplugged } = this.#shell
    switch (effect.kind) {
      case 'authorise':
        authorise(this.evse, effect.idToken, effect.purpose)
        return
      case 'begin':
        return this.#begin(effect.permit)
      case 'end':
        if (this.#ending !== null) return
        return this.#end({
          reason: effect.reason,
          idToken: effect.idToken,
          at: this.#shell.now(),
          meterWh: this.meterWh,
        })
      case 'card-presented':
        emit({ kind: 'card-presented', evse: this.evse, idToken: effect.idToken })
        return
      case 'permit-expired':
        emit({ kind: 'authorisation-expired', evse: this.evse, idToken: effect.idToken })
        return
      case 'not-operative':
        emit({ kind: 'authorisation-refused', evse: this.evse, idToken: effect.idToken, reason: 'out of service' })
        return
      case 'unplugged':
        await this.#rememberFinished(false)
        unplugged(this.evse)
    }
  }

  async #begin(permit: Permit): Promise<void> {
    const { ledger, stationId, newId, drafts, emit, wakeOutboxes } = this.#shell
    if (this.#retryAt !== null) return
    const at = this.#shell.now()
    const transaction: Transaction = {
      id: newId(),
      stationId,
      evse: this.evse,
      idToken: permit.idToken,
      startedAt: at,
      startWh: this.meterWh,
      endedAt: null,
      endWh: null,
      stopReason: null,
      csmsTransactionId: null,
      remoteStarted: permit.remote,
    }
    const message: StationMessage = {
      kind: 'transaction-started',
      transactionId: transaction.id,
      evse: this.evse,
      idToken: permit.idToken,
      meterWh: transaction.startWh,
      at,
    }
    try {
      await ledger.beginTransaction(transaction, this.#meterState(), drafts(transaction.id, message))
    } catch (error) {
      this.#ledgerFailed('a transaction could not be begun', error)
      return
    }
    this.#session = stepSession(
      this.#session,
      { kind: 'begun', transaction, parentIdToken: permit.parentIdToken },
      this.#shell.policy(this.evse),
    ).session
    this.#sampler.clear()
    this.#sampler.keep('sampled', 'Transaction.Begin', this.#source(), at)
    this.#sampler.run()
    emit({ kind: 'transaction-started', transaction })
    wakeOutboxes()
  }

  async #end(ending: Ending): Promise<void> {
    const { ledger, drafts, emit, wakeOutboxes } = this.#shell
    const running = this.#session.transaction
    if (running === null) return
    this.#ending = ending
    this.#sampler.pause()
    // The clock may have been set back, the meter never runs back.
    const endedAt = Math.max(ending.at, running.startedAt, this.#sampler.lastAt)
    const endWh = Math.max(ending.meterWh, running.startWh)
    const transaction: Transaction = { ...running, endedAt, endWh, stopReason: ending.reason }
    const message: StationMessage = {
      kind: 'transaction-ended',
      transactionId: running.id,
      evse: this.evse,
      idToken: ending.idToken,
      meterWh: endWh,
      at: endedAt,
      reason: ending.reason,
      samples: this.#sampler.forStop(this.#source(), endedAt),
    }
    try {
      await ledger.endTransaction(transaction, this.#meterState(), drafts(running.id, message))
    } catch (error) {
      this.#ledgerFailed('a transaction could not be ended', error)
      return
    }
    this.#ending = null
    const step = stepSession(this.#session, { kind: 'ended', reason: ending.reason }, this.#shell.policy(this.evse))
    this.#session = step.session
    emit({ kind: 'transaction-ended', transaction, reason: ending.reason })
    wakeOutboxes()
    await this.#rememberFinished(this.#session.finished)
    await this.#shell.transactionEnded(this.evse)
    for (const effect of step.effects) await this.#carryOut(effect)
  }

  /** After a restart a car whose session was stopped must not start again by itself. */
  async #rememberFinished(finished: boolean): Promise<void> {
    const { ledger, stationId } = this.#shell
    try {
      await ledger.saveSetting(stationId, finishedKey(this.evse), finished ? 'true' : null)
    } catch (error) {
      this.#tellLedgerFault('the end of a session could not be noted', error)
    }
  }

  async #samplePeriodically(at: number): Promise<void> {
    if (this.#session.transaction === null || this.#ending !== null) return
    if (this.#sampler.isDue(at)) {
      const now = this.#shell.now()
      const source = this.#source()
      this.#sampler.keep('sampled', 'Sample.Periodic', source, now)
      await this.#send(this.#sampler.take('sampled', 'Sample.Periodic', source, now))
    } else if (this.#meter.source === 'power' && at - this.#meterSavedAt >= METER_SAVED_EVERY_MS) {
      await this.#store(null)
    }
  }

  #source(): SampleSource {
    const meterWh = isHeld(this.#meter) ? null : this.meterWh
    return { observed: this.#observed, meterWh, offeredAmps: this.offeredAmps }
  }

  async #send(sample: MeterSample | null): Promise<void> {
    if (sample === null) return
    const { transaction } = this.#session
    if (transaction !== null) return this.storeValues(transaction, sample)
    this.#shell.sendLoose({ kind: 'meter-values', evse: this.evse, transactionId: null, samples: [sample] })
  }

  async #store(message: Extract<StationMessage, { kind: 'meter-values' }> | null): Promise<void> {
    const { ledger, drafts, clock, wakeOutboxes } = this.#shell
    const transactionId = message?.transactionId ?? null
    try {
      await ledger.recordSamples(
        this.#meterState(),
        message === null || transactionId === null ? [] : drafts(transactionId, message),
      )
      this.#meterSavedAt = clock.monotonic()
      if (message !== null) wakeOutboxes()
    } catch (error) {
      this.#tellLedgerFault('a sample could not be stored', error)
    }
  }

  #meterState(): EnergyMeterState {
    return {
      stationId: this.#shell.stationId,
      evse: this.evse,
      lastRegisterWh: this.#meter.registerWh,
      offsetWh: this.#meter.offsetWh,
    }
  }

  #ledgerFailed(what: string, error: unknown): void {
    this.#retryAt = this.#shell.clock.monotonic() + LEDGER_RETRY_MS
    this.#tellLedgerFault(what, error)
  }

  #tellLedgerFault(what: string, error: unknown): void {
    const fault = toBridgeError(error)
    this.#shell.emit({ kind: 'station-fault', code: fault.code, text: `EVSE ${this.evse}: ${what}: ${fault.message}` })
  }
}

function sameSituation(one: EvseState, other: EvseState): boolean {
  return (
    one.online === other.online &&
    one.quality === other.quality &&
    one.pilot === other.pilot &&
    one.tag === other.tag &&
    one.fault?.code === other.fault?.code
  )
}

function meterHappening(evse: number, finding: MeterFinding): StationHappening {
  switch (finding.kind) {
    case 'source':
      return { kind: 'energy-source', evse, source: finding.source }
    case 'suspect': {
      const { registerWh, lastRegisterWh, reason } = finding
      return { kind: 'energy-suspect', evse, registerWh, lastRegisterWh, reason }
    }
    case 'trusted-again':
      return { kind: 'energy-trusted-again', evse, rebased: finding.rebased }
  }
}
