/** What the balancing core is set to: the same for the running site and for a study of it. */
import { USUAL_SETTINGS } from '../balance/known/settings.ts'
import type { BalancingConfig } from '../config/site-config.ts'
import type { BalanceSettings } from '../model/balance-input.ts'

/** A car takes its time after the charger has taken its own (`settle` of the mapping; 5 s where it says nothing). */
const CAR_MS = 3000

const LEAST_SETTLE_MS = USUAL_SETTINGS.settleMs

/** Until a car has followed a set-point of this charger for certain. */
export function followMs(chargerSettleMs: number): number {
  return Math.max(LEAST_SETTLE_MS, chargerSettleMs + CAR_MS)
}

/** @param chargersSettleMs from a set-point to its effect, of each charger: until the slowest has followed, old and new set-point both count */
export function balanceSettings(
  { strategy, quantumWh, voltage, usualStayMs, usualWh }: BalancingConfig,
  chargersSettleMs: readonly number[],
): BalanceSettings {
  const settleMs = Math.max(LEAST_SETTLE_MS, ...chargersSettleMs.map(followMs))
  return { ...USUAL_SETTINGS, settleMs, strategy, quantumWh, voltage, usualStayMs, usualWh }
}
