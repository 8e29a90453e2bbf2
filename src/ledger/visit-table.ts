/** The visits of cars, from arrival to departure. */
import type { DatabaseSync, SQLOutputValue } from 'node:sqlite'
import { BridgeError } from '../model/errors.ts'
import type { VisitRecord } from '../model/site-sample.ts'
import type { Portion } from './operations.ts'
import { openRing } from './ring.ts'
import { numberOf, numberOrNull, textOf } from './row.ts'

export interface VisitTable {
  save(visit: VisitRecord): void
  /** In the order in which they came, at most `rows` of what lies behind the row `after`. */
  read(from: number, to: number, after: number, rows: number): Portion<VisitRecord, number>
  prune(keep: number): void
}

type Row = Record<string, SQLOutputValue>

export function openVisits(database: DatabaseSync): VisitTable {
  const known = database.prepare('SELECT 1 FROM visits WHERE session_id = ?')
  const save = database.prepare(
    `INSERT INTO visits (session_id, station_id, evse, circuit_id, arrived_at, left_at, energy_wh, is_full, phases,
       highest_amps, wanted_wh, departs_at, committed_wh, committed_by, priority, pauses)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (session_id) DO UPDATE SET station_id = excluded.station_id, evse = excluded.evse,
       circuit_id = excluded.circuit_id, arrived_at = excluded.arrived_at, left_at = excluded.left_at,
       energy_wh = excluded.energy_wh, is_full = excluded.is_full, phases = excluded.phases,
       highest_amps = excluded.highest_amps, wanted_wh = excluded.wanted_wh, departs_at = excluded.departs_at,
       committed_wh = excluded.committed_wh, committed_by = excluded.committed_by, priority = excluded.priority,
       pauses = excluded.pauses`,
  )
  const select = database.prepare(
    `SELECT * FROM visits WHERE number > ? AND arrived_at < ? AND (left_at IS NULL OR left_at > ?)
     ORDER BY number LIMIT ?`,
  )
  const ring = openRing(database, 'visits')
  return {
    save(visit) {
      if (known.get(visit.sessionId) === undefined) ring.grew(1)
      save.run(
        visit.sessionId,
        visit.stationId,
        visit.evse,
        visit.circuitId,
        visit.arrivedAt,
        visit.leftAt,
        visit.energyWh,
        visit.full ? 1 : 0,
        visit.phases,
        visit.highestAmps,
        visit.wantedWh,
        visit.departsAt,
        visit.commitment?.energyWh ?? null,
        visit.commitment?.byAt ?? null,
        visit.priority,
        visit.pauses,
      )
    },
    read(from, to, after, rows) {
      const found = select.all(after, to, from, rows)
      const last = found.length < rows ? null : (found.at(-1) ?? null)
      return { rows: found.map(visitOf), next: last === null ? null : numberOf(last['number']) }
    },
    prune: (keep) => ring.prune(keep),
  }
}

function visitOf(row: Row): VisitRecord {
  const [energyWh, byAt] = [numberOrNull(row['committed_wh']), numberOrNull(row['committed_by'])]
  return {
    sessionId: textOf(row['session_id']),
    stationId: textOf(row['station_id']),
    evse: numberOf(row['evse']),
    circuitId: textOf(row['circuit_id']),
    arrivedAt: numberOf(row['arrived_at']),
    leftAt: numberOrNull(row['left_at']),
    energyWh: numberOf(row['energy_wh']),
    full: numberOf(row['is_full']) === 1,
    phases: phasesOf(row['phases']),
    highestAmps: numberOrNull(row['highest_amps']),
    wantedWh: numberOrNull(row['wanted_wh']),
    departsAt: numberOrNull(row['departs_at']),
    commitment: energyWh === null || byAt === null ? null : { energyWh, byAt },
    priority: numberOf(row['priority']),
    pauses: numberOf(row['pauses']),
  }
}

function phasesOf(value: SQLOutputValue | undefined): VisitRecord['phases'] {
  const phases = numberOrNull(value ?? null)
  if (phases === null || phases === 1 || phases === 2 || phases === 3) return phases
  throw new BridgeError('LEDGER_DAMAGED', `a stored visit has ${phases} phases`)
}
