/** The tree of circuits and what must hold in it before a car may charge. Pure. */
import { PHASES, rotation, type Phase, type PhaseAmps } from '../model/phase.ts'
import type { MappingFacts } from './load-options.ts'
import { nearestHint } from './nearest-name.ts'
import { error, warning, type Finding } from './problem.ts'
import type { SiteEntries } from './site-entries.ts'
import type { CircuitEntry } from './site-schema.ts'

export function circuitLimit(entry: CircuitEntry): PhaseAmps {
  return typeof entry.limit === 'number' ? { L1: entry.limit, L2: entry.limit, L3: entry.limit } : entry.limit
}

/** What the fuses let through, kW. @param voltage phase to neutral */
export function fuseKilowatts(entry: CircuitEntry, voltage: number): number {
  const { L1, L2, L3 } = circuitLimit(entry)
  return ((L1 + L2 + L3) * voltage) / 1000
}

/** @param mappings facts by the mapping's name; of a mapping that is not known there are none */
export function checkCircuits(entries: SiteEntries, mappings: ReadonlyMap<string, MappingFacts>): readonly Finding[] {
  return [
    ...checkTree(entries),
    ...checkMeters(entries),
    ...checkFallbacks(entries, mappings),
    ...checkCarLimits(entries),
  ]
}

function checkTree({ circuits }: SiteEntries): readonly Finding[] {
  const findings: Finding[] = []
  const roots: string[] = []
  const inCycle = new Set<string>()
  for (const [id, { parent }] of circuits.valid) {
    if (parent === undefined) {
      if (!isRepaired(circuits, id, 'parent')) roots.push(id)
    } else if (!circuits.ids.has(parent)) {
      const known = [...circuits.ids].filter((other) => other !== id)
      findings.push(
        error(['circuits', id, 'parent'], `there is no circuit \`${parent.slice(0, 60)}\``, nearestHint(parent, known)),
      )
    } else if (!inCycle.has(id)) {
      const cycle = cycleFrom(id, circuits.valid)
      if (cycle === null) continue
      for (const member of cycle) inCycle.add(member)
      const shown = [...cycle, id].join(' -> ')
      findings.push(
        error(
          ['circuits', id, 'parent'],
          `the circuits feed each other: ${shown}`,
          'the circuit of the supply has no parent',
        ),
      )
    }
  }
  // with a broken entry the missing root may be that one
  const complete = circuits.valid.size === circuits.ids.size && circuits.repaired.size === 0
  if (complete && circuits.valid.size > 0 && roots.length === 0 && findings.length === 0) {
    findings.push(
      error(['circuits'], 'no circuit is the supply', 'leave out `parent` of the one that feeds the others', 'key'),
    )
  }
  for (const id of roots.slice(1)) {
    findings.push(
      error(
        ['circuits', id],
        `a second circuit without a parent (the first is \`${roots[0] ?? ''}\`)`,
        'a site is one tree: name its parent, or add a common parent with the limit of the supply',
        'key',
      ),
    )
  }
  return findings
}

function isRepaired(circuits: SiteEntries['circuits'], id: string, key: string): boolean {
  return circuits.repaired.get(id)?.has(key) ?? false
}

/** The way up from `id` when it comes back to `id`; null when it ends, or when `id` only leads into a cycle of others. */
function cycleFrom(id: string, circuits: ReadonlyMap<string, CircuitEntry>): readonly string[] | null {
  const way = [id]
  const seen = new Set(way)
  for (;;) {
    const parent = circuits.get(way.at(-1) ?? '')?.parent
    if (parent === undefined) return null
    if (parent === id) return way
    if (seen.has(parent)) return null
    way.push(parent)
    seen.add(parent)
  }
}

function checkMeters({ circuits, meters }: SiteEntries): readonly Finding[] {
  const findings: Finding[] = []
  const users = new Map<string, string>()
  for (const [id, entry] of circuits.valid) {
    const path = ['circuits', id]
    const failSafe = entry['fail-safe']
    if (entry.meter === undefined) {
      if (failSafe !== undefined) {
        findings.push(
          error(
            [...path, 'fail-safe'],
            'there is no meter that could be silent',
            'name the meter of the circuit, or delete it',
            'key',
          ),
        )
      }
      continue
    }
    if (!meters.ids.has(entry.meter)) {
      const hint = nearestHint(entry.meter, meters.ids)
      findings.push(error([...path, 'meter'], `there is no meter \`${entry.meter.slice(0, 60)}\``, hint))
    }
    const other = users.get(entry.meter)
    if (other !== undefined) {
      findings.push(
        error(
          [...path, 'meter'],
          `this meter measures the circuit \`${other}\` already`,
          'one meter sees one circuit: delete one of them',
        ),
      )
    }
    users.set(entry.meter, id)
    const limit = circuitLimit(entry)
    const lowest = Math.min(limit.L1, limit.L2, limit.L3)
    if (failSafe === undefined) {
      findings.push(
        error(
          path,
          '`fail-safe` is missing',
          'say what the cars may take together while the meter is silent and the load of the building unknown, for example `fail-safe: 16 A`',
          'key',
        ),
      )
    } else if (failSafe > lowest) {
      findings.push(
        error([...path, 'fail-safe'], `is more than the limit of ${lowest} A`, 'the cars must not exceed the fuse'),
      )
    }
  }
  for (const id of meters.valid.keys()) {
    if (users.has(id) || circuits.repaired.size > 0) continue
    findings.push(warning(['meters', id], 'no circuit uses this meter', 'it is read and shown only', 'key'))
  }
  return findings
}

