import { describe, expect, it } from 'vitest'
import { createPlanner } from '../../src/study/line-protocol.ts'
import type { Planner } from '../../src/study/line-protocol.ts'
import type { TickCharger, TickMessage } from '../../src/study/line-messages.ts'
import { car, init, tick } from './planner-site.ts'

const CHARGER = {
  id: 'a',
  circuit: 'main',
  minA: 6,
  maxA: 16,
  stepA: 1,
  phases: 3,
  fallbackA: 0,
  fallbackAfterS: 30,
} as const
const METER = { id: 'grid', circuit: 'main' }
const MAIN = { id: 'main', parent: null, limitA: [40, 40, 40] } as const
const BOTH = [car('a'), car('b')]

/** The site obeys each answer with the next tick; the last answer. */
function follow(planner: Planner, ticks: number, change: (message: TickMessage, seq: number) => TickMessage, from = 1) {
  let given: readonly number[] = [0, 0]
  for (let seq = from; seq < from + ticks; seq++) {
    const cars = ['a', 'b'].map((id, index): TickCharger => {
      const amps = given[index] ?? 0
      return car(id, { setA: amps, A: [amps, amps, amps] })
    })
    const drawn = given.reduce((sum, amps) => sum + amps, 0)
    given = planner.tick(change(tick(seq, cars, 10 + drawn), seq))
  }
  return given
}
const asItIs = (message: TickMessage): TickMessage => message

const silent = (message: TickMessage): TickMessage => ({
  ...message,
  chargers: message.chargers.map((one) =>
    one.id === 'b' ? { ...one, online: false, setA: 8, seenAgeS: 2, A: [8, 8, 8] } : one,
  ),
})

const dso = (message: TickMessage): TickMessage => ({
  ...message,
  limits: [{ source: 'dso', circuit: 'main', maxA: [20, 20, 20] }],
})

const metered =
  (A: TickMessage['meters'][string]['A'], ageS: number | null) =>
  (message: TickMessage): TickMessage => ({ ...message, meters: { grid: { A, ageS } } })

const profiled = (message: TickMessage): TickMessage => ({
  ...message,
  chargers: message.chargers.map((one) =>
    one.session === null || one.id === 'b' ? one : { ...one, session: { ...one.session, csmsA: 7 } },
  ),
})

describe('a planner', () => {
  it('shares what the building leaves of the circuit, in the order of the site', () => {
    const planner = createPlanner(init(), null)
    // 40 A, less 2 % headroom, less 10 A of the building: 29 A, in whole A
    expect(follow(planner, 20, asItIs)).toEqual([15, 14])
    expect(planner.last?.allocations.map(({ outletId }) => outletId)).toEqual(['a', 'b'])
  })

  it('says of a silent charger what it was last told, and gives nobody its room', () => {
    const planner = createPlanner(init({ circuits: [{ id: 'main', parent: null, limitA: [26, 26, 26] }] }), null)
    const [a = 0, b] = follow(planner, 10, silent)
    expect(b).toBe(8)
    expect(a).toBeLessThanOrEqual(26 - 10 - 8)
  })

  it('keeps limits from outside and names who set them', () => {
    const planner = createPlanner(init(), null)
    const [a = 0, b = 0] = follow(planner, 20, dso)
    expect(a + b).toBeGreaterThanOrEqual(6)
    expect(a + b).toBeLessThanOrEqual(10)
    expect(planner.last?.loads[0]).toMatchObject({ limitSource: 'dso' })
  })

  it('keeps a charging profile', () => {
    const planner = createPlanner(init(), null)
    expect(follow(planner, 20, profiled)[0]).toBe(7)
  })

  it.each([
    [
      'a charger on no circuit',
      { chargers: [{ ...CHARGER, circuit: 'nowhere' }] },
      'chargers.0.circuit: there is no circuit nowhere',
    ],
    ['a charger twice', { chargers: [CHARGER, CHARGER] }, 'chargers.1.id: there is a a already'],
    ['a least current above the most', { chargers: [{ ...CHARGER, minA: 20 }] }, 'chargers.0.minA: is more than maxA'],
    [
      'a meter on no circuit',
      { meters: [{ id: 'grid', circuit: 'mian' }] },
      'meters.0.circuit: there is no circuit mian',
    ],
    [
      'two meters on one circuit',
      { meters: [METER, { ...METER, id: 'other' }] },
      'meters.1.circuit: main has a meter already',
    ],
    [
      'a parent that is not there',
      { circuits: [{ ...MAIN, parent: 'house' }] },
      'circuits.0.parent: there is no circuit house',
    ],
    [
      'circuits in a circle',
      { circuits: [MAIN, { ...MAIN, id: 'x', parent: 'y' }, { ...MAIN, id: 'y', parent: 'x' }] },
      'circuits.1.parent: x feeds itself',
    ],
    [
      'a fail-safe of no circuit',
      { failsafe: { meterStaleS: 10, circuit: 'x', evA: 0 } },
      'failsafe.circuit: there is no circuit x',
    ],
  ])('refuses a site with %s', (_, more, text) => {
    expect(() => createPlanner(init(more), null)).toThrow(`init: site.${text}`)
  })

  it.each<[string, TickMessage, string]>([
    ['too few chargers', tick(1, [car('a')], 10), 'chargers: 1 are told, the site has 2'],
    ['them in another order', tick(1, [car('b'), car('a')], 10), 'chargers.0.id: is b, not a'],
    [
      'a limit for no circuit',
      { ...tick(1, BOTH, 10), limits: [{ source: 'dso', circuit: 'mian', evMaxW: 0 }] },
      'limits.0.circuit: there is no circuit mian',
    ],
  ])('refuses a tick with %s', (_, message, text) => {
    expect(() => createPlanner(init(), null).tick(message)).toThrow(`tick: ${text}`)
  })

  it('takes an age that is not told as older than anything, and a current that is not told as not measured', () => {
    const planner = createPlanner(init(), null)
    // never was the meter read: the cars share its fail-safe of 6 A at most
    const given = follow(planner, 20, metered([10, 10, 10], null))
    expect(given.reduce((sum, amps) => sum + amps, 0)).toBeLessThanOrEqual(6)
    const other = follow(createPlanner(init(), null), 20, metered([10, null, 10], 0))
    expect(other.reduce((sum, amps) => sum + amps, 0)).toBeLessThanOrEqual(6)
  })

  it('remembers turns for the planner after it', () => {
    const first = createPlanner(init(), null)
    follow(first, 20, asItIs)
    const memory: unknown = JSON.parse(first.remembered())
    expect(memory).toMatchObject({ sessions: [{ id: 'visit-a' }, { id: 'visit-b' }] })
    expect(follow(createPlanner(init({}, true), memory), 20, asItIs)).toEqual([15, 14])
  })
})
