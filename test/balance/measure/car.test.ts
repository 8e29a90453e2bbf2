import { describe, expect, it } from 'vitest'
import { knownOutlets } from '../../../src/balance/known/known-outlet.ts'
import { treeOf } from '../../../src/balance/known/tree.ts'
import { UNKNOWN_CAR, isFull, learn, phasesOfCar, unevenPhasesOf } from '../../../src/balance/measure/car.ts'
import type { CarMemory } from '../../../src/balance/state.ts'
import type { Outlet } from '../../../src/model/balance-input.ts'
import { rotation } from '../../../src/model/phase.ts'
import { SETTINGS, circuit, outlet, site } from '../site.ts'

const circuits = [circuit('main', 100)]
function known(more: Partial<Outlet>, at = 0) {
  const input = site({ at, circuits, outlets: [outlet('a', { measuredAt: at, ...more })] })
  return knownOutlets(input, treeOf(circuits))[0]!
}

/** What is known of a car that draws this for so long, a value each second; its charger allows `pilot`. */
function watched(
  pilot: number,
  drawn: readonly (number | null)[],
  seconds: number,
  from = 0,
  before = UNKNOWN_CAR,
): CarMemory {
  let car = before
  for (let at = from; at < from + seconds * 1000; at += 1000)
    car = learn(car, known({ confirmedAmps: pilot, measuredAmps: drawn }, at), pilot, SETTINGS, at)
  return car
}

describe('the phases of a car', () => {
  it('are those of the charger until it was measured', () => {
    expect(phasesOfCar(UNKNOWN_CAR, known({}))).toBe(0b111)
    expect(phasesOfCar(UNKNOWN_CAR, known({ rotation: rotation('L2') }))).toBe(0b010)
  })

  it('are those that carry current, on the site’s phases', () => {
    expect(watched(16, [16, 0, 0], 3).phases).toBe(0b001)
    expect(watched(16, [16, 16, 0.1], 3).phases).toBe(0b011)
    const turned = known({ rotation: rotation('L2L3L1'), confirmedAmps: 16, measuredAmps: [16, 0, 0] })
    expect(learn(UNKNOWN_CAR, turned, 16, SETTINGS, 0).phases).toBe(0b010)
  })

  it('become more at once, never fewer; a phase that does not tell may carry anything', () => {
    const one = watched(16, [16, 0, 0], 3)
    expect(watched(16, [16, 16, 16], 1, 5000, one).phases).toBe(0b111)
    const three = watched(16, [16, 16, 16], 3)
    expect(watched(16, [16, 0, 0], 60, 5000, three).phases).toBe(0b111)
    expect(watched(16, [16, 0, null], 3).phases).toBe(0b101)
  })

  it('are not learned from a trickle, nor before the car had time to follow', () => {
    expect(watched(16, [2, 0, 0], 5).phases).toBe(0)
    expect(
      learn(UNKNOWN_CAR, known({ confirmedAmps: 16, confirmedAt: -1000, measuredAmps: [16, 0, 0] }), 16, SETTINGS, 0)
        .phases,
    ).toBe(0)
  })

  it('count for unbalance where fewer than three are used', () => {
    expect(unevenPhasesOf(watched(16, [16, 16, 16], 3), known({}))).toBe(0)
    expect(unevenPhasesOf(watched(16, [16, 0, 0], 3), known({}))).toBe(0b001)
    expect(unevenPhasesOf(UNKNOWN_CAR, known({}))).toBe(0b011)
  })
})

describe('the appetite of a car', () => {
  it('is what it draws, when that stays clearly below its pilot for 45 s', () => {
    expect(watched(32, [16, 16, 16], 40)).toMatchObject({ capAmps: null, ceilingAmps: null })
    expect(watched(32, [16, 16, 16], 50)).toMatchObject({ capAmps: 16, ceilingAmps: 16 })
  })

  it('grows again, in steps, when a tapering car draws all that it may', () => {
    const full = watched(16, [16, 16, 16], 5, 51_000, watched(32, [16, 16, 16], 50))
    const tapering = watched(16, [8, 8, 8], 50, 60_000, full)
    expect(tapering).toMatchObject({ capAmps: 9, ceilingAmps: 16 })
    expect(watched(9, [9, 9, 9], 35, 150_000, tapering).capAmps).toBe(14)
  })

  it('is none after two minutes without current, and after half a minute for one that has charged', () => {
    expect(isFull(watched(16, [0, 0, 0], 119), 119_000)).toBe(false)
    expect(isFull(watched(16, [0, 0, 0], 122), 122_000)).toBe(true)
    const charged = watched(16, [16, 16, 16], 5)
    expect(isFull(watched(16, [0, 0, 0], 35, 5000, charged), 40_000)).toBe(true)
  })

  it('is asked again after 40 minutes', () => {
    const car = { ...UNKNOWN_CAR, fullSince: 0 }
    expect([1, 39, 41, 43].map((minute) => isFull(car, minute * 60_000))).toEqual([true, true, false, true])
  })

  it('is not learned from a charger that is offline or does not measure', () => {
    const offline = known({ online: false, confirmedAmps: 16, measuredAmps: [16, 16, 16] })
    expect(learn(UNKNOWN_CAR, offline, 16, SETTINGS, 0)).toBe(UNKNOWN_CAR)
    expect(learn(UNKNOWN_CAR, known({ confirmedAmps: 16, measuredAmps: null }), 16, SETTINGS, 0)).toBe(UNKNOWN_CAR)
  })
})
