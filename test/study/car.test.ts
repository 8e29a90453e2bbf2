import { describe, expect, it } from 'vitest'
import { aloneWh, batteryWh, Car, type CarModel, character } from '../../src/study/car.ts'
import { chance } from '../../src/study/chance.ts'

const V = 230
const MODEL: CarModel = {
  phases: 3,
  maxAmps: 16,
  needWh: 20_000,
  taperWh: 2500,
  deadSeconds: 3,
  rampAmpsPerSecond: 4,
  shyAmps: 0,
  wakeSeconds: 2,
  resumeSeconds: 20,
  givesUpAtPause: null,
  timerAt: null,
}

/** Offers `pilot` for some seconds and tells what flowed in each. */
function run(car: Car, pilot: number, seconds: number, from = 0): number[] {
  return Array.from({ length: seconds }, (_, second) => car.step(from + second * 1000, pilot))
}

/** Share of the energy that is lost in ten minutes at this current. */
function lossAt(phases: 1 | 3, amps: number): number {
  const car = new Car({ ...MODEL, phases, maxAmps: amps, rampAmpsPerSecond: 100 }, V)
  run(car, amps, 600)
  return 1 - car.batteryWh / car.acWh
}

describe('a car', () => {
  it('draws nothing until its dead time is over and it is awake, then ramps up to the pilot', () => {
    // pilot known after 3 s, awake 2 s later, then 4 A a second
    expect(run(new Car(MODEL, V), 10, 10)).toEqual([0, 0, 0, 0, 0, 4, 8, 10, 10, 10])
  })

  it('follows a lower pilot as late, and faster', () => {
    const car = new Car(MODEL, V)
    run(car, 16, 20)
    expect(run(car, 6, 5, 20_000)).toEqual([16, 16, 16, 6, 6])
  })

  it('never draws more than its own charger can, and somewhat less than the pilot', () => {
    expect(run(new Car({ ...MODEL, maxAmps: 11 }, V), 16, 20).at(-1)).toBe(11)
    expect(run(new Car({ ...MODEL, shyAmps: 0.5 }, V), 10, 20).at(-1)).toBe(9.5)
  })

  it('counts interruptions, resumes late after one, and gives up at its last', () => {
    const car = new Car({ ...MODEL, givesUpAtPause: 2 }, V)
    run(car, 16, 20)
    run(car, 0, 10, 20_000)
    expect(car.pauses).toBe(1)
    // dead time 3 s and 20 s to resume
    const again = run(car, 16, 40, 30_000)
    expect(again.findIndex((amps) => amps > 0)).toBe(23)
    run(car, 0, 10, 70_000)
    expect(car.gaveUp).toBe(true)
    expect(Math.max(...run(car, 16, 300, 80_000))).toBe(0)
  })

  it('does not call it a pause when it was full or never started', () => {
    const idle = new Car(MODEL, V)
    run(idle, 16, 2)
    run(idle, 0, 10, 2000)
    expect(idle.pauses).toBe(0)
    const full = new Car({ ...MODEL, needWh: 1 }, V)
    run(full, 16, 60)
    expect(full.isFull).toBe(true)
    run(full, 0, 10, 60_000)
    expect(full.pauses).toBe(0)
  })

  it('waits for its own timer', () => {
    const car = new Car({ ...MODEL, timerAt: 60_000 }, V)
    const drawn = run(car, 16, 70)
    expect(drawn.findIndex((amps) => amps > 0)).toBe(60)
    expect(car.sleeps(59_000)).toBe(true)
    expect(car.sleeps(60_000)).toBe(false)
  })

  it('loses on board as measured: about a quarter at 6 A on one phase, a twelfth at 16 A on three', () => {
    // 1 - 0.94 + 250 W / 1380 W, and 1 - 0.94 + 250 W / 11040 W
    expect(lossAt(1, 6)).toBeCloseTo(0.241, 2)
    expect(lossAt(3, 16)).toBeCloseTo(0.083, 2)
  })

  it('takes less and less at the end, and then nothing', () => {
    const car = new Car({ ...MODEL, needWh: 3000 }, V)
    const drawn = run(car, 16, 3600)
    const half = drawn.findIndex((amps, second) => second > 60 && amps < 8.1)
    expect(half).toBeGreaterThan(0)
    expect(drawn.slice(20, half).every((amps, index, all) => index === 0 || amps <= (all[index - 1] ?? 0))).toBe(true)
    expect(car.isFull).toBe(true)
    expect(drawn.at(-1)).toBe(0)
  })
})

describe('energies', () => {
  it('turns AC into battery energy at a power', () => {
    // one hour at 11040 W: 0.94 x 11040 - 250
    expect(batteryWh(11_040, 11_040)).toBeCloseTo(10_127.6, 1)
    expect(batteryWh(100, 0)).toBe(0)
  })

  it('knows what the car could have had alone, also when it would tire of pauses', () => {
    const hour = aloneWh({ ...MODEL, givesUpAtPause: 1 }, 16, V, 0, 3_600_000)
    expect(hour).toBeGreaterThan(10_900)
    expect(hour).toBeLessThanOrEqual(11_040)
    // full long before the day is over: its need and what is lost on the way
    const day = aloneWh({ ...MODEL, needWh: 5000 }, 16, V, 0, 24 * 3_600_000)
    expect(day).toBeGreaterThan(5000 / 0.94)
    expect(day).toBeLessThan(5000 / 0.85)
  })
})

describe('character', () => {
  it('stays within what the standard and the field know', () => {
    for (let index = 0; index < 500; index++) {
      const { deadSeconds, rampAmpsPerSecond, givesUpAtPause } = character(chance(`car ${index}`))
      expect([1, 2, 3, 4, 5]).toContain(deadSeconds)
      expect(rampAmpsPerSecond).toBeGreaterThan(0)
      expect([null, 3, 10]).toContain(givesUpAtPause)
    }
  })
})
