/**
 * One EVSE of a virtual station: carries the effects of the session rules out, keeps the billing meter, takes samples, tells the status.
 * All methods but `observe` and the getters run inside the station's actor. The ledger has everything before it counts.
 */
import { toBridgeError } from '../../model/errors.ts'
import type { MeterSample } from '../../model/reading.ts'
import type { Binding } from '../../model/set-point.ts'
import type { EvseDescription, EvseState } from '../../model/station.ts'
import type { Transaction } from '../../model/transaction.ts'
import { EvseMeter } from './metering/evse-meter.ts'
import { type EvseShell, finishedKey, invalidKey, type StoredEvse } from './evse-shell.ts'
import { Inbox, type Observation } from './inbox.ts'
import { EvseSamples } from './metering/evse-samples.ts'
import type { SampleSource } from './metering/sampler.ts'
import { observedNews } from './observed-news.ts'
import {
  newSession,
  type Permit,
  type Session,
  sessionDeadline,
  type SessionEffect,
  type SessionInput,
  stepSession,
} from './session/session.ts'
import { vehicleIsThere } from './session/demand.ts'
import { endingKey, LAST_READING_MS, storedEnding, waitsForReading } from './session/pending-end.ts'
import { connectorStatus, isFlowing, type StatusView } from './status/status-rules.ts'
import { settleStatus, UNSETTLED } from './status/status-settling.ts'
import { type Ending, TransactionBook } from './session/transaction-book.ts'

const REFUSALS = {
  'not-operative': 'out of service',
  reserved: 'reserved for somebody else',
  'in-use': 'another session runs here',
} as const

export class StationEvse {
  readonly description: EvseDescription
  readonly #shell: EvseShell
  readonly #inbox = new Inbox()
  readonly #meter: EvseMeter
  readonly #book: TransactionBook
  readonly #samples: EvseSamples
  #session: Session
  #observed: EvseState | null = null
  #offered: { readonly amps: number; readonly binding: Binding } | null = null
  /** A stopped transaction whose end waits for the meter. */
  #awaited: Ending | null = null
  #ended: PromiseWithResolvers<void> | null = null
  #settling = UNSETTLED
  #statusDueAt: number | null = null
  /** Why the last identifier that was presented here may not start. */
  #refusal: string | null = null

  constructor(description: EvseDescription, shell: EvseShell, stored: StoredEvse) {
    this.description = description
    this.#shell = shell
    this.#meter = new EvseMeter(shell.stationId, description, stored.meter, shell.emit)
    this.#book = new TransactionBook(description.evse, shell)
    this.#samples = new EvseSamples(description, shell, this.#meter, () => this.#source())
    const { transaction, parentIdToken, finished, invalidSinceWh } = stored
    this.#session = newSession(transaction, parentIdToken, finished, invalidSinceWh)
    if (transaction !== null) this.#samples.resume(transaction)
    if (stored.ending !== null) {
      this.#awaited = stored.ending
      this.#book.postpone(stored.ending, shell.clock.monotonic() + LAST_READING_MS)
    }
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
    return this.#meter.wh
  }

  get offeredAmps(): number | null {
    return this.#offered?.amps ?? this.#observed?.offeredAmps ?? null
  }

  /** Why the identifier that was last presented here was refused; null: it was not. */
  get refusal(): string | null {
    return this.#refusal
  }

  /** An end is under way that the ledger does not have yet. */
  get isEnding(): boolean {
    return this.#book.ending !== null
  }

  /** Resolves when no end is under way. */
  whenEnded(): Promise<void> {
    if (!this.isEnding) return Promise.resolve()
    this.#ended ??= Promise.withResolvers<void>()
    return this.#ended.promise
  }

