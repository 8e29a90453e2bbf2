import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { emptyBay, powerW, stepBay, terminalAmps } from '../../src/demo/bay.ts'
import type { Bay, BayNews } from '../../src/demo/bay.ts'
import { carPlan } from '../../src/demo/cars.ts'

/** A bay after `seconds` of real time under one offer, in quarter seconds, and what happened on the way. */
function after(bay: Bay, seconds: number, offerAmps: number, speed = 1): { bay: Bay; news: BayNews[] } {
  const news: BayNews[] = []
  let now = bay
  for (let step = 0; step < seconds * 4; step++) {
    const next = stepBay(now, { seconds: 0.25, speed, offerAmps })
    now = next.bay
    if (next.news !== null) news.push(next.news)
  }
  return { bay: now, news }
}

test('the first three bays are taken at once, the fourth while one watches', () => {
  expect([0, 1, 2, 3].map((bay) => carPlan(bay, 0).emptySeconds)).toEqual([0, 0, 0, 25])
  expect(after(emptyBay(0), 0.25, 0).news).toEqual(['arrived'])
  expect(after(emptyBay(3), 20, 0).news).toEqual([])
  expect(after(emptyBay(3), 20, 0, 2).news).toEqual(['arrived'])
})

test('cars of all kinds come: one and three phases, fast and slow to follow, known and unknown cards', () => {
  const plans = Array.from({ length: 40 }, (_, index) => carPlan(0, index))
  expect(new Set(plans.map((plan) => plan.phases))).toEqual(new Set([1, 3]))
  expect(new Set(plans.map((plan) => plan.reactionSeconds > 5))).toEqual(new Set([true, false]))
  expect(new Set(plans.map((plan) => plan.card)).size).toBe(5)
  expect(plans).toEqual(Array.from({ length: 40 }, (_, index) => carPlan(0, index)))
})

test('a car follows a new offer when it gets to it, and rises slowly', () => {
  const { reactionSeconds, maxAmps } = carPlan(0, 0)
  const early = after(emptyBay(0), reactionSeconds, 16).bay
  expect(terminalAmps(early.car)).toEqual([0, 0, 0])
  const later = after(early, 8, 16).bay
  expect(terminalAmps(later.car)).toEqual([16, 16, 16])
  expect(maxAmps).toBe(32)
  expect(powerW(later.car)).toBe(3 * 16 * 230)
})

test('an offer below 6 A ends the current at once', () => {
  const charging = after(emptyBay(0), 12, 16).bay
  expect(terminalAmps(after(charging, 0.25, 0).bay.car)).toEqual([0, 0, 0])
  expect(terminalAmps(after(charging, 0.25, 5).bay.car)).toEqual([0, 0, 0])
})

test('a one-phase car draws on the first terminal alone', () => {
  const { phases } = carPlan(3, 0)
  const charging = after(emptyBay(3), 40, 16).bay
  expect(phases).toBe(1)
  expect(terminalAmps(charging.car)).toEqual([16, 0, 0])
})

test('a car that is full stops, stays a while, leaves, and the next one comes', () => {
  const { news, bay } = after(emptyBay(2), 3600, 16)
  expect(news.slice(0, 4)).toEqual(['arrived', 'full', 'left', 'arrived'])
  expect(bay.carIndex).toBeGreaterThan(1)
})

test('a faster world fills faster though power stays what it is', () => {
  const slow = after(emptyBay(0), 60, 16)
  const fast = after(emptyBay(0), 60, 16, 10)
  expect(slow.news).toEqual(['arrived'])
  expect(fast.news.slice(0, 4)).toEqual(['arrived', 'full', 'left', 'arrived'])
  expect(powerW(slow.bay.car)).toBe(3 * 16 * 230)
  expect(powerW(after(emptyBay(0), 12, 16, 10).bay.car)).toBe(3 * 16 * 230)
})

test('never more than the offer, and the register counts exactly what flowed', () => {
  const offers = fc.array(fc.constantFrom(0, 6, 8, 13, 16, 32), { minLength: 1, maxLength: 8 })
  fc.assert(
    fc.property(fc.nat(3), offers, (number, sequence) => {
      let bay = emptyBay(number)
      for (const offerAmps of sequence) {
        const before = bay
        bay = after(bay, 30, offerAmps).bay
        const [amps] = terminalAmps(bay.car)
        expect(amps).toBeLessThanOrEqual(offerAmps)
        expect(bay.registerWh).toBeGreaterThanOrEqual(before.registerWh)
        if (bay.car !== null && bay.carIndex === 0) {
          expect(bay.registerWh - emptyBay(number).registerWh).toBeCloseTo(bay.car.sessionWh, 6)
        }
      }
    }),
    { numRuns: 60 },
  )
})
