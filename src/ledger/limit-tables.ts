/** Limits from outside that must survive a restart, and the log that proves what became of them. */
import type { DatabaseSync, SQLOutputValue } from 'node:sqlite'
import { crc32 } from 'node:zlib'
import { BridgeError } from '../model/errors.ts'
import type { PhaseAmps } from '../model/phase.ts'
import { LIMIT_SOURCES } from '../model/site-limit.ts'
import type { LimitSource, SiteLimit } from '../model/site-limit.ts'
import type { Portion, ProofPlace, StoredProof } from './operations.ts'
import { MAX_LIMITS } from './records.ts'
import { openRing } from './ring.ts'
import { numberOf, numberOrNull, textOf } from './row.ts'

export interface LimitTables {
  /** Throws LEDGER_REFUSED for one too many: the caller's commit is rolled back. */
  save(limit: SiteLimit): void
  /** False when it was not there. */
  remove(source: LimitSource, id: string): boolean
  all(): SiteLimit[]
  recordProof(proof: StoredProof): void
  /** The newest `limit` of the span in front of `before`, newest first. A row whose text rotted is passed over. */
  proofs(from: number, to: number, before: ProofPlace | null, limit: number): Portion<StoredProof, ProofPlace>
  pruneProofs(keep: number): void
}

type Row = Record<string, SQLOutputValue>

export function openLimits(database: DatabaseSync): LimitTables {
  const save = database.prepare(
    `INSERT INTO site_limits (source, limit_id, circuit_id, max_l1, max_l2, max_l3, cars_max_watts, priority, since, until)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (source, limit_id) DO UPDATE SET circuit_id = excluded.circuit_id, max_l1 = excluded.max_l1,
       max_l2 = excluded.max_l2, max_l3 = excluded.max_l3, cars_max_watts = excluded.cars_max_watts,
       priority = excluded.priority, since = excluded.since, until = excluded.until`,
  )
  const count = database.prepare('SELECT count(*) AS count FROM site_limits')
  const remove = database.prepare('DELETE FROM site_limits WHERE source = ? AND limit_id = ?')
  const all = database.prepare('SELECT * FROM site_limits ORDER BY number')
  const insertProof = database.prepare('INSERT INTO limit_proofs (at, body, checksum) VALUES (?, ?, ?)')
  const proofs = database.prepare(
    `SELECT * FROM limit_proofs WHERE at >= ? AND at <= ? AND (at, number) < (?, ?)
     ORDER BY at DESC, number DESC LIMIT ?`,
  )
  const ring = openRing(database, 'limit_proofs')
  return {
    save({ source, id, circuitId, maxAmps, carsMaxWatts, priority, since, until }) {
      const amps = [maxAmps?.L1 ?? null, maxAmps?.L2 ?? null, maxAmps?.L3 ?? null]
      save.run(source, id, circuitId, ...amps, carsMaxWatts, priority, since, until)
      if (numberOf(count.get()?.['count']) > MAX_LIMITS)
        throw new BridgeError('LEDGER_REFUSED', `${MAX_LIMITS} limits are stored already`)
    },
    remove: (source, id) => Number(remove.run(source, id).changes) > 0,
    all: () => all.all().map(limitOf),
    recordProof({ at, body }) {
      insertProof.run(at, body, crc32(body))
      ring.grew(1)
    },
    proofs(from, to, before, limit) {
      const place = before ?? { at: to, number: Number.MAX_SAFE_INTEGER }
      const found = proofs.all(from, to, place.at, place.number, limit)
      const last = found.length < limit ? undefined : found.at(-1)
      return {
        rows: found.filter(isWhole).map((row) => ({ at: numberOf(row['at']), body: textOf(row['body']) })),
        next: last === undefined ? null : { at: numberOf(last['at']), number: numberOf(last['number']) },
      }
    },
    pruneProofs: (keep) => ring.prune(keep),
  }
}

function isWhole(row: Row): boolean {
  return crc32(textOf(row['body'])) === numberOf(row['checksum'])
}

function limitOf(row: Row): SiteLimit {
  return {
    id: textOf(row['limit_id']),
    source: sourceOf(row['source']),
    circuitId: textOf(row['circuit_id']),
    maxAmps: ampsOf(row),
    carsMaxWatts: numberOrNull(row['cars_max_watts'] ?? null),
    priority: numberOf(row['priority']),
    since: numberOf(row['since']),
    until: numberOrNull(row['until'] ?? null),
  }
}

function ampsOf(row: Row): PhaseAmps | null {
  if (row['max_l1'] === null) return null
  return { L1: numberOf(row['max_l1']), L2: numberOf(row['max_l2']), L3: numberOf(row['max_l3']) }
}

function sourceOf(value: SQLOutputValue | undefined): LimitSource {
  const source = LIMIT_SOURCES.find((known) => known === value)
  if (source === undefined) throw new BridgeError('LEDGER_DAMAGED', 'a stored limit has no source that there is')
  return source
}
