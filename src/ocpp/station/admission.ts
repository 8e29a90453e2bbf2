/**
 * Who may start where: the local list, the cache and the CSMS say whether an identifier may charge, reservations say where, and persons
 * present it at a reader or by the API. Runs inside the station's actor, but for `present`.
 */
import type { Ledger, OutboxEntry } from '../../ledger/ledger.ts'
import type { Clock } from '../../model/clock.ts'
import type { StationAnswer } from '../../model/csms.ts'
import type { StationHappening } from '../../model/event.ts'
import type { DeviceFault } from '../../model/signal.ts'
import type { Transaction } from '../../model/transaction.ts'
import { Authoriser } from './authorisation/authoriser.ts'
import type { Seen } from './authorisation/reader.ts'
import { LocalList } from './authorisation/local-list.ts'
import type { StationEvse } from './evse.ts'
import { ReservationBook } from './reservation/reservation-book.ts'
import { type Hold, mayHold, type Place, reservationFor } from './reservation/reservation.ts'
import { Presentations, type Presented } from './session/presentations.ts'
import { sameToken } from './session/same-token.ts'
import type { AuthorisePurpose, Permit, Policy } from './session/session.ts'
import type { StationSettings } from './settings.ts'
import type { Authorization } from './station-contract.ts'
import { faultOf, type StatusView } from './status/status-rules.ts'
import type { Upstream } from './upstream/upstream.ts'

/**
 * `expected`: a reservation waits for it. `unsure`: reserved for a group, and nobody but the CSMS can say whether the identifier is of it
 * (§5.13). `refused`: out of service, with a fault, in use, or reserved for somebody else.
 */
export type Standing = 'expected' | 'free' | 'unsure' | 'refused'

export interface AdmissionShell {
  readonly ledger: Ledger
  readonly stationId: string
  readonly clock: Clock
  readonly settings: StationSettings
  readonly authorization: Authorization
  /** The CSMS that decides, or null. */
  readonly authority: Upstream | null
  readonly evses: () => readonly StationEvse[]
  readonly isOperative: (evse: number) => boolean
  readonly stationView: () => StatusView
  /** Wall ms, corrected by the CSMS's clock. */
  readonly now: () => number
  readonly emit: (happening: StationHappening) => void
  /** Runs a job in the actor when its turn comes. */
  readonly run: (job: () => Promise<void>) => void
  /** As `run`, with the job's result. Rejects when the station closes. */
  readonly ask: <Result>(job: () => Promise<Result>) => Promise<Result>
  readonly signal: AbortSignal
}

export class Admission {
  readonly authoriser: Authoriser
  readonly localList: LocalList
  readonly reservations: ReservationBook
  readonly #shell: AdmissionShell
  readonly #presentations: Presentations
  /** Questions about identifiers that are under way, by EVSE. */
  readonly #deciding = new Map<number, Promise<void>>()
  /** Reservations were there at the last look: they change what EVSEs show. */
  #wasReserving = false

