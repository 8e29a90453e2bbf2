/** What the sharing of scarce current is told: soft minima that a charger can be set to, a plan that has something to plan by. Pure. */
import type { MappingFacts } from './load-options.ts'
import { error, warning, type Finding } from './problem.ts'
import type { SiteEntries } from './site-entries.ts'

/** @param mappings facts by the mapping's name; of a mapping that is not known there are none */
export function checkPriorities(entries: SiteEntries, mappings: ReadonlyMap<string, MappingFacts>): readonly Finding[] {
  const { stations, plan, tariff, demandTarget } = entries
  const findings: Finding[] = []
  for (const [id, station] of stations.valid) {
    const soft = station['soft-minimum']
    if (soft === undefined) continue
    const path = ['stations', id, 'soft-minimum']
    const range = mappings.get(station.mapping)?.range ?? null
    const most = Math.min(station.max ?? Infinity, range?.maxAmps ?? Infinity)
    if (soft > most) {
      const whose = most === station.max ? '`max`' : 'the charger’s highest current'
      findings.push(error(path, `is more than ${whose} (${most} A)`, 'it could never charge so'))
    } else if (range !== null && soft < range.minAmps) {
      findings.push(
        warning(path, `is less than the charger’s lowest current (${range.minAmps} A)`, 'so it changes nothing'),
      )
    }
  }
  if (plan && tariff === null && demandTarget === null) {
    const message = 'there is nothing to plan by'
    findings.push(warning(['plan'], message, 'write a `tariff` or a `demand-target`', 'key'))
  }
  return findings
}
