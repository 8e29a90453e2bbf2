/** The true currents of a random site, under every fault the allocator must live with. */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { STEP_MS, createWorld } from './world.ts'
import type { WorldOptions } from './world.ts'

const CALM: Omit<WorldOptions, 'seed'> = {
  buildingSteps: false,
  lostCommands: false,
  restarts: false,
  offline: false,
  silentMeters: false,
  cars: true,
  unmeasured: true,
  disobedient: false,
}
/** Random sites per property; more with BALANCE_RUNS. */
const RUNS = Number(process.env['BALANCE_RUNS'] ?? 40)
const MINUTES = 60_000
function seeds(runs: number, test: (seed: number) => void): void {
  fc.assert(fc.property(fc.integer({ min: 0, max: 2 ** 31 }), test), { numRuns: runs, seed: 1 })
}

describe('while the building keeps its load, no fuse is ever overloaded', () => {
  it.each([
    ['cars come and go', {}],
    ['commands get lost', { lostCommands: true }],
    ['our process restarts and knows nothing', { restarts: true, lostCommands: true }],
    ['chargers drop off and fall back', { offline: true, lostCommands: true }],
    ['meters fall silent', { silentMeters: true }],
    ['all of it', { lostCommands: true, restarts: true, offline: true, silentMeters: true }],
  ] as const)('%s', (_, faults) => {
    seeds(RUNS, (seed) => {
      const world = createWorld({ ...CALM, ...faults, seed })
      world.run(8 * MINUTES)
      expect(world.excesses.slice(0, 3)).toEqual([])
    })
  })
})

describe('when the building rises, the cars give way within the reaction time', () => {
  it.each([
    // Meter 1 s, tick 1 s, the way to the charger 2 s, the car 5 s; once more where the first look was ambiguous.
    ['commands arrive and chargers measure', 20_000, { unmeasured: false }],
    // Two lost commands add 6 s; who draws what is only found out in steps of the settle time.
    ['all goes wrong', 45_000, { lostCommands: true, offline: true, restarts: true }],
    // That a car disobeys is known one settle time after its last order; each of several takes its own time.
    ['cars disobey', 60_000, { unmeasured: false, disobedient: true }],
  ] as const)('%s', (_, reactionMs, faults) => {
    seeds(RUNS, (seed) => {
      const world = createWorld({ ...CALM, ...faults, buildingSteps: true, seed })
      let seen = 0
      const episodes = new Map<string, { since: number; last: number }>()
      world.run(8 * MINUTES, () => {
        for (; seen < world.excesses.length; seen++) {
          const excess = world.excesses[seen]!
          const place = world.circuits.findIndex((one) => one.id === excess.circuitId)
          const slot = `${excess.circuitId} ${excess.phase}`
          const before = episodes.get(slot)
          const since = before !== undefined && excess.at - before.last <= STEP_MS ? before.since : excess.at
          episodes.set(slot, { since, last: excess.at })
          if (excess.at - Math.max(since, world.risenAt[place]!) <= reactionMs) continue
          expect({ ...excess, seed }).toMatchObject({ controllableAmps: 0 })
        }
      })
    })
  })
})
