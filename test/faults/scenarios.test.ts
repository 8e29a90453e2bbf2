/** The scenarios of `npm test` in their full length, with cars and loads that nobody has seen before. AMPBRIDGE_SEED repeats a run. */
import { env } from 'node:process'
import { expect, it } from 'vitest'
import { expectHeld } from '../chain/scenarios/bars.ts'
import { play } from '../chain/scenarios/play.ts'
import { type Family, scenario } from '../chain/scenarios/scenarios.ts'
import { note } from './note.ts'

/** Of an even share; with loads that come again and again nobody may start for minutes. */
const LEAST_SHARE = 0.25

it.for<Family>(['step', 'churn', 'meter-loss', 'offline', 'stuck', 'dso', 'restart', 'unbalance'])(
  'a site under stress for 40 minutes: %s',
  async (family, context) => {
    const seed = env['AMPBRIDGE_SEED'] ?? String(Date.now() % 1_000_000)
    const outcome = await play(scenario(family, 1, seed))
    const { worstOverAmps, worstOverOfCarsAmps, energyWh, evenShareWh } = outcome
    const share = Math.round((100 * energyWh) / evenShareWh)
    note(
      context,
      `seed ${seed}, ${worstOverAmps.toFixed(1)} A over at the worst moment (${worstOverOfCarsAmps.toFixed(1)} A of the cars alone), ${(energyWh / 1000).toFixed(1)} kWh, ${share} % of an even share`,
    )
    expectHeld(family, outcome)
    expect(energyWh / evenShareWh).toBeGreaterThan(LEAST_SHARE)
  },
)