/** When the bridge is gone, every charger draws its own fail-safe current at once; the fuses must hold that. */
function checkFallbacks(
  { circuits, stations, balancing }: SiteEntries,
  mappings: ReadonlyMap<string, MappingFacts>,
): readonly Finding[] {
  const findings: Finding[] = []
  const sums = new Map<string, Record<Phase, number>>()
  for (const [id, station] of stations.valid) {
    const current = station['fail-safe'].current
    if (station.max !== undefined && current > station.max) {
      findings.push(
        error(
          ['stations', id, 'fail-safe', 'current'],
          `is more than \`max\` (${station.max} A)`,
          'lower it to that, or to 0 A',
        ),
      )
    }
    if (!circuits.ids.has(station.circuit)) {
      findings.push(
        error(
          ['stations', id, 'circuit'],
          `there is no circuit \`${station.circuit.slice(0, 60)}\``,
          nearestHint(station.circuit, circuits.ids),
        ),
      )
    }
    if (stations.repaired.has(id)) continue
    const connectors = station.connectors ?? mappings.get(station.mapping)?.connectors ?? 1
    for (const circuitId of wayUp(station.circuit, circuits.valid)) {
      const sum = sums.get(circuitId) ?? { L1: 0, L2: 0, L3: 0 }
      for (const phase of rotation(station.phases)) sum[phase] += current * connectors
      sums.set(circuitId, sum)
    }
  }
  for (const [id, entry] of circuits.valid) {
    const sum = sums.get(id)
    if (sum === undefined) continue
    const limit = circuitLimit(entry)
    const over = PHASES.find((phase) => sum[phase] > limit[phase])
    if (over !== undefined) {
      findings.push(
        error(
          ['circuits', id, 'limit'],
          `the fail-safe currents of its chargers are ${sum[over]} A on ${over}, more than the limit of ${limit[over]} A`,
          'when the bridge is off they are drawn together: write `fail-safe: {current: 0 A}` at some of the stations',
        ),
      )
      continue
    }
    const sumKilowatts = ((sum.L1 + sum.L2 + sum.L3) * balancing.voltage) / 1000
    if (entry.power !== undefined && sumKilowatts > entry.power) {
      findings.push(
        warning(
          ['circuits', id, 'power'],
          `the fail-safe currents of its chargers are ${sumKilowatts.toFixed(1)} kW, more than ${entry.power} kW`,
          'while the bridge is off the cars together may exceed it',
        ),
      )
    }
    const failSafe = entry['fail-safe']
    const above = failSafe === undefined ? undefined : PHASES.find((phase) => sum[phase] > failSafe)
    if (failSafe !== undefined && above !== undefined) {
      findings.push(
        warning(
          ['circuits', id, 'fail-safe'],
          `the fail-safe currents of its chargers are ${sum[above]} A on ${above}, more than ${failSafe} A`,
          'while the bridge is off the building and the chargers together may exceed the limit',
        ),
      )
    }
  }
  return findings
}

/** Limits beside the fuse that can never bind are slips. */
function checkCarLimits({ circuits, balancing }: SiteEntries): readonly Finding[] {
  const findings: Finding[] = []
  for (const [id, entry] of circuits.valid) {
    if (circuits.repaired.has(id)) continue
    const { L1, L2, L3 } = circuitLimit(entry)
    const mostKilowatts = fuseKilowatts(entry, balancing.voltage)
    if (entry.power !== undefined && entry.power >= mostKilowatts) {
      const message = `is not less than what the fuse allows (${mostKilowatts.toFixed(1)} kW)`
      findings.push(warning(['circuits', id, 'power'], message, 'so it changes nothing'))
    }
    const highest = Math.max(L1, L2, L3)
    if (entry.unbalance !== undefined && entry.unbalance >= highest) {
      const message = `is not less than the limit of ${highest} A`
      findings.push(warning(['circuits', id, 'unbalance'], message, 'so it changes nothing'))
    }
  }
  return findings
}

/** A circuit and those that feed it; each once, also where they feed each other by mistake. */
function wayUp(id: string, circuits: ReadonlyMap<string, CircuitEntry>): ReadonlySet<string> {
  const way = new Set<string>()
  for (let at: string | undefined = id; at !== undefined && !way.has(at); at = circuits.get(at)?.parent) way.add(at)
  return way
}