  /** May draw: a transaction runs, the vehicle is there, nobody holds it back. */
  get mayDraw(): boolean {
    const { transaction, heldBack } = this.#session
    return transaction !== null && !heldBack && vehicleIsThere(this.#session) && this.#book.ending === null
  }

  /** Takes a poll's result; never waits. */
  observe(state: EvseState): void {
    this.#shell.emit({ kind: 'observed', state })
    if (!this.#inbox.put(state, this.#shell.clock.monotonic())) return
    this.#shell.post(async () => {
      for (let next = this.#inbox.take(); next !== undefined; next = this.#inbox.take()) await this.#take(next)
    })
  }

  /** What we offer the car now; drives SuspendedEVSE and Current.Offered. */
  async noteSetPoint(amps: number, binding: Binding): Promise<void> {
    this.#offered = { amps, binding }
    await this.tick()
  }

  async apply(input: SessionInput): Promise<void> {
    const { finished: wasFinished, invalidSinceWh: wasInvalidSince } = this.#session
    const mightDraw = this.mayDraw
    if (input.kind === 'presented') this.#refusal = null
    if (input.kind === 'refused') this.#refusal = input.reason
    const step = stepSession(this.#session, input, this.#shell.policy(this.evse))
    this.#session = step.session
    for (const effect of step.effects) await this.#carryOut(effect)
    const { transaction, permit, asking, finished, invalidSinceWh } = this.#session
    // After a restart a car whose session was stopped must not start again by itself.
    if (wasFinished !== finished) await this.#remember(finishedKey(this.evse), finished ? 'true' : null)
    if (wasInvalidSince !== invalidSinceWh)
      await this.#remember(
        invalidKey(this.evse),
        transaction && invalidSinceWh !== null ? `${transaction.id} ${invalidSinceWh}` : null,
      )
    if (transaction === null && permit === null && asking === null) await this.#shell.sessionOver(this.evse)
    if (mightDraw !== this.mayDraw) this.#shell.changed()
    this.refreshStatus()
  }

  /** What is due by now: samples, identifiers that waited too long, statuses, ledger retries. */
  async tick(): Promise<void> {
    const at = this.#shell.clock.monotonic()
    if (this.#book.takeRetry(at) && this.#book.ending !== null) await this.#end(this.#book.ending)
    await this.apply({ kind: 'tick', at })
    await this.#samplePeriodically(at)
  }

  /** When `tick` is next needed (monotonic ms), or null. */
  nextTickAt(): number | null {
    const permitEndsAt = sessionDeadline(this.#session, this.#shell.policy(this.evse))
    const due = [this.#samples.dueAt, this.#statusDueAt, this.#book.retryAt, permitEndsAt]
    const moments = due.filter((moment) => moment !== null)
    return moments.length === 0 ? null : Math.min(...moments)
  }

  /** When the running transaction is sampled next (monotonic ms), or null. */
  get nextSampleAt(): number | null {
    return this.#samples.dueAt
  }

  /** The sample interval has changed. */
  retime(): void {
    if (this.#session.transaction !== null && this.#book.ending === null) this.#samples.run()
  }

  /** Clock-aligned values go out for every EVSE, with or without a transaction. */
  sampleAligned(at: number): Promise<void> {
    return this.#samples.takeAligned(this.#session.transaction, at)
  }

  /** The values that a trigger asks for; null when there are none now. */
  triggeredValues(): MeterSample | null {
    return this.#samples.triggered()
  }

  /** Stores and queues a transaction's values. */
  storeValues(transaction: Transaction, sample: MeterSample): Promise<void> {
    return this.#samples.store(transaction, sample)
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
    const { operative, hold } = this.#shell.policy(this.evse)
    return connectorStatus(this.#session, this.#observed, operative, this.offeredAmps, hold.held)
  }

  async #take({ state, at, since }: Observation): Promise<void> {
    const before = this.#observed
    this.#observed = state
    for (const news of observedNews(before, state)) this.#shell.emit(news)
    if (state.online && state.quality === 'good') {
      const startedAt = this.#session.transaction?.startedAt ?? null
      this.#meter.read(state, at, startedAt === null ? null : Math.max(0, this.#shell.now() - startedAt))
      const rebooting = this.#meter.isRebooting(at)
      const pilot = state.pilot === 'A' && rebooting ? null : state.pilot
      await this.apply({ kind: 'observed', pilot, rebooting, meterWh: this.meterWh, at })
      await this.#shell.cardShown(this.evse, state.tag, { since, at })
    }
    await this.#samplePeriodically(at)
    this.refreshStatus()
  }

  async #carryOut(effect: SessionEffect): Promise<void> {
    const { emit, authorise, unplugged, now } = this.#shell
    const { evse } = this
    switch (effect.kind) {
      case 'authorise':
        authorise(evse, effect.idToken, effect.purpose)
        return
      case 'begin':
        return this.#begin(effect.permit)
      case 'end': {
        const { reason, idToken } = effect
        if (this.#book.ending === null) await this.#stop({ reason, idToken, at: now(), meterWh: this.meterWh })
        return
      }
      case 'permit-expired':
        emit({ kind: 'authorisation-expired', evse, idToken: effect.idToken })
        return
      case 'not-operative':
      case 'reserved':
      case 'in-use':
        this.#refusal = REFUSALS[effect.kind]
        emit({ kind: 'authorisation-refused', evse, idToken: effect.idToken, reason: this.#refusal })
        return
      case 'unplugged':
        unplugged(evse)
    }
  }

  async #begin(permit: Permit): Promise<void> {
    const transaction = await this.#book.begin(permit, this.meterWh, this.#meter.state)
    if (transaction === null) return
    const { parentIdToken } = permit
    const policy = this.#shell.policy(this.evse)
    this.#session = stepSession(this.#session, { kind: 'begun', transaction, parentIdToken }, policy).session
    this.#samples.begin(transaction)
    this.#shell.emit({ kind: 'transaction-started', transaction })
    await this.#shell.begun(this.evse, permit)
  }

  /** What flows until the charger has paused is billed too: the end waits for one more reading, but never long. */
  async #stop(ending: Ending): Promise<void> {
    const { transaction } = this.#session
    const observed = this.#observed
    const flows = observed?.online === true && isFlowing(observed) !== false
    const reading = flows && waitsForReading(ending.reason) ? this.#shell.lastReading(this.evse) : null
    if (transaction === null || reading === null) return this.#end(ending)
    this.#samples.pause()
    this.#awaited = ending
    this.#book.postpone(ending, this.#shell.clock.monotonic() + LAST_READING_MS)
    await this.#remember(endingKey(this.evse), storedEnding(transaction.id, ending))
    void reading.then(() =>
      this.#shell.post(async () => {
        if (this.#awaited !== ending) return
        await this.#end(ending)
        await this.tick()
      }),
    )
  }

  async #end(given: Ending): Promise<void> {
    const running = this.#session.transaction
    if (running === null) return
    const awaited = this.#awaited !== null
    const ending = awaited ? { ...given, meterWh: Math.max(given.meterWh, this.meterWh) } : given
    this.#awaited = null
    const samples = this.#samples.end(ending.at)
    const transaction = await this.#book.end(running, ending, this.#meter.state, samples)
    if (transaction === null) return
    const { reason } = ending
    const step = stepSession(this.#session, { kind: 'ended', reason }, this.#shell.policy(this.evse))
    this.#session = step.session
    this.#shell.emit({ kind: 'transaction-ended', transaction, reason })
    for (const effect of step.effects) await this.#carryOut(effect)
    if (awaited) await this.#remember(endingKey(this.evse), null)
    this.#ended?.resolve()
    this.#ended = null
    const leftBefore = !this.#session.plugged && reason !== 'ev-disconnected' && reason !== 'power-loss'
    if (leftBefore) this.#shell.letGo(this.evse)
  }

  async #remember(key: string, value: string | null): Promise<void> {
    const { ledger, stationId } = this.#shell
    try {
      await ledger.saveSetting(stationId, key, value)
    } catch (error) {
      this.#tell('the state of a session could not be noted', error)
    }
  }

  async #samplePeriodically(at: number): Promise<void> {
    const { transaction } = this.#session
    if (transaction !== null && this.#book.ending === null) await this.#samples.takePeriodic(transaction, at)
  }

  #source(): SampleSource {
    return { observed: this.#observed, meterWh: this.#meter.believedWh, offeredAmps: this.offeredAmps }
  }

  #tell(what: string, error: unknown): void {
    const fault = toBridgeError(error)
    this.#shell.emit({ kind: 'station-fault', code: fault.code, text: `EVSE ${this.evse}: ${what}: ${fault.message}` })
  }
}
