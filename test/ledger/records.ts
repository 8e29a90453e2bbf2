/** Transactions, meters and messages for the ledger's tests. */
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { EnergyMeterState, Ledger, OutboxDraft } from '../../src/ledger/ledger.ts'
import { openLedger } from '../../src/ledger/open-ledger.ts'
import type { LedgerOptions } from '../../src/ledger/options.ts'
import { UPSTREAM } from './sample-draft.ts'
import type { Transaction } from '../../src/model/transaction.ts'

export { sampleDraft, UPSTREAM } from './sample-draft.ts'

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ampbridge-ledger-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Closed when the test ends. */
export async function openFor(folder: string, options: LedgerOptions = {}): Promise<Ledger> {
  const ledger = await openLedger(folder, options)
  onTestFinished(() => ledger.close())
  return ledger
}

/** The files as kill -9 would leave them at this moment: everything written is there, nothing was closed. */
export function crashCopy(folder: string): string {
  const copy = temporaryFolder()
  cpSync(folder, copy, { recursive: true })
  return copy
}

export function started(id: string, stationId = 'CP-1', changes: Partial<Transaction> = {}): Transaction {
  return {
    id,
    stationId,
    evse: 1,
    idToken: 'CARD',
    startedAt: 1_700_000_000_000,
    startWh: 1000,
    endedAt: null,
    endWh: null,
    stopReason: null,
    csmsTransactionId: null,
    remoteStarted: false,
    ...changes,
  }
}

export function ended(transaction: Transaction): Transaction {
  return {
    ...transaction,
    endedAt: transaction.startedAt + 1000,
    endWh: transaction.startWh + 500,
    stopReason: 'local',
  }
}

export function meter(stationId = 'CP-1', offsetWh = 0): EnergyMeterState {
  return { stationId, evse: 1, lastRegisterWh: 1500, offsetWh }
}

export function startDraft(id: string, stationId = 'CP-1', upstreamId = UPSTREAM): OutboxDraft {
  const message = {
    kind: 'transaction-started',
    transactionId: id,
    evse: 1,
    idToken: 'CARD',
    reservationId: null,
    meterWh: 1000,
    at: 1,
  } as const
  return { upstreamId, stationId, messageId: `${id}-start`, transactionId: id, message }
}

export function endDraft(id: string, stationId = 'CP-1', upstreamId = UPSTREAM): OutboxDraft {
  const message = {
    kind: 'transaction-ended',
    transactionId: id,
    evse: 1,
    idToken: null,
    meterWh: 1500,
    at: 2,
    reason: 'local',
    samples: [],
  } as const
  return { upstreamId, stationId, messageId: `${id}-end`, transactionId: id, message }
}