  constructor(shell: AdmissionShell) {
    this.#shell = shell
    const { ledger, stationId, clock, settings, authorization, authority, now, emit, signal } = shell
    this.localList = new LocalList({
      ledger,
      stationId,
      emit,
      limits: () => ({
        entries: settings.number('localAuthListMaxLength'),
        update: settings.number('sendLocalListMaxLength'),
      }),
    })
    this.authoriser = new Authoriser({
      ledger,
      stationId,
      clock,
      settings,
      list: this.localList,
      freeToken: authorization.way === 'free' ? authorization.idToken : null,
      authority,
      now,
      signal,
      onConflict: () => this.#reportConflict(),
    })
    const monotonic = (): number => clock.monotonic()
    this.reservations = new ReservationBook({ ledger, stationId, places: () => this.places(), emit, monotonic })
    this.#presentations = new Presentations({
      evses: shell.evses,
      policy: (evse) => this.policy(evse),
      parentOf: (idToken) => this.authoriser.parentOf(idToken),
      decide: (idToken) => this.authoriser.decide(idToken, false),
      deciding: (evse) => this.#deciding.get(evse) ?? null,
      ask: shell.ask,
      emit,
      monotonic,
    })
  }

  /** @param running transactions that go on after a restart */
  async restore(stored: ReadonlyMap<string, string>, running: readonly Transaction[]): Promise<void> {
    this.authoriser.restore(stored)
    await this.localList.load()
    await this.reservations.restore(stored, running)
  }

  /** Resolves when no question is under way. */
  settled(): Promise<void> {
    return this.authoriser.settled()
  }

  /** The rules in force at an EVSE. */
  policy(evse: number): Policy {
    const { authorization, settings, isOperative } = this.#shell
    return {
      way: authorization.way,
      freeToken: authorization.way === 'free' ? authorization.idToken : null,
      operative: isOperative(evse),
      connectionTimeOutMs: settings.number('connectionTimeOut') * 1000,
      stopOnDisconnect: settings.flag('stopTransactionOnEVSideDisconnect'),
      stopOnInvalid: settings.flag('stopTransactionOnInvalidId'),
      maxEnergyOnInvalidWh: settings.number('maxEnergyOnInvalidId'),
      hold: this.holdAt(evse),
    }
  }

  holdAt(evse: number): Hold {
    return this.reservations.holdAt(evse)
  }

  /** What counts of the EVSEs when one is reserved. */
  places(): readonly Place[] {
    return this.#shell.evses().map(({ evse, observed, session }) => {
      const { plugged, transaction, permit, asking } = session
      const claims = permit?.reservationId ?? null
      if (!this.#shell.isOperative(evse) || observed === null) return { evse, state: 'unavailable', claims }
      if (faultOf(observed) !== null) return { evse, state: 'faulted', claims }
      const occupied = plugged || transaction !== null || permit !== null || asking !== null
      return { evse, state: occupied ? 'occupied' : 'free', claims }
    })
  }

  /** How a remote start of this identifier stands at an EVSE. */
  standing({ evse, observed, session }: StationEvse, idToken: string): Standing {
    const healthy = observed !== null && faultOf(observed) === null
    // Somebody else was authorised and is about to plug in.
    const taken = session.permit !== null && !sameToken(session.permit.idToken, idToken)
    if (!this.#shell.isOperative(evse) || !healthy || taken || session.transaction !== null) return 'refused'
    const { held, reservations } = this.holdAt(evse)
    const parentIdToken = this.authoriser.parentOf(idToken)
    if (reservationFor(reservations, idToken, parentIdToken) !== null) return 'expected'
    if (!held) return 'free'
    return parentIdToken === null && mayHold(reservations, idToken) ? 'unsure' : 'refused'
  }

  /** An identifier by an authenticated call. Outside the actor. */
  present(evse: number | null, idToken: string): Promise<Presented> {
    return this.#presentations.present(evse, idToken)
  }

  /** A poll of a card reader. */
  async cardShown(evse: number, tag: string | null, seen: Seen): Promise<void> {
    const found = this.#find(evse)
    if (found !== undefined) await this.#presentations.cardShown(found, tag, seen)
  }

  /** Asks whether an identifier may start or stop; the EVSE hears of it when it is known. */
  authorise(evse: number, idToken: string, purpose: AuthorisePurpose): void {
    const deciding = this.#decide(evse, idToken, purpose).finally(() => {
      if (this.#deciding.get(evse) === deciding) this.#deciding.delete(evse)
    })
    this.#deciding.set(evse, deciding)
  }

  /** A transaction has begun: its reservation is used up, and the permits that it had elsewhere go. */
  async begun(evse: number, { idToken, shared, reservationId }: Permit): Promise<void> {
    if (reservationId !== null) await this.reservations.used(reservationId)
    if (!shared) return
    for (const other of this.#shell.evses()) if (other.evse !== evse) await other.apply({ kind: 'withdrawn', idToken })
  }

  /** An EVSE has told its status: a reservation ends with its connector (§5.13). */
  statusTold(evse: number, view: StatusView): void {
    const { run, isOperative } = this.#shell
    if (this.reservations.all.length === 0) return
    const unreachable = view.status === 'faulted' && this.#find(evse)?.observed?.online === false
    this.reservations.noteReachable(evse, !unreachable)
    if (unreachable) return
    if (view.status === 'faulted') run(() => this.reservations.lost(evse, 'fault'))
    else if (!isOperative(evse)) run(() => this.reservations.lost(evse, 'out-of-service'))
  }

  /** A reservation that was made or ended changes what other EVSEs show, too. */
  settle(): void {
    const reserving = this.reservations.all.length > 0
    if (reserving || this.#wasReserving) for (const evse of this.#shell.evses()) evse.refreshStatus()
    this.#wasReserving = reserving
  }

  /** What the authority answers to a start or a stop says something of the identifier. */
  async learnFrom({ message }: OutboxEntry, answer: StationAnswer): Promise<void> {
    if (answer.kind === 'transaction-started' && message.kind === 'transaction-started') {
      const { transactionId, idToken } = message
      const evse = this.#find(message.evse)
      evse?.noteCsmsAnswer(transactionId, answer.csmsTransactionId, answer.info.parentIdToken)
      const transaction = evse?.session.transaction
      // Before the cache learns of it: a full disk must not feed anybody.
      if (answer.info.status !== 'accepted' && transaction?.id === transactionId) {
        this.#shell.emit({ kind: 'transaction-invalidated', transaction, reason: answer.info.status })
        await evse?.apply({ kind: 'invalidated', meterWh: evse.meterWh })
      }
      await this.authoriser.learn(idToken, answer.info)
    } else if (answer.kind === 'transaction-ended' && message.kind === 'transaction-ended') {
      if (answer.info !== null && message.idToken !== null) await this.authoriser.learn(message.idToken, answer.info)
    }
  }

  #find(evse: number): StationEvse | undefined {
    return this.#shell.evses().find((candidate) => candidate.evse === evse)
  }

  async #decide(evse: number, idToken: string, purpose: AuthorisePurpose): Promise<void> {
    const { run, emit, clock } = this.#shell
    const verdict = await this.authoriser.decide(idToken, purpose === 'stop')
    run(async () => {
      if (verdict.accepted) {
        const { by, parentIdToken } = verdict
        emit({ kind: 'authorised', evse, idToken, by })
        const at = clock.monotonic()
        await this.#find(evse)?.apply({ kind: 'authorised', idToken, parentIdToken, purpose, at })
      } else {
        const { reason } = verdict
        emit({ kind: 'authorisation-refused', evse, idToken, reason })
        if (purpose !== 'remote-start') this.#presentations.noteRefusal(idToken)
        await this.#find(evse)?.apply({ kind: 'refused', idToken, purpose, reason })
      }
    })
  }

  /** §3.5.2: the list that the CSMS has sent says another thing than it says now. */
  #reportConflict(): void {
    const { authority, stationView, now } = this.#shell
    const fault: DeviceFault = { code: '', kind: 'LocalListConflict', text: 'the local list says otherwise' }
    authority?.reportStatus({ kind: 'status', evse: 0, ...stationView(), fault, info: fault.text, at: now() })
  }
}
