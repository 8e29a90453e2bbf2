/** The site's own station at the CSMS: it has no EVSEs, its configuration keys are the site's parameters, its maximum profile the site's limit. */
import ownPackage from '../../../package.json' with { type: 'json' }
import type { ControllerConfig, UpstreamConfig } from '../../config/site-config.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import type { Clock } from '../../model/clock.ts'
import { BridgeError } from '../../model/errors.ts'
import type { StationListener } from '../../model/event.ts'
import { parameterOfKey } from '../../model/parameter-table.ts'
import { SETTINGS, type SettingName } from '../../model/setting.ts'
import type { StationIdentity } from '../../model/station.ts'
import type { StationFiles } from '../../ocpp/station/maintenance/station-files.ts'
import type { OwnSettings } from '../../ocpp/station/own-settings.ts'
import { VirtualStation } from '../../ocpp/station/virtual-station.ts'
import type { Log } from '../log.ts'
import type { Registry } from '../registry.ts'
import { type ReadUpstream, upstreamOf } from '../upstreams.ts'
import { MAX_LISTED } from './controller-keys.ts'

export interface ControllerStationShell {
  readonly registry: Registry
  readonly clock: Clock
  readonly random: () => number
  readonly log: Log
  readonly ledger: Ledger
  /** IANA name. */
  readonly timezone: string
  readonly files: StationFiles
  readonly upstreams: ReadonlyMap<string, ReadUpstream>
  /** Of the supply, per phase; null: the site has no circuit. */
  readonly supplyAmps: number | null
  readonly onEvent: StationListener
  /** A profile came or went. */
  readonly onChange: () => void
}

const IDENTITY: StationIdentity = {
  vendor: 'ampbridge',
  model: 'Station controller',
  serial: null,
  firmware: ownPackage.version,
  meterType: null,
  meterSerial: null,
}

/** Throws CONFIG_INVALID. */
export function controllerStation(
  { identity, upstreamIds, startValues }: ControllerConfig,
  own: OwnSettings,
  shell: ControllerStationShell,
): VirtualStation {
  const { registry, clock, random, log, ledger, timezone, files, supplyAmps, onEvent, onChange } = shell
  const read = upstreamIds.map((id) => {
    const upstream = shell.upstreams.get(id)
    if (upstream === undefined) throw new BridgeError('CONFIG_INVALID', `controller: there is no upstream ${id}`)
    return upstream
  })
  const upstreams = read.map((upstream) => upstreamOf(upstream, identity, registry, clock, random))
  const version = upstreams[0]?.version ?? registry.versions[0]
  return new VirtualStation({
    description: { id: identity, identity: IDENTITY, evses: [] },
    // Nobody can charge here, so nobody is asked for.
    authorization: { way: 'remote' },
    timezone,
    startValues: startValuesOf(startValues, version, read[0]?.config ?? null),
    own,
    ...(supplyAmps === null ? {} : { wholeMaxAmps: supplyAmps }),
    ledger,
    clock,
    random,
    upstreams,
    files,
    onEvent,
    port: {
      unlock: () => Promise.resolve('not-supported'),
      reset: (type) => log.info({ station: identity }, `${identity}: ${type} reset by the CSMS`),
      changed: onChange,
    },
  })
}

/** What has no meaning without EVSEs is off, and told to be. */
function startValuesOf(
  written: Readonly<Record<string, string>>,
  version: { settingOfKey(key: string): SettingName | null } | undefined,
  authority: UpstreamConfig | null,
): ReadonlyMap<SettingName, string> {
  const values = new Map<SettingName, string>([
    ['localAuthListEnabled', 'false'],
    ['reserveConnectorZeroSupported', 'false'],
    ['getConfigurationMaxKeys', String(SETTINGS.length + MAX_LISTED)],
  ])
  if (authority !== null) values.set('additionalRootCertificateCheck', String(authority.additionalRootCheck))
  for (const [key, value] of Object.entries(written)) {
    if (parameterOfKey(key) !== null) continue
    const setting = version?.settingOfKey(key) ?? null
    if (setting === null) throw new BridgeError('CONFIG_INVALID', `controller: start-values: ${key} is no known key`)
    values.set(setting, value)
  }
  return values
}
