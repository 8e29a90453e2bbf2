/** What a station gives its EVSEs. */
import type { EnergyMeterState, Ledger, OutboxDraft } from '../../ledger/ledger.ts'
import type { Clock } from '../../model/clock.ts'
import type { StationMessage } from '../../model/csms.ts'
import type { StationHappening } from '../../model/event.ts'
import type { Transaction } from '../../model/transaction.ts'
import type { AuthorisePurpose, Permit, Policy } from './session/session.ts'
import type { Seen } from './authorisation/reader.ts'
import type { Ending } from './session/transaction-book.ts'
import type { StationSettings } from './settings.ts'
import type { StatusView } from './status/status-rules.ts'

export interface EvseShell {
  readonly stationId: string
  readonly ledger: Ledger
  readonly clock: Clock
  readonly settings: StationSettings
  readonly newId: () => string
  /** Wall time for stamps, corrected by the CSMS's clock. */
  readonly now: () => number
  readonly policy: (evse: number) => Policy
  readonly emit: (happening: StationHappening) => void
  readonly post: (job: () => Promise<void> | void) => void
  /** Copies of a message for the outbox of every upstream. */
  readonly drafts: (transactionId: string, message: StationMessage) => readonly OutboxDraft[]
  /** New stored messages wait in the outboxes. */
  readonly wakeOutboxes: () => void
  /** Decides elsewhere and comes back with `authorised` or `refused`. */
  readonly authorise: (evse: number, idToken: string, purpose: AuthorisePurpose) => void
  readonly reportStatus: (evse: number, view: StatusView) => void
  /** Values outside a transaction: they wait for a CSMS that is away as those of a transaction do (OCPP 1.6 §3.7). */
  readonly queueValues: (message: StationMessage) => void
  /** Nobody is authorised any more: what was meant for this session alone goes. */
  readonly sessionOver: (evse: number) => Promise<void>
  /** What the card reader shows with this poll; null: nothing. */
  readonly cardShown: (evse: number, tag: string | null, seen: Seen) => Promise<void>
  /** A transaction has begun and is on disk. */
  readonly begun: (evse: number, permit: Permit) => Promise<void>
  readonly unplugged: (evse: number) => void
  /** A transaction has ended whose cable was pulled from the vehicle before. */
  readonly letGo: (evse: number) => void
  /** Resolves when the charger was paused and its meter read since, or when that takes too long; null: nothing can be read. */
  readonly lastReading: (evse: number) => Promise<void> | null
  /** Wants or limits changed. */
  readonly changed: () => void
}

/** What the ledger knows of an EVSE at the start. */
export interface StoredEvse {
  readonly meter: EnergyMeterState | null
  readonly transaction: Transaction | null
  readonly parentIdToken: string | null
  /** A transaction ended and the car stayed plugged in. */
  readonly finished: boolean
  /** Billing meter when the CSMS said that it does not accept the identifier of `transaction`; null: it has not. */
  readonly invalidSinceWh: number | null
  /** `transaction` was stopped, and its end was not stored; null: it was not. */
  readonly ending: Ending | null
}

/** Ledger key of `StoredEvse.finished`. */
export function finishedKey(evse: number): string {
  return `finished/${evse}`
}

/** Ledger key of `StoredEvse.invalidSinceWh`. */
export function invalidKey(evse: number): string {
  return `invalid/${evse}`
}

/** As it is stored: of another transaction it says nothing. */
export function readInvalid(text: string | undefined, transactionId: string | null): number | null {
  const [id, wh] = text?.split(' ') ?? []
  return id !== undefined && id === transactionId && wh !== undefined && /^\d+$/.test(wh) ? Number(wh) : null
}
