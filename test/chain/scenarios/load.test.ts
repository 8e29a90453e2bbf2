/**
 * A whole site under stress, end to end: simulated devices on real Modbus sockets, the ledger on disk, injected time, and a judge who knows
 * the true currents every 10 ms. Here the load is what changes: the building, the cars, the meter. Forty minutes in fourteen.
 */
import { it } from 'vitest'
import { expectHeld, expectUseful } from './bars.ts'
import { play } from './play.ts'
import { type Family, scenario } from './scenarios.ts'

const SCALE = 0.35

it.each<[Family, string]>([
  ['step', 'loads of 20 to 70 A are switched on in the building'],
  ['churn', 'many short stays at feeders that are too small for all'],
  ['meter-loss', 'the meter falls silent while the building rises by 60 A'],
  ['unbalance', 'cars of one phase meet at L1, and 16 A is the most that one phase may have above another'],
])(
  '%s: %s',
  async (family) => {
    const outcome = await play(scenario(family, SCALE))
    expectHeld(family, outcome)
    expectUseful(family, outcome)
  },
  300_000,
)
