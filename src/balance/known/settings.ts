/** Settings as the core uses them: a value that is no time or current is replaced by a safe one. */
import type { BalanceSettings } from '../../model/balance-input.ts'

const SAFE: BalanceSettings = {
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
    meterStaleMs: sound(settings.meterStaleMs, SAFE.meterStaleMs),
    settleMs: sound(settings.settleMs, SAFE.settleMs),
    deadBandAmps: sound(settings.deadBandAmps, SAFE.deadBandAmps),
    riseIntervalMs: sound(settings.riseIntervalMs, SAFE.riseIntervalMs),
    restMs: sound(settings.restMs, SAFE.restMs),
    headroomShare: Math.min(0.5, sound(settings.headroomShare, SAFE.headroomShare)),
    strategy: settings.strategy,
    quantumWh: sound(settings.quantumWh, SAFE.quantumWh),
    voltage: sound(settings.voltage, SAFE.voltage) || SAFE.voltage,
    usualStayMs: sound(settings.usualStayMs, SAFE.usualStayMs),
    usualWh: sound(settings.usualWh, SAFE.usualWh),
  }
}

function sound(value: number, safe: number): number {
  return Number.isFinite(value) && value >= 0 ? value : safe
}
