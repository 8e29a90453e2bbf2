/** What the balancing core is set to: the same for the running site and for a study of it. */
import type { BalancingConfig } from '../config/site-config.ts'
import type { BalanceSettings } from '../model/balance-input.ts'

/** A car takes its time after the charger has taken its own (`settle` of the mapping; 5 s where it says nothing). */
const CAR_MS = 3000

const FIXED = {
  meterStaleMs: 10_000,
  deadBandAmps: 1,
  riseIntervalMs: 15_000,
  restMs: 60_000,
  headroomShare: 0.02,
}
const LEAST_SETTLE_MS = 8000

/** @param chargersSettleMs from a set-point to its effect, of each charger: until the slowest has followed, old and new set-point both count */
export function balanceSettings(
  { strategy, quantumWh, voltage }: BalancingConfig,
  chargersSettleMs: readonly number[],
): BalanceSettings {
  const settleMs = Math.max(LEAST_SETTLE_MS, ...chargersSettleMs.map((ms) => ms + CAR_MS))
  return { ...FIXED, settleMs, strategy, quantumWh, voltage }
}
