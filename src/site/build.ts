/** Makes a meter or a station of the site file: link, device, virtual station. */
import type { ChargerConfig, DeviceAddress, MeterConfig, StationConfig, UpstreamConfig } from '../config/site-config.ts'
import { MAX_CONNECTORS } from '../config/site-schema.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { createDevice, type DeviceOptions, type Mapping } from '../mapping/index.ts'
import type { Clock } from '../model/clock.ts'
import type { Device, DeviceIdentity } from '../model/device.ts'
import { BridgeError } from '../model/errors.ts'
import type { StationListener } from '../model/event.ts'
import type { SettingName } from '../model/setting.ts'
import type { EvseDescription, StationDescription, StationIdentity } from '../model/station.ts'
import type { StationFiles } from '../ocpp/station/maintenance/station-files.ts'
import { type Authorization, VirtualStation } from '../ocpp/station/virtual-station.ts'
import { assertFits } from './address.ts'
import type { LinkPool } from './link-pool.ts'
import type { Log } from './log.ts'
import type { Pulse } from './pulse.ts'
import { ReloadingDevice } from './reloading-device.ts'
import type { Registry } from './registry.ts'
import { SiteMeter } from './site-meter.ts'
import { seatAt } from './seat.ts'
import { SiteCharger } from './site-charger.ts'
import { SiteStation } from './site-station.ts'
import { identityOf } from './station-identity.ts'
import { StationWishes } from './station-wishes.ts'
import { type ReadUpstream, upstreamOf } from './upstreams.ts'

/** What all devices of a site share. */
export interface SiteShell {
  readonly registry: Registry
  readonly links: LinkPool
  /** Of the site file: mappings named by path start there. */
  readonly folder: string
  readonly clock: Clock
  readonly random: () => number
  readonly log: Log
  readonly ledger: Ledger
  readonly pulse: Pulse
  readonly pollMs: number
  readonly fullPollMs: number
  /** IANA name. */
  readonly timezone: string
  readonly filesOf: (station: Pick<StationConfig, 'id' | 'upstreamIds'>) => StationFiles
  readonly onEvent: StationListener
  readonly onChange: () => void
}

/** Throws MAPPING_UNKNOWN, MAPPING_INVALID, LINK_BAD_URL. */
export function buildMeter(config: MeterConfig, shell: SiteShell): SiteMeter {
  const { clock, log, pulse, pollMs, fullPollMs, onChange } = shell
  const { id, mapping, address, options, meter } = config
  const device = buildDevice(id, mapping, 'meter', address, shell, { options, ...(meter === null ? {} : { meter }) })
  return new SiteMeter({ config, device, clock, log, pulse, pollMs, fullPollMs, onCurrent: onChange })
}

/** Throws MAPPING_UNKNOWN, MAPPING_INVALID, CONFIG_INVALID, LINK_BAD_URL. */
export function buildStation(
  config: StationConfig,
  upstreams: ReadonlyMap<string, ReadUpstream>,
  shell: SiteShell,
): SiteStation {
  const { registry, clock, random, log, ledger, pulse, pollMs, fullPollMs, filesOf, onEvent, onChange } = shell
  const built = config.chargers.map((charger) => ({ charger, device: buildCharger(charger, shell) }))
  const identity = (): StationIdentity =>
    identityOf(
      config,
      built.map(({ device }) => device),
    )
  const description = describe(config.id, built, identity())
  const chosen = config.upstreamIds.map((id) => {
    const upstream = upstreams.get(id)
    if (upstream === undefined) throw new BridgeError('CONFIG_INVALID', `${config.id}: there is no upstream ${id}`)
    return upstreamOf(upstream, config.id, registry, clock, random)
  })
  const authority = upstreams.get(config.upstreamIds[0] ?? '')?.config ?? null
  const wishes = new StationWishes({ stationId: config.id, ledger, log })
  const station = new VirtualStation({
    description,
    identify: () => joined.identify(),
    authorization: authorizationOf(config),
    timezone: shell.timezone,
    startValues: startValuesOf(config, chosen[0]?.version ?? registry.versions[0], authority),
    ledger,
    clock,
    random,
    upstreams: chosen,
    files: filesOf(config),
    onEvent: (event) => {
      wishes.note(event)
      onEvent(event)
    },
    port: {
      unlock: (evse) => joined.unlock(evse),
      lastReading: (evse) => joined.lastReading(evse),
      reset: (type) => log.info({ station: config.id }, `${config.id}: ${type} reset by the CSMS`),
      changed: onChange,
    },
  })
  const { authorize, upstreamIds, isGroup, id: stationId } = config
  let firstEvse = 1
  const seated = built.map(({ charger, device }) => {
    const { connectors } = device
    // a member keeps its own name, whatever its station is called
    const shown = (): DeviceIdentity => (isGroup ? device.identity : identity())
    const seat = seatAt({ station, firstEvse, wishes, stationId, connectors, authorize, upstreamIds, shown })
    firstEvse += connectors
    const options = { config: charger, device, seat, clock, log, pulse, pollMs, fullPollMs, onChange }
    return { charger: new SiteCharger(options), connectors }
  })
  const joined = new SiteStation({
    station,
    chargers: seated.map(({ charger }) => charger),
    outlets: seated.flatMap(({ charger, connectors }) =>
      Array.from({ length: connectors }, (_, index) => ({ charger, connector: index + 1 })),
    ),
    identity,
    wishes,
    clock,
  })
  return joined
}

