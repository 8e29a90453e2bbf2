import { describe, expect, it } from 'vitest'
import { createPlanner } from '../../src/study/line-protocol.ts'
import type { Planner } from '../../src/study/line-protocol.ts'
import type { TickCharger, TickMessage } from '../../src/study/line-messages.ts'
import { car, init, tick } from './planner-site.ts'

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

  it('gives a charger whose circuit is unknown nothing', () => {
    const [a] = init().site.chargers
    const lost = { ...a!, circuit: 'nowhere' }
    const planner = createPlanner(init({ chargers: [lost, init().site.chargers[1]!] }), null)
    expect(follow(planner, 20, asItIs)[0]).toBe(0)
  })

  it('refuses a tick that does not tell of every charger', () => {
    const planner = createPlanner(init(), null)
    expect(() => planner.tick(tick(1, [car('a')], 10))).toThrow('a tick must tell of every charger')
  })

  it('remembers turns for the planner after it', () => {
    const first = createPlanner(init(), null)
    follow(first, 20, asItIs)
    const memory: unknown = JSON.parse(first.remembered())
    expect(memory).toMatchObject({ sessions: [{ id: 'visit-a' }, { id: 'visit-b' }] })
    expect(follow(createPlanner(init({}, true), memory), 20, asItIs)).toEqual([15, 14])
  })
})
