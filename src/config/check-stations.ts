/** Stations: upstreams that exist, authorisation that can work, start values that the OCPP version knows. */
import type { LoadOptions } from './load-options.ts'
import { stationOfMembers } from './check-members.ts'
import { nearestHint } from './nearest-name.ts'
import { error, warning, type Finding } from './problem.ts'
import type { SiteEntries } from './site-entries.ts'
import type { GroupEntry, StationEntry } from './site-schema.ts'

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
    for (const [index, upstreamId] of upstreamIds.entries()) {
      const at = typeof entry.upstream === 'string' ? [...path, 'upstream'] : [...path, 'upstream', index]
      used.add(upstreamId)
      if (upstreamIds.indexOf(upstreamId) !== index) findings.push(error(at, 'is named twice', 'delete one of them'))
      if (entries.upstreams.ids.has(upstreamId)) continue
      const hint = nearestHint(upstreamId, entries.upstreams.ids)
      findings.push(error(at, `there is no upstream \`${upstreamId.slice(0, 60)}\``, hint))
    }
    if (entry.authorize === 'remote' && upstreamIds.length === 0) {
      findings.push(
        error(
          [...path, 'authorize'],
          'only a CSMS could start a session, and the station has none',
          'name an `upstream`, or write `free`',
        ),
      )
    }
    findings.push(...checkStartValues(id, entry, upstreamIds, entries, ocppKeys, expectedValue))
  }
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

function checkStartValues(
  id: string,
  entry: StationEntry | GroupEntry,
  upstreamIds: readonly string[],
  entries: SiteEntries,
  ocppKeys: ReadonlyMap<string, readonly string[]> | null,
  expectedValue: LoadOptions['expectedValue'] | null,
): readonly Finding[] {
  const findings: Finding[] = []
  const seen = new Map<string, string>()
  const versions = new Set(upstreamIds.flatMap((upstreamId) => entries.upstreams.valid.get(upstreamId)?.ocpp ?? []))
  const known = [...versions].flatMap((version) => ocppKeys?.get(version) ?? [])
  for (const [key, value] of Object.entries(entry['start-values'])) {
    const path = ['stations', id, 'start-values', key]
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
