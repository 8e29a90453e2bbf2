/** Settings and parameters as the core uses them: a value that is no time or current is replaced by a safe one. */
import type { BalanceSettings } from '../../model/balance-input.ts'
import { PLAIN_PARAMETERS } from '../../model/controller-parameters.ts'
import type { ControllerParameters } from '../../model/controller-parameters.ts'

/** What a site is run with where nothing else is said; sites and studies share it. */
export const USUAL_SETTINGS: BalanceSettings = {
  meterStaleMs: 10_000,
  settleMs: 8_000,
  deadBandAmps: 1,
  riseIntervalMs: 15_000,
  restMs: 120_000,
  headroomShare: 0.02,
  strategy: 'fair',
  quantumWh: 10_000,
  voltage: 230,
  usualStayMs: 8 * 3_600_000,
  usualWh: 12_000,
}

export function knownSettings(settings: BalanceSettings): BalanceSettings {
  return {
    meterStaleMs: sound(settings.meterStaleMs, USUAL_SETTINGS.meterStaleMs),
    settleMs: sound(settings.settleMs, USUAL_SETTINGS.settleMs),
    deadBandAmps: sound(settings.deadBandAmps, USUAL_SETTINGS.deadBandAmps),
    riseIntervalMs: sound(settings.riseIntervalMs, USUAL_SETTINGS.riseIntervalMs),
    restMs: sound(settings.restMs, USUAL_SETTINGS.restMs),
    headroomShare: Math.min(0.5, sound(settings.headroomShare, USUAL_SETTINGS.headroomShare)),
    strategy: settings.strategy,
    quantumWh: sound(settings.quantumWh, USUAL_SETTINGS.quantumWh),
    voltage: sound(settings.voltage, USUAL_SETTINGS.voltage) || USUAL_SETTINGS.voltage,
    usualStayMs: sound(settings.usualStayMs, USUAL_SETTINGS.usualStayMs),
    usualWh: sound(settings.usualWh, USUAL_SETTINGS.usualWh),
  }
}

export function knownParameters(parameters: ControllerParameters): ControllerParameters {
  return {
    ...parameters,
    chargerDeadBandAmps: sound(parameters.chargerDeadBandAmps, PLAIN_PARAMETERS.chargerDeadBandAmps),
    siteDeadBandAmps: sound(parameters.siteDeadBandAmps, PLAIN_PARAMETERS.siteDeadBandAmps),
    arrivalReserveAmps: sound(parameters.arrivalReserveAmps, PLAIN_PARAMETERS.arrivalReserveAmps),
    reservedArrivals: sound(parameters.reservedArrivals, PLAIN_PARAMETERS.reservedArrivals),
  }
}

function sound(value: number, safe: number): number {
  return Number.isFinite(value) && value >= 0 ? value : safe
}
