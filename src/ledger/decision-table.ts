/** The set-points that were decided, and why: one row per change of an outlet. */
import type { DatabaseSync, SQLOutputValue } from 'node:sqlite'
import { crc32 } from 'node:zlib'
import type { StoredDecision } from './operations.ts'
import { openRing } from './ring.ts'
import { numberOf, textOf, textOrNull } from './row.ts'

export interface DecisionTable {
  record(decisions: readonly StoredDecision[]): void
  /** A row whose text rotted is passed over. */
  at(stationId: string, evse: number, at: number): StoredDecision | null
  /** The newest `limit` of the span, oldest first. */
  between(stationId: string, evse: number, from: number, to: number, limit: number): StoredDecision[]
  /** All that a decision is stored of. */
  outlets(): { readonly stationId: string; readonly evse: number }[]
  prune(keep: number): void
  /** For an emergency: removes the oldest; false when there was none. */
  giveUp(rows: number): boolean
}

export function openDecisions(database: DatabaseSync): DecisionTable {
  const insert = database.prepare(
    'INSERT INTO decisions (at, station_id, evse, session_id, amps, body, checksum) VALUES (?, ?, ?, ?, ?, ?, ?)',
  )
  const select = database.prepare(
    `SELECT * FROM decisions WHERE station_id = ? AND evse = ? AND at >= ? AND at <= ?
     ORDER BY at DESC, number DESC LIMIT ?`,
  )
  const outlets = database.prepare('SELECT DISTINCT station_id, evse FROM decisions ORDER BY station_id, evse')
  const ring = openRing(database, 'decisions')

  function between(stationId: string, evse: number, from: number, to: number, limit: number): StoredDecision[] {
    return select.all(stationId, evse, from, to, limit).filter(isWhole).map(decisionOf).toReversed()
  }

  return {
    record(decisions) {
      for (const { at, stationId, evse, sessionId, amps, body } of decisions)
        insert.run(at, stationId, evse, sessionId, amps, body, crc32(body))
      ring.grew(decisions.length)
    },
    at: (stationId, evse, at) => between(stationId, evse, -Number.MAX_VALUE, at, 2).at(-1) ?? null,
    between,
    outlets: () => outlets.all().map((row) => ({ stationId: textOf(row['station_id']), evse: numberOf(row['evse']) })),
    prune: (keep) => ring.prune(keep),
    giveUp: (rows) => ring.giveUp(rows) > 0,
  }
}

function isWhole(row: Record<string, SQLOutputValue>): boolean {
  return crc32(textOf(row['body'])) === numberOf(row['checksum'])
}

function decisionOf(row: Record<string, SQLOutputValue>): StoredDecision {
  return {
    at: numberOf(row['at']),
    stationId: textOf(row['station_id']),
    evse: numberOf(row['evse']),
    sessionId: textOrNull(row['session_id']),
    amps: numberOf(row['amps']),
    body: textOf(row['body']),
  }
}
