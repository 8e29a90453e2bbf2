/** The site of a site file as a study plays it: circuits, outlets, settings and prices, without any device. */
import type { ChargerConfig, SiteConfig, StationConfig, TariffConfig } from '../config/site-config.ts'
import { capabilitiesOf } from '../mapping/index.ts'
import type { Clock } from '../model/clock.ts'
import type { StudyPolicy, StudySite, StudyStation, StudyTariff } from '../study/study-site.ts'
import { balanceSettings } from './balance-settings.ts'
import { firstParameters } from './controller/first-parameters.ts'
import { silentLog } from './log.ts'
import { SitePolicy } from './policy/site-policy.ts'
import { priceAt } from './policy/tariff.ts'
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
    policy: () => studyPolicy(config, config.tariff),
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
  return { currency, demandChargePerKWYear, priceAt: (at) => priceAt(windows, at, timezone) }
}

/** The running site's policy on a study's clock; the plan of its worker is left out, because a study must be repeatable. */
export function studyPolicy(config: SiteConfig, tariff: TariffConfig | null): StudyPolicy {
  let now = 0
  const clock: Clock = {
    now: () => now,
    monotonic: () => now,
    sleep: () => Promise.reject(new Error('nobody sleeps in a study')),
  }
  const policy = new SitePolicy({ config: { ...config, tariff, plan: false }, clock, log: silentLog })
  return (input) => {
    now = input.at
    return policy.shape(input)
  }
}
