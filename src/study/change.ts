/** A change of a site: other fuses, more stations, another strategy or tariff; and what makes no sense. Pure. */
import { STRATEGIES, type Strategy } from '../model/balance-input.ts'
import type { Circuit } from '../model/circuit.ts'
import { everyPhase } from '../model/phase.ts'
import { busiestCircuit, moreStations } from './more-stations.ts'
import type { StudyPolicy, StudySite, StudyStation, StudyTariff } from './study-site.ts'

export interface Change {
  /** Other fuses, A, by circuit; the key null: the grid connection. */
  readonly fuses: readonly { readonly circuitId: string | null; readonly amps: number }[]
  /** How many stations more. */
  readonly stations: number
  readonly strategy: string | null
  readonly tariff: { readonly tariff: StudyTariff; readonly policy: () => StudyPolicy } | null
}

/** A question that makes no sense for this site, in a sentence for the person. */
export interface Refusal {
  readonly refused: string
}

export const MAX_MORE_STATIONS = 1000
/** As in a site file. */
const FUSE_AMPS = { least: 6, most: 10_000 }

export interface Changed {
  readonly site: StudySite
  readonly added: readonly StudyStation[]
  readonly words: readonly string[]
}

/** The site with the change, and the change in words. */
export function changedSite(site: StudySite, change: Change): Changed | Refusal {
  const words: string[] = []
  let circuits = site.circuits
  /** The grid connection has a name, too. */
  const seen = new Set<string>()
  for (const { circuitId, amps } of change.fuses) {
    const fused = withFuse(circuits, circuitId, amps)
    if ('refused' in fused) return fused
    if (seen.has(fused.circuitId)) return { refused: `the fuse of circuit ${fused.circuitId} is given twice` }
    seen.add(fused.circuitId)
    const before = site.circuits.find(({ id }) => id === fused.circuitId)
    words.push(`fuse of circuit ${fused.circuitId}: ${before === undefined ? '' : fuseText(before)} -> ${amps} A`)
    circuits = fused.circuits
  }
  if (!(Number.isInteger(change.stations) && change.stations >= 0 && change.stations <= MAX_MORE_STATIONS))
    return { refused: `stations: from +1 to +${MAX_MORE_STATIONS}` }
  const circuitId = busiestCircuit(site.stations)
  const added =
    change.stations === 0 || circuitId === null ? [] : moreStations(site.stations, circuitId, change.stations)
  if (added.length > 0)
    words.push(`${added.length} more ${added.length === 1 ? 'station' : 'stations'} on circuit ${circuitId}`)
  const strategy = strategyOf(change.strategy)
  if (change.strategy !== null && strategy === null)
    return { refused: `there is no strategy ${change.strategy}; there are ${STRATEGIES.join(', ')}` }
  if (strategy !== null) words.push(`strategy: ${site.settings.strategy} -> ${strategy}`)
  if (change.tariff !== null) words.push('another tariff')
  return {
    site: {
      ...site,
      circuits,
      stations: [...site.stations, ...added],
      settings: { ...site.settings, strategy: strategy ?? site.settings.strategy },
      ...change.tariff,
    },
    added,
    words,
  }
}

function strategyOf(name: string | null): Strategy | null {
  return STRATEGIES.find((strategy) => strategy === name) ?? null
}

function withFuse(
  circuits: readonly Circuit[],
  named: string | null,
  amps: number,
): Refusal | { readonly circuitId: string; readonly circuits: readonly Circuit[] } {
  const names = circuits.map(({ id }) => id).join(', ')
  const roots = circuits.filter(({ parentId }) => parentId === null)
  const circuitId = named ?? (roots.length === 1 ? roots[0]?.id : undefined)
  if (circuitId === undefined)
    return { refused: `the site has ${roots.length} grid connections: name the circuit, --fuse CIRCUIT=80A (${names})` }
  if (!circuits.some(({ id }) => id === circuitId))
    return { refused: `there is no circuit ${circuitId}; there are ${names}` }
  if (!(amps >= FUSE_AMPS.least && amps <= FUSE_AMPS.most))
    return {
      refused: `a fuse of ${amps} A for circuit ${circuitId}: it goes from ${FUSE_AMPS.least} A to ${FUSE_AMPS.most} A`,
    }
  return {
    circuitId,
    circuits: circuits.map((circuit) =>
      circuit.id === circuitId
        ? { ...circuit, limitAmps: everyPhase(amps), failSafeAmps: Math.min(circuit.failSafeAmps, amps) }
        : circuit,
    ),
  }
}

function fuseText({ limitAmps: { L1, L2, L3 } }: Circuit): string {
  return L1 === L2 && L2 === L3 ? `${L1} A` : `${L1}/${L2}/${L3} A`
}
