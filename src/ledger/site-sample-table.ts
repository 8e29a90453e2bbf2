/** What the site's metered circuits took, minute by minute. */
import type { DatabaseSync, SQLOutputValue } from 'node:sqlite'
import type { SiteSample } from '../model/site-sample.ts'
import type { Portion, SamplePlace } from './operations.ts'
import { openRing } from './ring.ts'
import { numberOf, numberOrNull, textOf } from './row.ts'

export interface SiteSampleTable {
  record(samples: readonly SiteSample[]): void
  /** From `from` (inclusive) to `to` (exclusive), oldest first, at most `rows` of what lies behind `after`. */
  read(from: number, to: number, after: SamplePlace | null, rows: number): Portion<SiteSample, SamplePlace>
  /** The first minute from `from` on of which anything is stored; null: none. */
  firstFrom(from: number): number | null
  prune(keep: number): void
}

export function openSiteSamples(database: DatabaseSync): SiteSampleTable {
  const known = database.prepare('SELECT 1 FROM site_samples WHERE at = ? AND circuit_id = ?')
  const save = database.prepare(
    `INSERT INTO site_samples (at, circuit_id, mean_l1, mean_l2, mean_l3, highest_l1, highest_l2, highest_l3)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (at, circuit_id) DO UPDATE SET mean_l1 = excluded.mean_l1, mean_l2 = excluded.mean_l2,
       mean_l3 = excluded.mean_l3, highest_l1 = excluded.highest_l1, highest_l2 = excluded.highest_l2,
       highest_l3 = excluded.highest_l3`,
  )
  const select = database.prepare(
    `SELECT * FROM site_samples WHERE at < ?2 AND (at, circuit_id) > (?3, ?4) AND at >= ?1
     ORDER BY at, circuit_id LIMIT ?5`,
  )
  const first = database.prepare('SELECT at FROM site_samples WHERE at >= ? ORDER BY at LIMIT 1')
  const ring = openRing(database, 'site_samples')
  return {
    record(samples) {
      for (const { at, circuitId, meanAmps, highestAmps } of samples) {
        if (known.get(at, circuitId) === undefined) ring.grew(1)
        const [mean, highest] = [meanAmps, highestAmps]
        save.run(at, circuitId, mean.L1, mean.L2, mean.L3, highest.L1, highest.L2, highest.L3)
      }
    },
    read(from, to, after, rows) {
      const place = after ?? { at: from, circuitId: '' }
      const samples = select.all(from, to, place.at, place.circuitId, rows).map(sampleOf)
      return { rows: samples, next: samples.length < rows ? null : (samples.at(-1) ?? null) }
    },
    firstFrom: (from) => numberOrNull(first.get(from)?.['at'] ?? null),
    prune: (keep) => ring.prune(keep),
  }
}

function sampleOf(row: Record<string, SQLOutputValue>): SiteSample {
  return {
    at: numberOf(row['at']),
    circuitId: textOf(row['circuit_id']),
    meanAmps: { L1: numberOf(row['mean_l1']), L2: numberOf(row['mean_l2']), L3: numberOf(row['mean_l3']) },
    highestAmps: { L1: numberOf(row['highest_l1']), L2: numberOf(row['highest_l2']), L3: numberOf(row['highest_l3']) },
  }
}
