/** `balancing`: how current is shared when there is not enough for all. */
import { STRATEGIES } from '../../model/balance-input.ts'
import { hours, kilowattHours, oneOf, section, volts } from '../fields.ts'
import { thousandfold } from '../quantity.ts'
import type { BalancingConfig } from '../site-config.ts'

export const balancingSection = section({
  strategy: oneOf(STRATEGIES)
    .default('fair')
    .describe(
      'Who goes first: `fair` who got least energy; `commitments` promised energy by its time, then who needs it most; `first-come` who came first; `priority` by `priority` of the station, then as `fair`.',
    ),
  quantum: kilowattHours(1, 100)
    .prefault('10 kWh')
    .describe('A car that got this much since it was started gives way to one that waits.'),
  voltage: volts(100, 300).prefault('230 V').describe('Phase to neutral, for limits in kW.'),
  'usual-stay': hours(0.25, 168).prefault('8 h').describe('How long a car stays of which nothing is known.'),
  'usual-energy': kilowattHours(1, 200).prefault('12 kWh').describe('What a car takes of which nothing is known.'),
})

export function balancingOf(entry: ReturnType<typeof balancingSection.parse>): BalancingConfig {
  return {
    strategy: entry.strategy,
    quantumWh: thousandfold(entry.quantum),
    voltage: entry.voltage,
    usualStayMs: Math.round(entry['usual-stay'] * 3_600_000),
    usualWh: thousandfold(entry['usual-energy']),
  }
}

/** Of a site file without the section. */
export const USUAL_BALANCING: BalancingConfig = balancingOf(balancingSection.parse({}))
