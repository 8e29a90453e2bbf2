/** Mapping names against the library that the caller knows: chargers where a charger is wanted, meters where a meter is. */
import type { LoadOptions, MappingFacts } from './load-options.ts'
import { nearestName } from '../model/nearest-name.ts'
import { error, type Finding } from './problem.ts'
import type { SiteEntries } from './site-entries.ts'

export interface MappingReading {
  readonly facts: ReadonlyMap<string, MappingFacts>
  readonly findings: readonly Finding[]
}

export function checkMappings(entries: SiteEntries, folder: string, options: LoadOptions): MappingReading {
  const facts = new Map<string, MappingFacts>()
  const findings: Finding[] = []
  const { mapping: lookUp } = options
  if (lookUp === undefined) return { facts, findings }
  const known = new Map<string, ReturnType<typeof lookUp>>()
  const uses = [
    ...[...entries.meters.valid].map(([id, { mapping, options: set, meter = null }]) => ({
      section: 'meters',
      id,
      mapping,
      wanted: 'meter',
      settings: { meter, options: set },
    })),
    ...[...entries.stations.valid].map(([id, { mapping, options: set }]) => ({
      section: 'stations',
      id,
      mapping,
      wanted: 'charger',
      settings: { meter: null, options: set },
    })),
  ]
  for (const { section, id, mapping, wanted, settings } of uses) {
    const found = known.get(mapping) ?? (isStrayPath(mapping) ? STRAY : lookUp(mapping, folder))
    known.set(mapping, found)
    const path = [section, id, 'mapping']
    if ('problem' in found) {
      const nearest = nearestName(mapping, options.mappingNames ?? [])
      const hint = nearest === null ? (found.hint ?? 'docs/devices.md lists all names') : `did you mean \`${nearest}\`?`
      findings.push(error(path, found.problem, hint))
    } else if (found.kind !== wanted) {
      findings.push(
        error(
          path,
          `describes a ${found.kind}, not a ${wanted}`,
          `it belongs in \`${wanted === 'meter' ? 'stations' : 'meters'}\``,
        ),
      )
    } else {
      facts.set(mapping, found)
      for (const { key, name, message, hint } of found.wrongSettings?.(settings) ?? []) {
        findings.push(
          error(name === null ? [section, id] : [section, id, key, ...(key === 'meter' ? [] : [name])], message, hint),
        )
      }
    }
  }
  return { facts, findings }
}

const STRAY = { problem: 'is a path, but not of a mapping file', hint: 'it ends in .yaml' }

/** A path to something that is no YAML file, such as `/dev/zero` or `../../etc/shadow`, is not even opened (H13). */
function isStrayPath(mapping: string): boolean {
  return mapping.includes('/') && !/\.ya?ml$/i.test(mapping)
}
