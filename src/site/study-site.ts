/** The site of a site file as a study plays it: circuits, outlets, settings and prices, without any device. */
import type { ChargerConfig, SiteConfig, StationConfig, TariffConfig } from '../config/site-config.ts'
import { capabilitiesOf } from '../mapping/index.ts'
import { zoneOffsetMs } from '../model/local-days.ts'
import type { StudySite, StudyStation, StudyTariff } from '../study/study-site.ts'
import { balanceSettings } from './balance-settings.ts'
import { firstParameters } from './controller/first-parameters.ts'
import type { Registry } from './registry.ts'
import { outletId } from './site-charger.ts'

/** Throws MAPPING_UNKNOWN, MAPPING_INVALID, CONFIG_INVALID. */
export function studySiteOf(config: SiteConfig, registry: Registry): StudySite {
  const { name, timezone, circuits, stations, balancing } = config
  const chargers = stations.flatMap((station) => station.chargers)
  const settle = chargers.map(({ mapping }) => capabilitiesOf(registry.mappings.load(mapping, config.folder)).settleMs)
  return {
    name,
    timezone,
    circuits,
    stations: stations.flatMap((station) => outletsOf(station, config, registry)),
    parameters: firstParameters(config.controller),
    settings: balanceSettings(balancing, settle),
    tariff: config.tariff === null ? null : studyTariff(config.tariff, timezone),
    policy: () => (input) => input,
  }
}

/** EVSEs are numbered through the chargers of a station, as its CSMS sees them. */
function outletsOf(station: StationConfig, config: SiteConfig, registry: Registry): readonly StudyStation[] {
  const outlets = station.chargers.flatMap((charger) => chargersOutlets(charger, config, registry))
  return outlets.map((outlet, index) => ({ ...outlet, stationId: station.id, evse: index + 1 }))
}

function chargersOutlets(
  charger: ChargerConfig,
  { folder }: SiteConfig,
  registry: Registry,
): readonly Omit<StudyStation, 'stationId' | 'evse'>[] {
  const mapping = registry.mappings.load(charger.mapping, folder)
  const range = capabilitiesOf(mapping).current
  if (range === null) return []
  const { count } = mapping.connectors
  const connectors = charger.connectors ?? (typeof count === 'number' ? count : 1)
  return Array.from({ length: connectors }, (_, index) => ({
    outletId: outletId(charger.id, index + 1),
    circuitId: charger.circuitId,
    rotation: charger.rotation,
    minAmps: range.minAmps,
    maxAmps: Math.min(range.maxAmps, charger.maxAmps ?? range.maxAmps),
    stepAmps: range.stepAmps,
    fallbackAmps: charger.failSafeAmps,
    softMinAmps: charger.softMinAmps,
    priority: charger.priority,
  }))
}

/** Prices by the site's own clocks. */
export function studyTariff({ currency, windows, demandChargePerKWYear }: TariffConfig, timezone: string): StudyTariff {
  return {
    currency,
    demandChargePerKWYear,
    priceAt(at) {
      const local = new Date(at + zoneOffsetMs(at, timezone))
      const minute = local.getUTCHours() * 60 + local.getUTCMinutes()
      const day = local.getUTCDay()
      const window = windows.find(
        ({ fromMinute, toMinute, days }) => days.includes(day) && minute >= fromMinute && minute < toMinute,
      )
      return window?.price ?? null
    },
  }
}
