/** The security log of the stations (OCPP 1.6 security whitepaper, A04): a ring of its own, so that everyday events never push it out. */
import type { DatabaseSync, SQLOutputValue } from 'node:sqlite'
import { BridgeError } from '../model/errors.ts'
import { SECURITY_EVENTS, type SecurityEventType } from '../model/security-event.ts'
import type { SecurityLogEntry } from './ledger.ts'
import { numberOf, textOf, textOrNull } from './row.ts'

export interface SecurityLogTable {
  record(event: SecurityLogEntry): void
  /** Oldest first. */
  read(stationId: string, from: number | null, to: number | null, limit: number): SecurityLogEntry[]
  /** Removes a bounded batch of the oldest behind the newest `keep`. */
  prune(keep: number): void
}

const PRUNE_STEP = 200

export function openSecurityLog(database: DatabaseSync): SecurityLogTable {
  const insert = database.prepare('INSERT INTO security_events (at, station_id, type, tech_info) VALUES (?, ?, ?, ?)')
  const select = database.prepare(
    `SELECT * FROM security_events
     WHERE station_id = ?1 AND (?2 IS NULL OR at >= ?2) AND (?3 IS NULL OR at <= ?3) ORDER BY number DESC LIMIT ?4`,
  )
  const prune = database.prepare(
    `DELETE FROM security_events WHERE number <= (SELECT max(number) FROM security_events) - ?
     AND number <= (SELECT min(number) FROM security_events) + ?`,
  )
  let stored = numberOf(database.prepare('SELECT count(*) AS count FROM security_events').get()?.['count'])
  return {
    record({ at, stationId, type, techInfo }) {
      insert.run(at, stationId, type, techInfo)
      stored += 1
    },
    read: (stationId, from, to, limit) => select.all(stationId, from, to, limit).map(entryOf).toReversed(),
    prune(keep) {
      if (stored < keep + PRUNE_STEP) return
      stored -= Number(prune.run(keep, PRUNE_STEP).changes)
    },
  }
}

function entryOf(row: Record<string, SQLOutputValue>): SecurityLogEntry {
  const type = textOf(row['type'])
  if (!isSecurityEvent(type))
    throw new BridgeError('LEDGER_DAMAGED', 'a stored row of the security log holds no event that there is')
  return {
    at: numberOf(row['at']),
    stationId: textOf(row['station_id']),
    type,
    techInfo: textOrNull(row['tech_info']),
  }
}

function isSecurityEvent(type: string): type is SecurityEventType {
  return Object.hasOwn(SECURITY_EVENTS, type)
}
