/** Stations: upstreams that exist, authorisation that can work, start values that the OCPP version knows. */
import type { LoadOptions } from './load-options.ts'
import { stationOfMembers } from './check-members.ts'
import { nearestHint } from './nearest-name.ts'
import { error, warning, type ConfigPath, type Finding } from './problem.ts'
import type { SiteEntries } from './site-entries.ts'
import type { StationEntry } from './site-schema.ts'

export function upstreamIdsOf(upstream: StationEntry['upstream']): readonly string[] {
  if (upstream === undefined) return []
  return typeof upstream === 'string' ? [upstream] : upstream
}

export function checkStations(
  entries: SiteEntries,
  ocppKeys: ReadonlyMap<string, readonly string[]> | null,
  expectedValue: LoadOptions['expectedValue'] | null,
): readonly Finding[] {
  const findings: Finding[] = []
  const used = new Set<string>()
  const members = stationOfMembers(entries)
  const alone = [...entries.stations.valid].filter(([id]) => !members.has(id))
  for (const [id, entry] of [...alone, ...entries.groups.valid]) {
    const path = ['stations', id]
    const upstreamIds = upstreamIdsOf(entry.upstream)
    for (const upstreamId of upstreamIds) used.add(upstreamId)
    findings.push(...checkUpstreamIds(path, entry.upstream, entries))
    if (entry.authorize === 'remote' && upstreamIds.length === 0) {
      findings.push(
        error(
          [...path, 'authorize'],
          'only a CSMS could start a session, and the station has none',
          'name an `upstream`, or write `free`',
        ),
      )
    }
    const values = entry['start-values']
    findings.push(...checkStartValues([...path, 'start-values'], values, upstreamIds, entries, ocppKeys, expectedValue))
  }
  for (const id of upstreamIdsOf(entries.controller?.upstream)) used.add(id)
  for (const id of entries.upstreams.valid.keys()) {
    if (used.has(id)) continue
    findings.push(
      warning(
        ['upstreams', id],
        'no station uses this upstream',
        'name it at a station: `upstream: ' + id + '`',
        'key',
      ),
    )
  }
  return findings
}

/** The upstreams that an entry at `path` names. */
export function checkUpstreamIds(
  path: ConfigPath,
  upstream: StationEntry['upstream'],
  { upstreams }: SiteEntries,
): readonly Finding[] {
  const ids = upstreamIdsOf(upstream)
  return ids.flatMap((id, index) => {
    const at = typeof upstream === 'string' ? [...path, 'upstream'] : [...path, 'upstream', index]
    const twice = ids.indexOf(id) === index ? [] : [error(at, 'is named twice', 'delete one of them')]
    if (upstreams.ids.has(id)) return twice
    return [...twice, error(at, `there is no upstream \`${id.slice(0, 60)}\``, nearestHint(id, upstreams.ids))]
  })
}

/** Keys that the OCPP version of the upstreams knows, with values that it takes; no key twice, no password. */
export function checkStartValues(
  base: ConfigPath,
  values: Readonly<Record<string, string>>,
  upstreamIds: readonly string[],
  entries: SiteEntries,
  ocppKeys: ReadonlyMap<string, readonly string[]> | null,
  expectedValue: LoadOptions['expectedValue'] | null,
): readonly Finding[] {
  const findings: Finding[] = []
  const seen = new Map<string, string>()
  const versions = new Set(upstreamIds.flatMap((upstreamId) => entries.upstreams.valid.get(upstreamId)?.ocpp ?? []))
  const known = [...versions].flatMap((version) => ocppKeys?.get(version) ?? [])
  for (const [key, value] of Object.entries(values)) {
    const path = [...base, key]
    const plain = key.toLowerCase()
    const twin = seen.get(plain)
    if (twin !== undefined) findings.push(error(path, `is the same key as \`${twin}\``, 'delete one of them', 'key'))
    seen.set(plain, key)
    if (plain === 'authorizationkey') {
      findings.push(
        error(
          path,
          'a password is not written in the site file',
          'write `password: {secret: NAME}` at the upstream',
          'key',
        ),
      )
    } else if (known.length > 0 && !known.some((name) => name.toLowerCase() === plain)) {
      findings.push(
        error(
          path,
          `OCPP ${[...versions].join(', ')} has no key \`${key.slice(0, 60)}\``,
          nearestHint(key, known),
          'key',
        ),
      )
    } else {
      const expected = [...versions].map((version) => expectedValue?.(version, key, value) ?? null).find(Boolean)
      if (expected !== undefined && expected !== null)
        findings.push(error(path, `\`${value.slice(0, 60)}\` is not a value of this key`, `it takes ${expected}`))
    }
  }
  return findings
}
