/** When nothing changes: set-points come to rest, and nothing that could be used is left. */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createWorld } from './world.ts'

const STILL = {
  buildingSteps: false,
  lostCommands: false,
  restarts: false,
  offline: false,
  silentMeters: false,
  cars: false,
  unmeasured: false,
  disobedient: false,
}

function sites(runs: number, test: (seed: number) => void): void {
  fc.assert(fc.property(fc.integer({ min: 0, max: 2 ** 31 }), test), { numRuns: runs, seed: 1 })
}

describe('constant inputs', () => {
  // What a car takes is known after a minute of charging, that it takes none after two; then its room goes to the others.
  it('bring set-points to rest as soon as the cars are known', () => {
    sites(80, (seed) => {
      const world = createWorld({ ...STILL, seed })
      world.run(420_000)
      const seen = new Set(
        world.results.slice(300).map((one) => JSON.stringify(one.allocations.map(({ amps }) => amps))),
      )
      expect([...seen]).toHaveLength(1)
    })
  })

  it('leave no current unused that somebody who wants it could take', () => {
    let charging = 0
    sites(80, (seed) => {
      const world = createWorld({ ...STILL, seed })
      world.run(300_000)
      const input = world.inputs.at(-1)!
      const result = world.results.at(-1)!
      const given = new Map(result.allocations.map((one) => [one.outletId, one.amps]))
      const pathOf = (id: string): string[] => {
        const parent = input.circuits.find((one) => one.id === id)?.parentId ?? null
        return parent === null ? [id] : [id, ...pathOf(parent)]
      }
      for (const one of input.outlets) {
        const amps = given.get(one.id)!
        if (amps > 0) charging++
        const { car } = world.chargers.find(({ id }) => id === one.id)!
        const takesAmps = car.hungry ? Math.min(one.maxAmps, car.maxAmps) : 0
        // Where nothing is measured nobody knows what the car takes.
        const most = one.measuredAmps === null ? one.maxAmps : takesAmps
        if (!one.wanted || amps > most - input.settings.deadBandAmps) continue
        const free = pathOf(one.circuitId).flatMap((id) =>
          one.rotation.map((phase) => {
            const others = input.outlets.filter(
              (other) => other.rotation.includes(phase) && pathOf(other.circuitId).includes(id),
            )
            const used = others.reduce((sum, other) => sum + given.get(other.id)!, 0)
            // Each charger on the slot rounds down by less than a step.
            const rounding = others.reduce((sum, other) => sum + other.stepAmps, 0)
            return result.loads.find((load) => load.circuitId === id)!.availableAmps[phase] - used - rounding
          }),
        )
        const least = Math.min(...free)
        expect(least).toBeLessThan(amps === 0 ? one.minAmps : input.settings.deadBandAmps)
      }
    })
    expect(charging).toBeGreaterThan(100)
  })
})
