/** Plain data -> checked entries. Every entry is read by itself, so that one wrong entry hides no problem of another. */
import type { z } from 'zod'
import { apiKeySection, apiSection } from './entries/api-entry.ts'
import { balancingSection } from './entries/balancing-entry.ts'
import { busSection } from './entries/bus-entry.ts'
import { circuitSection } from './entries/circuit-entry.ts'
import { controllerSection } from './entries/controller-entry.ts'
import { demandTargetSection } from './entries/demand-target-entry.ts'
import { firmwareSection } from './entries/firmware-entry.ts'
import { meterSection } from './entries/meter-entry.ts'
import { planFlag } from './entries/plan-entry.ts'
import { signalSection } from './entries/signal-entry.ts'
import { siteSection } from './entries/site-entry.ts'
import { groupSection, stationSection } from './entries/station-entry.ts'
import { tariffSection } from './entries/tariff-entry.ts'
import { transfersSection } from './entries/transfers-entry.ts'
import { upstreamSection } from './entries/upstream-entry.ts'
import { webSection } from './entries/web-entry.ts'
import { checkId } from './entry-ids.ts'
import { kindOf } from './fields.ts'
import { nearestHint } from './nearest-name.ts'
import { error, type ConfigPath, type Finding } from './problem.ts'
import { isSection, readEntry, repairEntry, valueAt } from './read-entry.ts'
import type {
  ApiKeyEntry,
  BalancingEntry,
  BusEntry,
  CircuitEntry,
  ControllerEntry,
  DemandTargetEntry,
  FirmwareEntry,
  GroupEntry,
  MeterEntry,
  SignalEntry,
  SiteEntry,
  StationEntry,
  TariffEntry,
  TransfersEntry,
  UpstreamEntry,
  WebEntry,
} from './site-schema.ts'

/** The entries of one section. `ids` holds those too that are wrong inside, so that references to them are no second error. */
interface Entries<Entry> {
  readonly valid: ReadonlyMap<string, Entry>
  readonly ids: ReadonlySet<string>
  /** Entries of `valid` that had wrong keys, which were left out so that the rest can be judged too; by id, the keys left out. */
  readonly repaired: ReadonlyMap<string, ReadonlySet<string>>
  /** By id, the keys as written, before defaults. */
  readonly written: ReadonlyMap<string, readonly string[]>
}

/** Keys that can be judged alone; what is said of others in a repaired entry may come from the repair. */
const JUDGED_ALONE: ReadonlySet<ConfigPath[number]> = new Set([
  'mapping',
  'options',
  'connect',
  'login',
  'key',
  'bus',
  'circuit',
  'parent',
  'meter',
  'upstream',
  'start-values',
  'members',
])

/** False for a finding that may only be an echo of a repair. */
export function isSure({ path }: Finding, entries: SiteEntries): boolean {
  const [section, id, key] = path
  const { meters, circuits, stations, groups } = entries
  const repairs =
    { meters, circuits, stations }[String(section)]?.repaired.get(String(id)) ??
    (section === 'stations' ? groups.repaired.get(String(id)) : undefined)
  return repairs === undefined || (key !== undefined && JUDGED_ALONE.has(key) && !repairs.has(String(key)))
}

export interface SiteEntries {
  readonly site: SiteEntry
  readonly buses: Entries<BusEntry>
  readonly circuits: Entries<CircuitEntry>
  readonly meters: Entries<MeterEntry>
  /** Chargers, members of a group or not. */
  readonly stations: Entries<StationEntry>
  /** Stations with `members`. */
  readonly groups: Entries<GroupEntry>
  readonly upstreams: Entries<UpstreamEntry>
  readonly balancing: BalancingEntry
  readonly tariff: TariffEntry | null
  readonly demandTarget: DemandTargetEntry | null
  readonly plan: boolean
  readonly controller: ControllerEntry | null
  readonly signals: Entries<SignalEntry>
  readonly web: WebEntry | null
  /** The section `api` is there. */
  readonly hasApi: boolean
  readonly apiKeys: Entries<ApiKeyEntry>
  readonly firmware: FirmwareEntry | null
  readonly transfers: TransfersEntry | null
}

export interface SiteReading {
  readonly entries: SiteEntries
  readonly findings: readonly Finding[]
}

const SECTIONS = [
  'site',
  'buses',
  'circuits',
  'meters',
  'stations',
  'upstreams',
  'balancing',
  'tariff',
  'demand-target',
  'plan',
  'controller',
  'signals',
  'web',
  'api',
  'firmware',
  'transfers',
] as const
/** More than any site; a limit on what a wrong file can cost. */
const MAX_ENTRIES = 2_000

