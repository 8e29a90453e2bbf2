/** Transactions, meters and messages for the ledger's tests. */
import { cpSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { onTestFinished } from 'vitest'
import type { EnergyMeterState, Ledger, OutboxDraft } from '../../src/ledger/ledger.ts'
import { openLedger } from '../../src/ledger/open-ledger.ts'
import type { LedgerOptions } from '../../src/ledger/options.ts'
import { migrate, MIGRATIONS } from '../../src/ledger/schema.ts'
import type { Decision } from '../../src/model/decision.ts'
import type { LimitProof } from '../../src/model/limit-proof.ts'
import { everyPhase } from '../../src/model/phase.ts'
import type { SiteLimit } from '../../src/model/site-limit.ts'
import type { SiteSample, VisitRecord } from '../../src/model/site-sample.ts'
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

/** A closed ledger as the ampbridge with that schema would have left it. */
export function makeOlder(folder: string, version: number): void {
  const path = join(folder, 'ledger.sqlite')
  const older = new DatabaseSync(`${path}.older`)
  migrate(older, `${path}.older`, MIGRATIONS.slice(0, version))
  const tables = older.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all()
  older.exec(`ATTACH '${path}' AS today`)
  for (const { name } of tables) older.exec(`INSERT INTO ${String(name)} SELECT * FROM today.${String(name)}`)
  older.close()
  renameSync(`${path}.older`, path)
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

export function decided(at: number, amps: number, changes: Partial<Decision> = {}): Decision {
  return {
    at,
    stationId: 'CP-1',
    evse: 1,
    sessionId: 'S1',
    amps,
    binding: { kind: 'circuit', circuitId: 'garage', phase: 'L2', origin: 'fuse', limitAmps: 63, buildingAmps: 12.5 },
    rank: { position: 3, of: 5, group: 'other', needRatio: null, pauses: 1 },
    ...changes,
  }
}

export function minute(number: number, circuitId: string, amps: number): SiteSample {
  return { at: number * 60_000, circuitId, meanAmps: everyPhase(amps), highestAmps: { L1: amps, L2: amps + 1, L3: 9 } }
}

export function visit(sessionId: string, arrivedAt: number, leftAt: number | null): VisitRecord {
  return {
    sessionId,
    stationId: 'CP-1',
    evse: 1,
    circuitId: 'garage',
    arrivedAt,
    leftAt,
    energyWh: leftAt === null ? 0 : 7321.5,
    full: leftAt !== null,
    phases: leftAt === null ? null : 2,
    highestAmps: leftAt === null ? null : 15.9,
    wantedWh: 12_000,
    departsAt: null,
    commitment: leftAt === null ? null : { energyWh: 9000, byAt: 5 },
    priority: 1,
    pauses: 2,
  }
}

export function limit(id: string, changes: Partial<SiteLimit> = {}): SiteLimit {
  return {
    id,
    source: 'dso',
    circuitId: 'house',
    maxAmps: null,
    carsMaxWatts: 4200,
    priority: 0,
    since: 1,
    until: 900_000,
    ...changes,
  }
}

export function proof(at: number): LimitProof {
  return { kind: 'taken-up', at, commandId: 'dso ripple 1', source: 'dso' }
}
