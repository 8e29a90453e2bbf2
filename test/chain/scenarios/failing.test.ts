/** As `load.test.ts`; here something fails, or somebody else says what the site may take. */
import { it } from 'vitest'
import { expectSafe } from './bars.ts'
import { play } from './play.ts'
import { type Family, scenario } from './scenarios.ts'

const SCALE = 0.35

it.each<[Family, string]>([
  ['offline', 'chargers lose their radio and fall back by themselves'],
  ['stuck', 'a charger takes lower set-points and does not follow them'],
  ['restart', 'the bridge is killed twice and started again on what it has stored'],
])(
  '%s: %s',
  async (family) => {
    expectSafe(family, await play(scenario(family, SCALE)))
  },
  300_000,
)