function buildCharger(config: ChargerConfig, shell: SiteShell): Device {
  const { id, mapping, address, options, connectors } = config
  return buildDevice(id, mapping, 'charger', address, shell, {
    options,
    ...(connectors === null ? {} : { connectors }),
  })
}

function buildDevice(
  id: string,
  name: string,
  kind: Mapping['kind'],
  address: DeviceAddress,
  shell: SiteShell,
  settings: Pick<DeviceOptions, 'options' | 'meter' | 'connectors'>,
): Device {
  const { registry, links, clock, log, folder } = shell
  const make = (mapping: Mapping): Device => {
    if (mapping.kind !== kind)
      throw new BridgeError('CONFIG_INVALID', `${id}: ${name} is the mapping of a ${mapping.kind}, not of a ${kind}`)
    assertFits(registry, mapping, address.connect)
    return createDevice(mapping, links.open(address, mapping.transport.serial, mapping.documents?.login ?? null), {
      clock,
      ...settings,
      ...(address.unit === null ? {} : { unit: address.unit }),
      ...(address.serial === null ? {} : { serialBaud: address.serial.baud }),
    })
  }
  return new ReloadingDevice({
    load: () => registry.mappings.load(name, folder),
    make,
    clock,
    onProblem: (text) => log.warn({ device: id }, `${id}: ${text}`),
  })
}

interface Built {
  readonly charger: ChargerConfig
  readonly device: Device
}

function describe(id: string, built: readonly Built[], identity: StationIdentity): StationDescription {
  const outlets = built.flatMap((one, index) => describeOutlets(one, index + 1))
  if (outlets.length > MAX_CONNECTORS)
    throw new BridgeError(
      'CONFIG_INVALID',
      `${id}: ${outlets.length} connectors, more than the ${MAX_CONNECTORS} that a station may have`,
    )
  return { id, identity, evses: outlets.map((outlet, index) => ({ ...outlet, evse: index + 1 })) }
}

/** @param number of the charger in its station, from 1 */
function describeOutlets({ charger: config, device }: Built, number: number): readonly Omit<EvseDescription, 'evse'>[] {
  const range = device.capabilities.current
  if (range === null)
    throw new BridgeError(
      'CONFIG_INVALID',
      `${config.id}: ${config.mapping} cannot be steered, so it cannot be a station`,
    )
  const { capabilities, connectors } = device
  return Array.from({ length: connectors }, () => ({
    phases: config.rotation.length === 1 ? 1 : 3,
    rotation: config.rotation,
    minAmps: range.minAmps,
    maxAmps: Math.min(range.maxAmps, config.maxAmps ?? range.maxAmps),
    stepAmps: range.stepAmps,
    canUnlock: capabilities.commands.includes('unlock'),
    hasReader: capabilities.signals.includes('tag'),
    ...(capabilities.sharedReader === true && connectors > 1 ? { reader: number } : {}),
  }))
}

function authorizationOf(config: StationConfig): Authorization {
  return config.authorize === 'free' ? { way: 'free', idToken: config.freeIdToken } : { way: config.authorize }
}

function startValuesOf(
  config: StationConfig,
  version: { settingOfKey(key: string): SettingName | null } | undefined,
  authority: UpstreamConfig | null,
): ReadonlyMap<SettingName, string> {
  const values = new Map<SettingName, string>()
  if (authority !== null) values.set('additionalRootCertificateCheck', String(authority.additionalRootCheck))
  for (const [key, value] of Object.entries(config.startValues)) {
    const setting = version?.settingOfKey(key) ?? null
    if (setting === null) throw new BridgeError('CONFIG_INVALID', `${config.id}: start-values: ${key} is no known key`)
    values.set(setting, value)
  }
  return values
}
