/** After a restart: which transactions go on, and the end of those that cannot. */
import type { EnergyMeterState, Ledger, OutboxDraft } from '../../ledger/ledger.ts'
import type { StationMessage } from '../../model/csms.ts'
import type { StationDescription } from '../../model/station.ts'
import type { Transaction } from '../../model/transaction.ts'
import { finishedKey, invalidKey, readInvalid, type StoredEvse } from './evse-shell.ts'
import { endingKey, readEnding } from './session/pending-end.ts'
import { endMessage } from './session/transaction-book.ts'

export interface ResumeShell {
  readonly ledger: Ledger
  readonly description: StationDescription
  /** Whose transaction ids count, or null without a CSMS. */
  readonly authorityId: string | null
  readonly now: () => number
  readonly drafts: (transactionId: string, message: StationMessage) => readonly OutboxDraft[]
}

export interface Resumed {
  readonly running: ReadonlyMap<number, Transaction>
  readonly ended: readonly Transaction[]
}

/**
 * Open transactions by EVSE, with their old ids. One whose EVSE is gone from the site file, or that shares its EVSE with an older
 * open one, is ended with the last known meter.
 */
export async function resumeTransactions(shell: ResumeShell, meters: readonly EnergyMeterState[]): Promise<Resumed> {
  const { ledger, description, authorityId } = shell
  const running = new Map<number, Transaction>()
  const ended: Transaction[] = []
  for (const transaction of await ledger.openTransactions(description.id)) {
    const known = description.evses.some(({ evse }) => evse === transaction.evse)
    if (!known || running.has(transaction.evse)) {
      ended.push(await endOrphan(transaction, meters, shell))
      continue
    }
    const csmsTransactionId = authorityId === null ? null : await ledger.csmsTransactionId(authorityId, transaction.id)
    running.set(transaction.evse, { ...transaction, csmsTransactionId })
  }
  return { running, ended }
}

/** What an EVSE goes on with. `settings`: all that the ledger keeps by name for the station; what is of another transaction counts for nothing. */
export function storedEvse(
  evse: number,
  known: {
    readonly settings: ReadonlyMap<string, string>
    readonly meters: readonly EnergyMeterState[]
    readonly transaction: Transaction | null
    readonly parentIdToken: string | null
  },
): StoredEvse {
  const { settings, meters, transaction, parentIdToken } = known
  const transactionId = transaction?.id ?? null
  return {
    meter: meters.find((meter) => meter.evse === evse) ?? null,
    transaction,
    parentIdToken,
    finished: settings.get(finishedKey(evse)) === 'true',
    ending: readEnding(settings.get(endingKey(evse)), transactionId),
    invalidSinceWh: readInvalid(settings.get(invalidKey(evse)), transactionId),
  }
}

async function endOrphan(
  transaction: Transaction,
  meters: readonly EnergyMeterState[],
  { ledger, now, drafts }: ResumeShell,
): Promise<Transaction> {
  const { id, evse, stationId, startWh, startedAt } = transaction
  const meter = meters.find((candidate) => candidate.evse === evse) ?? {
    stationId,
    evse,
    lastRegisterWh: null,
    offsetWh: startWh,
  }
  const endWh = Math.max(startWh, Math.floor((meter.lastRegisterWh ?? 0) + meter.offsetWh))
  const endedAt = Math.max(now(), startedAt)
  const ended: Transaction = { ...transaction, endedAt, endWh, stopReason: 'other' }
  await ledger.endTransaction(ended, meter, drafts(id, endMessage(ended, 'other', null, [])))
  return ended
}