export function readEntries(data: unknown): SiteReading {
  const findings: Finding[] = []
  const file: Readonly<Record<string, unknown>> = isSection(data) ? data : {}
  if (!isSection(data)) findings.push(error([], `is ${kindOf(data)}, not a site file`, 'it begins with `site:`'))
  else {
    for (const key of Object.keys(file)) {
      if (SECTIONS.some((known) => known === key)) continue
      findings.push(error([key], `unknown key \`${key.slice(0, 60)}\``, nearestHint(key, SECTIONS), 'key'))
    }
    for (const key of ['circuits', 'stations'] as const) {
      if (file[key] !== undefined) continue
      findings.push(error([], `\`${key}\` is missing`, `a site has at least one of them; config/small.yaml shows how`))
    }
  }

  const one = <Entry>(key: string, schema: z.ZodType<Entry>): Entry | null => {
    const result = readEntry(file[key] ?? {}, schema, [key])
    findings.push(...result.findings)
    return result.entry
  }
  const optional = <Entry>(key: string, schema: z.ZodType<Entry>): Entry | null =>
    file[key] === undefined ? null : one(key, schema)
  const many = <Entry>(
    path: readonly [string, ...string[]],
    schema: z.ZodType<Entry>,
    filler: object | null = null,
  ): Entries<Entry> => fill(namesOf(path, valueAt(file, path), findings), path, schema, filler, findings)

  const stations = namesOf(['stations'], file['stations'], findings)
  const entries: SiteEntries = {
    site: one('site', siteSection) ?? { name: 'Site', timezone: 'UTC' },
    buses: many(['buses'], busSection),
    circuits: many(['circuits'], circuitSection, { limit: '10000 A' }),
    meters: many(['meters'], meterSection, { mapping: '-' }),
    stations: fill(
      stations.filter((named) => !isGroup(named)),
      ['stations'],
      stationSection,
      { mapping: '-', circuit: '-', authorize: 'free' },
      findings,
    ),
    groups: fill(stations.filter(isGroup), ['stations'], groupSection, { members: ['-'], authorize: 'free' }, findings),
    upstreams: many(['upstreams'], upstreamSection),
    balancing: one('balancing', balancingSection) ?? balancingSection.parse({}),
    tariff: optional('tariff', tariffSection),
    demandTarget: optional('demand-target', demandTargetSection),
    plan: optional('plan', planFlag) ?? false,
    controller: optional('controller', controllerSection),
    signals: many(['signals'], signalSection),
    web: optional('web', webSection),
    hasApi: optional('api', apiSection) !== null,
    apiKeys: isSection(file['api'])
      ? many(['api', 'keys'], apiKeySection)
      : fill([], [], apiKeySection, null, findings),
    firmware: optional('firmware', firmwareSection),
    transfers: optional('transfers', transfersSection),
  }
  return { entries, findings: [...findings, ...missingAuthorize(entries)] }
}

/** An entry as it is written. */
interface Named {
  readonly id: string
  readonly data: unknown
  /** False: nothing is made of it, for its name is wrong. */
  readonly usable: boolean
}

function isGroup({ data }: Named): boolean {
  return isSection(data) && Object.hasOwn(data, 'members')
}

/** The entries of a section, their names judged. */
function namesOf(path: readonly [string, ...string[]], section: unknown, findings: Finding[]): readonly Named[] {
  const key = path.at(-1)
  const isStation = key === 'stations'
  if (section === undefined) return []
  if (!isSection(section)) {
    // what is not a section below `api` was told by the schema of `api`
    if (path.length > 1) return []
    const what = section === null ? 'is empty' : `is ${kindOf(section)}, not a section`
    findings.push(error(path, what, section === null ? 'fill it or delete it' : 'write `NAME: {...}` below it', 'key'))
    return []
  }
  const names = Object.keys(section)
  if (names.length > MAX_ENTRIES) findings.push(error(path, 'has too many entries', `at most ${MAX_ENTRIES}`, 'key'))
  if (names.length === 0 && (isStation || key === 'circuits')) {
    findings.push(error(path, 'is empty', 'a site has at least one of them'))
  }
  const seen = new Map<string, string>()
  return names.slice(0, MAX_ENTRIES).map((id) => {
    const wrong = checkId(id, isStation)
    if (wrong !== null) findings.push(error([...path, id], ...wrong, 'key'))
    const twin = seen.get(id.toLowerCase())
    if (twin !== undefined) {
      findings.push(
        error([...path, id], `differs from \`${twin}\` in upper and lower case only`, 'choose another', 'key'),
      )
    }
    seen.set(id.toLowerCase(), id)
    return { id, data: section[id], usable: wrong === null }
  })
}

function fill<Entry>(
  named: readonly Named[],
  path: readonly string[],
  schema: z.ZodType<Entry>,
  filler: object | null,
  findings: Finding[],
): Entries<Entry> {
  const valid = new Map<string, Entry>()
  const repaired = new Map<string, ReadonlySet<string>>()
  const written = new Map<string, readonly string[]>()
  for (const { id, data, usable } of named) {
    if (isSection(data)) written.set(id, Object.keys(data))
    const result = readEntry(data, schema, [...path, id])
    findings.push(...result.findings)
    if (!usable) continue
    if (result.entry !== null) valid.set(id, result.entry)
    else if (filler !== null) {
      const repair = repairEntry(data, schema, filler)
      if (repair === null) continue
      valid.set(id, repair.entry)
      repaired.set(id, repair.leftOut)
    }
  }
  return { valid, ids: new Set(named.map(({ id }) => id)), repaired, written }
}

/** Who starts sessions must be said, except at a member: its station says it. */
function missingAuthorize({ stations, groups }: SiteEntries): readonly Finding[] {
  // with a broken list of members nobody knows who is one
  if (groups.valid.size < groups.ids.size || [...groups.repaired.values()].some((keys) => keys.has('members')))
    return []
  const members = new Set([...groups.valid.values()].flatMap((group) => group.members))
  return [...stations.written]
    .filter(([id, keys]) => !members.has(id) && !keys.includes('authorize'))
    .map(([id]) => error(['stations', id, 'authorize'], 'is missing', 'write `free` or `card` or `remote`'))
}
