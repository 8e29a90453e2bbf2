/**
 * Random days in a car park: loads, cars, faults of chargers, meter, network and CSMS, profiles, restarts, standstills. The whole chain on
 * real Modbus and WebSocket sockets, with the ledger on disk; only time runs faster. Judged by the truth of the simulated world.
 */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { GARAGE_AMPS } from './car-park.ts'
import { play, randomDay } from './days.ts'

const SPEED = 60
/** At the same time: most of a day is waiting. */
const LANES = 5
const SEEDS = [20_260_301, 20_260_302]
const DAYS = 5
const MOMENTS = 24

it.each(SEEDS)(
  'no fuse is overloaded, no car is told 0 < I < 6 A, and who can charge in the end does (seed %i)',
  async (seed) => {
    const days = fc.sample(randomDay(MOMENTS), { seed, numRuns: DAYS }).entries()
    let busyMs = 0
    const lane = async (): Promise<void> => {
      for (const [number, day] of days) {
        const verdict = await play(day, SPEED)
        busyMs += verdict.busyMs
        const told = `seed ${seed}, day ${number}: ${JSON.stringify(day)}`
        expect(verdict.faults, told).toEqual([])
        expect(verdict.finallyAmps, told).toBeGreaterThan(GARAGE_AMPS / 2)
      }
    }
    await Promise.all(Array.from({ length: LANES }, lane))
    // Fuses that nobody loads prove nothing.
    expect(busyMs).toBeGreaterThan(60_000)
  },
  120_000,
)
