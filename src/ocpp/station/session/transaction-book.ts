/** Writes the begin and the end of an EVSE's transactions into the ledger, with the messages about them; tries again when the disk fails. */
import type { EnergyMeterState, OutboxDraft } from '../../../ledger/ledger.ts'
import type { StationMessage } from '../../../model/csms.ts'
import { isBridgeError, toBridgeError } from '../../../model/errors.ts'
import type { MeterSample } from '../../../model/reading.ts'
import type { StopReason, Transaction } from '../../../model/transaction.ts'
import type { EvseShell } from '../evse-shell.ts'
import type { Permit } from './session.ts'

/** How a transaction came to its end; kept until it is stored. */
export interface Ending {
  readonly reason: StopReason
  readonly idToken: string | null
  readonly at: number
  readonly meterWh: number
}

const LEDGER_RETRY_MS = 5_000

export class TransactionBook {
  readonly #evse: number
  readonly #shell: EvseShell
  /** Written again as it is after a failure: had the ledger stored it after all, it would be the same transaction. */
  #beginning: { readonly transaction: Transaction; readonly drafts: readonly OutboxDraft[] } | null = null
  #ending: Ending | null = null
  #retryAt: number | null = null

  constructor(evse: number, shell: EvseShell) {
    this.#evse = evse
    this.#shell = shell
  }

  /** An end that is not stored yet. */
  get ending(): Ending | null {
    return this.#ending
  }

  /** When the ledger is asked again (monotonic ms), or null. */
  get retryAt(): number | null {
    return this.#retryAt
  }

  /** Keeps an end that is stored later: at `until` (monotonic ms) at the latest. */
  postpone(ending: Ending, until: number): void {
    this.#ending = ending
    this.#retryAt = until
  }

  /** True once when it is time to try again. */
  takeRetry(at: number): boolean {
    if (this.#retryAt === null || at < this.#retryAt) return false
    this.#retryAt = null
    return true
  }

  /** The new transaction once it is on disk, or null when that failed (and until the next try). */
  async begin(permit: Permit, meterWh: number, meter: EnergyMeterState): Promise<Transaction | null> {
    if (this.#retryAt !== null) return null
    const beginning =
      this.#beginning?.transaction.idToken === permit.idToken ? this.#beginning : this.#new(permit, meterWh)
    this.#beginning = beginning
    try {
      await this.#shell.ledger.beginTransaction(beginning.transaction, meter, beginning.drafts)
    } catch (error) {
      // Surely not stored: it begins when it is, for until then no current flows.
      if (isBridgeError(error, 'LEDGER_FULL')) this.#beginning = null
      this.#failed('a transaction could not be begun', error)
      return null
    }
    this.#beginning = null
    this.#shell.wakeOutboxes()
    return beginning.transaction
  }

  /** The ended transaction once it is on disk, or null when that failed; then `ending` is kept. */
  async end(
    running: Transaction,
    ending: Ending,
    meter: EnergyMeterState,
    samples: readonly MeterSample[],
  ): Promise<Transaction | null> {
    const { ledger, drafts, wakeOutboxes } = this.#shell
    this.#ending = ending
    this.#retryAt = null
    // The clock may have been set back, and the meter never runs back.
    const endedAt = Math.max(ending.at, running.startedAt, samples.at(-1)?.at ?? 0)
    const endWh = Math.max(ending.meterWh, running.startWh)
    const transaction: Transaction = { ...running, endedAt, endWh, stopReason: ending.reason }
    const message = endMessage(transaction, ending.reason, ending.idToken, samples)
    try {
      await ledger.endTransaction(transaction, meter, drafts(running.id, message))
    } catch (error) {
      this.#failed('a transaction could not be ended', error)
      return null
    }
    this.#ending = null
    wakeOutboxes()
    return transaction
  }

  #new(
    permit: Permit,
    meterWh: number,
  ): { readonly transaction: Transaction; readonly drafts: readonly OutboxDraft[] } {
    const { newId, stationId, now, drafts } = this.#shell
    const at = now()
    const transaction: Transaction = {
      id: newId(),
      stationId,
      evse: this.#evse,
      idToken: permit.idToken,
      startedAt: at,
      startWh: meterWh,
      endedAt: null,
      endWh: null,
      stopReason: null,
      csmsTransactionId: null,
      remoteStarted: permit.remote,
    }
    const { id, evse, idToken } = transaction
    const message: StationMessage = {
      kind: 'transaction-started',
      transactionId: id,
      evse,
      idToken,
      reservationId: permit.reservationId,
      meterWh,
      at,
    }
    return { transaction, drafts: drafts(id, message) }
  }

  #failed(what: string, error: unknown): void {
    const { clock, emit } = this.#shell
    const fault = toBridgeError(error)
    this.#retryAt = clock.monotonic() + LEDGER_RETRY_MS
    emit({ kind: 'station-fault', code: fault.code, text: `EVSE ${this.#evse}: ${what}: ${fault.message}` })
  }
}

export function endMessage(
  { id, evse, startedAt, startWh, endedAt, endWh }: Transaction,
  reason: StopReason,
  idToken: string | null,
  samples: readonly MeterSample[],
): StationMessage {
  return {
    kind: 'transaction-ended',
    transactionId: id,
    evse,
    idToken,
    meterWh: endWh ?? startWh,
    at: endedAt ?? startedAt,
    reason,
    samples,
  }
}
