/** Reads and checks a site file. All problems are told at once; nothing starts from a file that has one. */
import { realpathSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { rotation } from '../model/phase.ts'
import { checkAddresses, type AddressReading } from './check-addresses.ts'
import { checkApiKeys, type ApiKeyReading } from './check-api-keys.ts'
import { checkCircuits, circuitLimit } from './check-circuits.ts'
import { checkController, controllerOf } from './check-controller.ts'
import { checkDemandTarget } from './check-demand-target.ts'
import { checkFirmware } from './check-firmware.ts'
import { checkLogins, type LoginReading } from './check-logins.ts'
import { checkMappings } from './check-mappings.ts'
import { checkMembers, stationOfMembers } from './check-members.ts'
import { checkPriorities } from './check-priorities.ts'
import { checkSignals, signalsOf } from './check-signals.ts'
import { checkStations, upstreamIdsOf } from './check-stations.ts'
import { checkTariff, tariffOf } from './check-tariff.ts'
import { checkTransfers, type TransfersReading } from './check-transfers.ts'
import { checkUpstreams, type UpstreamReading } from './check-upstreams.ts'
import { readListen } from './check-web.ts'
import { balancingOf } from './entries/balancing-entry.ts'
import type { LoadOptions } from './load-options.ts'
import { thousandfold } from './quantity.ts'
import { error, formatPath, type ConfigProblem, type Finding } from './problem.ts'
import type { ChargerConfig, DeviceAddress, MeterConfig, SiteConfig, StationConfig, WebConfig } from './site-config.ts'
import { isSure, readEntries, type SiteEntries } from './site-entries.ts'
import type { GroupEntry, StationEntry } from './site-schema.ts'
import { readTextFile } from './source-text.ts'
import { parseYaml, type Place, type YamlSource } from './yaml-source.ts'

/** `config` is null exactly when `problems` is not empty. Warnings keep nothing from starting. */
export type SiteFileResult =
  | { readonly config: SiteConfig; readonly problems: readonly []; readonly warnings: readonly ConfigProblem[] }
  | { readonly config: null; readonly problems: readonly ConfigProblem[]; readonly warnings: readonly ConfigProblem[] }

/** Nobody reads more at once. */
const MAX_PROBLEMS = 200

/** Reads the file at `path` (once). Never throws for what the file, or a file it names, holds. */
export async function loadSiteFile(path: string, options: LoadOptions = {}): Promise<SiteFileResult> {
  const read = await readTextFile(path)
  if ('problem' in read) {
    const { problem, hint, line, column } = read
    const finding: Finding = { ...error([], problem, hint), code: 'CONFIG_UNREADABLE' }
    return { config: null, problems: [toProblem(path, finding, { line, column })], warnings: [] }
  }
  return loadSiteText(read.text, path, options)
}

/** The same from a text; `path` is where it stands (or would stand): relative paths and secrets are looked for in its folder. */
export async function loadSiteText(text: string, path: string, options: LoadOptions = {}): Promise<SiteFileResult> {
  const source = parseYaml(text)
  // a text that is no YAML is not judged further: its data is a guess
  if (source.problems.length > 0) return finish(path, source, [], null)
  const folder = dirname(resolve(path))
  const { entries, findings: shape } = readEntries(source.data)
  const mappings = checkMappings(entries, folder, options)
  const addressing = checkAddresses(entries, {
    schemes: options.addresses ?? null,
    realPort,
    mappings: mappings.facts,
  })
  const folders = {
    configuration: folder,
    state: options.stateFolder ?? null,
    credentials: options.credentialsFolder ?? null,
  }
  const logins = await checkLogins(entries, addressing.connections, folders)
  const versions = options.ocppKeys === undefined ? null : [...options.ocppKeys.keys()]
  const upstreams = await checkUpstreams(entries, folders, versions)
  const listening = readListen(entries)
  const apiKeys = await checkApiKeys(entries, folders, listening.web)
  const transfers = await checkTransfers(entries, folders)
  const judged = [
    ...mappings.findings,
    ...addressing.findings,
    ...logins.findings,
    ...checkCircuits(entries, mappings.facts),
    ...checkStations(entries, options.ocppKeys ?? null, options.expectedValue ?? null),
    ...checkPriorities(entries, mappings.facts),
    ...checkTariff(entries.tariff),
    ...checkDemandTarget(entries),
    ...checkController(entries, options.ocppKeys ?? null, options.expectedValue ?? null),
    ...checkSignals(entries),
    ...upstreams.findings,
    ...listening.findings,
    ...checkMembers(entries),
    ...apiKeys.findings,
    ...transfers.findings,
    ...(await checkFirmware(entries)),
  ]
  const findings = [...shape, ...judged.filter((finding) => isSure(finding, entries))]
  const failed = findings.some((finding) => finding.severity === 'error')
  const config = failed
    ? null
    : build(entries, { addressing, logins, upstreams, apiKeys, transfers, web: listening.web }, folder)
  return finish(path, source, findings, config)
}

interface Readings {
  readonly addressing: AddressReading
  readonly logins: LoginReading
  readonly upstreams: UpstreamReading
  readonly apiKeys: ApiKeyReading
  readonly transfers: TransfersReading
  readonly web: WebConfig | null
}

function build(entries: SiteEntries, readings: Readings, folder: string): SiteConfig {
  const { secrets } = readings.logins
  const addresses = new Map<string, DeviceAddress>(
    [...readings.addressing.addresses].map(([id, address]) => [
      id,
      { ...address, ...(secrets.get(id) ?? { login: null, key: null }) },
    ]),
  )
  const circuits = [...entries.circuits.valid].map(([id, entry]) => ({
    id,
    parentId: entry.parent ?? null,
    limitAmps: circuitLimit(entry),
    meterId: entry.meter ?? null,
    failSafeAmps: entry['fail-safe'] ?? 0,
    carsMaxWatts: entry.power === undefined ? null : thousandfold(entry.power),
    unbalanceAmps: entry.unbalance ?? null,
  }))
  const meters = [...entries.meters.valid].flatMap(([id, entry]): MeterConfig[] => {
    const address = addresses.get(`meters/${id}`)
    if (address === undefined) return []
    const { mapping, options, meter = null, reverse } = entry
    return [{ id, mapping, options, meter, address, rotation: rotation(entry.phases), reverse }]
  })
  const { upstreams } = readings.upstreams
  const { apiKeys } = readings.apiKeys
  const { transfers } = readings.transfers
  const stations = buildStations(entries, addresses)
  const firmwareHook = entries.firmware?.hook ?? null
  const { web } = readings
  const { plan, demandTarget: target } = entries
  return {
    ...entries.site,
    circuits,
    meters,
    stations,
    upstreams,
    balancing: balancingOf(entries.balancing),
    tariff: entries.tariff === null ? null : tariffOf(entries.tariff),
    demandTarget: target === null ? null : { circuitId: target.circuit, watts: thousandfold(target.power) },
    plan,
    controller: controllerOf(entries.controller),
    signals: signalsOf(entries, addresses),
    web,
    apiKeys,
    firmwareHook,
    transfers,
    folder,
  }
}

/** Members stand with their station. */
function buildStations(entries: SiteEntries, addresses: ReadonlyMap<string, DeviceAddress>): readonly StationConfig[] {
  const chargers = new Map<string, ChargerConfig>()
  for (const [id, entry] of entries.stations.valid) {
    const address = addresses.get(`stations/${id}`)
    if (address !== undefined) chargers.set(id, chargerOf(id, entry, address))
  }
  const members = stationOfMembers(entries)
  const alone = [...entries.stations.valid].flatMap(([id, entry]): StationConfig[] => {
    const charger = chargers.get(id)
    return members.has(id) || charger === undefined ? [] : [stationOf(id, entry, [charger], false)]
  })
  const groups = [...entries.groups.valid].map(([id, entry]) =>
    stationOf(
      id,
      entry,
      entry.members.map((member) => chargers.get(member)).filter((one) => one !== undefined),
      true,
    ),
  )
  return [...alone, ...groups]
}

function chargerOf(id: string, entry: StationEntry, address: DeviceAddress): ChargerConfig {
  return {
    id,
    mapping: entry.mapping,
    options: entry.options,
    address,
    circuitId: entry.circuit,
    rotation: rotation(entry.phases),
    connectors: entry.connectors ?? null,
    maxAmps: entry.max ?? null,
    failSafeAmps: entry['fail-safe'].current,
    failSafeAfterSeconds: entry['fail-safe'].after,
    priority: entry.priority,
    softMinAmps: entry['soft-minimum'] ?? null,
  }
}

function stationOf(
  id: string,
  entry: StationEntry | GroupEntry,
  chargers: readonly ChargerConfig[],
  isGroup: boolean,
): StationConfig {
  return {
    id,
    chargers,
    isGroup,
    // a station without the word was refused
    authorize: entry.authorize ?? 'remote',
    freeIdToken: entry.token,
    upstreamIds: upstreamIdsOf(entry.upstream),
    identity: {
      vendor: entry.vendor ?? null,
      model: entry.model ?? null,
      serial: entry.serial ?? null,
      firmware: entry.firmware ?? null,
      meterType: entry['meter-type'] ?? null,
      meterSerial: entry['meter-serial'] ?? null,
    },
    startValues: entry['start-values'],
  }
}

function finish(
  file: string,
  source: YamlSource,
  findings: readonly Finding[],
  config: SiteConfig | null,
): SiteFileResult {
  const all = [
    ...source.problems.map((problem) => toProblem(file, problem, problem)),
    ...findings.map((finding) => toProblem(file, finding, source.placeOf(finding.path, finding.at))),
  ]
    .toSorted((a, b) => a.line - b.line || a.column - b.column)
    .slice(0, MAX_PROBLEMS)
  const problems = all.filter((problem) => problem.severity === 'error')
  const warnings = all.filter((problem) => problem.severity === 'warning')
  return config === null ? { config, problems, warnings } : { config, problems: [], warnings }
}

function toProblem(
  file: string,
  { path, message, hint, severity, code }: Finding,
  { line, column }: Place,
): ConfigProblem {
  return { file, line, column, path: formatPath(path), message, hint, severity, code }
}

function realPort(path: string): string | null {
  try {
    return realpathSync(path)
  } catch {
    return null // not plugged in now
  }
}
