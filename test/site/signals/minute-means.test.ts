/** Means over a minute, weighted by time. */
import { expect, it } from 'vitest'
import { everyPhase } from '../../../src/model/phase.ts'
import { MinuteMeans } from '../../../src/site/signals/minute-means.ts'

const WALL = Date.parse('2026-11-22T12:00:00Z')
const draw = (carsWatts: number, amps: number | null = null) => ({
  carsWatts,
  amps: amps === null ? null : everyPhase(amps),
})

it('weighs each value by how long it stood', () => {
  const means = new MinuteMeans()
  means.add(WALL, 0, draw(99, 99), false)
  means.add(WALL + 1000, 1000, draw(4000, 10), false)
  means.add(WALL + 4000, 4000, draw(8000, 30), false)
  expect(means.take()).toEqual({
    at: WALL,
    seconds: 4,
    carsWatts: 7000,
    highestCarsWatts: 8000,
    amps: everyPhase(25),
    outranked: false,
  })
  expect(means.take()).toBeNull()
})

it('knows when the minute is over, also when the clock jumps', () => {
  const means = new MinuteMeans()
  expect(means.isOver(WALL)).toBe(false)
  means.add(WALL, 0, draw(1), false)
  expect([WALL + 59_999, WALL + 60_000, WALL - 1].map((wall) => means.isOver(wall))).toEqual([false, true, true])
})

it('a current that is not known takes no part in its mean', () => {
  const means = new MinuteMeans()
  means.add(WALL, 0, draw(1), true)
  means.add(WALL + 1000, 1000, draw(1, 10), true)
  means.add(WALL + 2000, 2000, draw(1), true)
  expect(means.take()).toMatchObject({ amps: everyPhase(10), outranked: true, seconds: 2 })
  means.add(WALL + 3000, 3000, draw(1), true)
  expect(means.take()).toMatchObject({ amps: null })
})

it('a process that stood still does not let one value stand for all that time', () => {
  const means = new MinuteMeans()
  means.add(WALL, 0, draw(0), false)
  means.add(WALL + 1000, 1000, draw(1000), false)
  means.add(WALL + 3_600_000, 3_600_000, draw(0), false)
  expect(means.take()?.seconds).toBe(6)
})
