/** As `load.test.ts`; here something fails, or somebody else says what the site may take. */
import { it } from 'vitest'
import { expectHeld, expectUseful } from './bars.ts'
import { play } from './play.ts'
import { type Family, scenario } from './scenarios.ts'

const SCALE = 0.35

it.each<[Family, string]>([
  ['offline', 'chargers lose their radio and fall back by themselves'],
  ['stuck', 'a charger takes lower set-points and does not follow them'],
  ['dso', 'the grid operator’s contact asks for 16 kW, then the energy manager for 30 A'],
  ['restart', 'the bridge is killed twice and started again on what it has stored'],
])(
  '%s: %s',
  async (family) => {
    const outcome = await play(scenario(family, SCALE))
    expectHeld(family, outcome)
    expectUseful(family, outcome)
  },
  300_000,
)
