import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { expectedBuilding } from '../../../src/balance/policy/building-mean.ts'
import { isFlexible, planWaits, PLANNED_SHARE, policy } from '../../../src/balance/policy/policy.ts'
import type { PolicyInput, PolicySession } from '../../../src/balance/policy/policy-input.ts'
import { INITIAL_POLICY_STATE } from '../../../src/balance/policy/policy-input.ts'
import { everyPhase } from '../../../src/model/phase.ts'
import { car, CHEAP_FROM, circuit, evening, hours, NIGHT_TARIFF } from './night-site.ts'

const waits = (input: PolicyInput) => policy(input, INITIAL_POLICY_STATE).mayWait
/** For a better hour; who only stands back for others is not among them. */
const waiting = (input: PolicyInput): readonly string[] =>
  [...waits(input)].flatMap(([id, { reason }]) => (reason === 'plan' ? [] : [id])).toSorted()
const standingBack = (input: PolicyInput): readonly string[] =>
  [...waits(input)].flatMap(([id, { reason }]) => (reason === 'plan' ? [id] : [])).toSorted()

const cars = (count: number, own: Partial<PolicySession>): readonly PolicySession[] =>
  Array.from({ length: count }, (_, index) => car(`c${index}`, own))
/** Until 07:00. */
const promise = (energyWh: number) => ({ wantedWh: energyWh, commitment: { energyWh, byAt: hours(31) } })

describe('who waits for the cheap hours', () => {
  test('a car that stays until the morning waits until they begin', () => {
    expect(waits(evening([car('a')])).get('a')).toEqual({ until: CHEAP_FROM, reason: 'tariff' })
  })

  test('in the cheap hours nobody waits', () => {
    expect(waiting(evening([car('a')], { at: hours(22) }))).toEqual([])
  })

  test('nor where every hour costs the same, or where a price is hardly lower', () => {
    expect(waiting(evening([car('a')], { tariff: [] }))).toEqual([])
    const flat = [
      { from: 0, price: 0.3 },
      { from: CHEAP_FROM, price: 0.297 },
    ]
    expect(waiting(evening([car('a')], { tariff: flat }))).toEqual([])
  })

  test('a car that charges already is not paused', () => {
    expect(waiting(evening([car('a', { running: true, energyWh: 2000 })]))).toEqual([])
  })

  test('a car that leaves before the cheap hours, or soon after they begin, does not wait', () => {
    expect(waiting(evening([car('a', { departsAt: hours(20) }), car('b', { departsAt: hours(22) })]))).toEqual([])
  })

  test('a car of which nothing is known stays as long as is usual here', () => {
    const unknown = car('a', { wantedWh: null, departsAt: null })
    const told = [car('b'), car('c'), car('d'), car('e')]
    expect(waiting(evening([unknown, ...told]))).toContain('a')
    expect(waiting(evening([unknown, ...told], { usualStayMs: hours(4) }))).not.toContain('a')
  })

  test('where hardly anybody tells what he needs nothing is planned away, and nobody waits', () => {
    // oxlint-disable-next-line unicorn/consistent-function-scoping -- it reads with the tests that use it
    const unknown = (id: string) => car(id, { wantedWh: null, departsAt: null })
    expect(waiting(evening([unknown('a'), unknown('b'), unknown('c')]))).toEqual([])
  })

  test('a car that has stayed longer than is usual may leave at any moment', () => {
    expect(waiting(evening([car('a', { departsAt: null, startedAt: hours(9) })]))).toEqual([])
  })

  test('who paid to go first waits only when it is known when it leaves', () => {
    expect(waiting(evening([car('a', { priority: 2 }), car('b', { priority: 2, departsAt: null })]))).toEqual(['a'])
  })

  test('a promise waits only with time to spare, even if the car turns out to charge on one phase', () => {
    // 3.7 kW from 21:00 to 07:00 give 36 kWh; half of it is time to spare
    expect(waiting(evening([car('a', promise(15_000)), car('b', promise(25_000))]))).toEqual(['a'])
  })

  test('of a measured car it is known how fast it is', () => {
    expect(waiting(evening([car('a', { ...promise(25_000), energyWh: 500 })]))).toEqual(['a'])
  })

  test('with several prices it waits for the next that is lower, and again there', () => {
    const tariff = [
      { from: hours(17), price: 0.38 },
      { from: hours(20), price: 0.24 },
      { from: hours(24), price: 0.17 },
    ]
    expect(waits(evening([car('a')], { tariff })).get('a')?.until).toBe(hours(20))
    expect(waits(evening([car('a')], { tariff, at: hours(20) })).get('a')?.until).toBe(hours(24))
  })
})

describe('the site as a whole', () => {
  const night = { wantedWh: 20_000, departsAt: hours(31), energyWh: 500 }

  test('only as many wait as there is room for at night; the others begin now', () => {
    // 85 % of 100 A on three phases from 21:00 to 06:30: 557 kWh, and 19.5 kWh for each; what does not fit whole runs
    expect(waiting(evening(cars(26, night)))).toHaveLength(26)
    expect(waiting(evening(cars(40, night)))).toHaveLength(26)
  })

  test('what runs takes its room first', () => {
    const running = cars(20, { ...night, running: true, wantedWh: 60_000 })
    const others = Array.from({ length: 20 }, (_, index) => car(`w${index}`, night))
    expect(waiting(evening([...running, ...others])).length).toBeLessThan(20)
  })

  test('one phase may be full while others have room', () => {
    const onL1 = cars(20, { phases: [0], wantedWh: 15_000 })
    const onL2 = [car('other', { phases: [1], wantedWh: 15_000 })]
    const result = waiting(evening([...onL1, ...onL2]))
    // 85 A of L1 for 9.5 hours: 186 kWh; ten cars of 15 kWh at 16 A fit whole
    expect(result).toHaveLength(11)
    expect(result).toContain('other')
  })

  test('the building takes its part', () => {
    const amps = [240, 240, 240] as const
    const always = [{ circuitId: 'house', amps, day: Array.from({ length: 96 }, () => amps) }]
    expect(waiting(evening(cars(25, night), { building: always }))).toHaveLength(2)
    // where no other day was seen, a building is expected to take less at night
    expect(waiting(evening(cars(25, night), { building: [{ circuitId: 'house', amps }] })).length).toBeGreaterThan(15)
  })

  test('what the cars of a circuit may take together counts, and a limit from outside as long as it may hold', () => {
    const capped = [circuit('house', null, 250), circuit('garage', 'house', 100, { carsMaxWatts: 11_000 })]
    // 8.8 kW for 9.5 hours
    expect(waiting(evening(cars(25, night), { circuits: capped }))).toHaveLength(4)
    const limit = {
      id: 'ripple',
      source: 'dso' as const,
      circuitId: 'garage',
      maxAmps: everyPhase(0),
      carsMaxWatts: null,
      priority: 0,
      since: hours(17),
    }
    expect(waiting(evening(cars(25, night), { limits: [{ ...limit, until: hours(31) }] }))).toEqual([])
    expect(waiting(evening(cars(25, night), { limits: [{ ...limit, until: hours(19) }] }))).toHaveLength(25)
    // no end is known: it has held for an hour, so it is expected to hold for another
    expect(waiting(evening(cars(25, night), { limits: [{ ...limit, until: null }] }))).toHaveLength(25)
  })

  test('a session whose circuit is unknown never waits', () => {
    expect(waiting(evening([car('a', { circuitId: 'nowhere' })]))).toEqual([])
  })

  test('numbers that are none make nobody wait', () => {
    const broken = [car('a', { maxAmps: NaN }), car('b', { wantedWh: NaN }), car('c', { departsAt: NaN })]
    expect(waiting(evening(broken))).toEqual([])
    // and they take nothing from those beside them
    expect(waiting(evening([...broken, car('sound')]))).toEqual(['sound'])
    expect(waiting(evening([car('a')], { circuits: [circuit('garage', null, NaN)] }))).toEqual([])
  })
})

describe('who stands back where there is not enough for all at once', () => {
  const night = { at: hours(22) }
  const staying = Array.from({ length: 20 }, (_, index) => car(`s${index}`, { wantedWh: 20_000, energyWh: 500 }))
  const unknown = Array.from({ length: 2 }, (_, index) =>
    car(`u${index}`, { wantedWh: null, departsAt: null, energyWh: 500 }),
  )

  test('those who stay longest, for those of whom nothing is known', () => {
    const back = standingBack(evening([...staying, ...unknown], night))
    expect(back.length).toBeGreaterThan(5)
    expect(back.filter((id) => id.startsWith('u'))).toEqual([])
  })

  test('nobody where many tell nothing: turns cannot be planned', () => {
    const many = Array.from({ length: 10 }, (_, index) => car(`m${index}`, { wantedWh: null, departsAt: null }))
    expect(standingBack(evening([...staying, ...many], night))).toEqual([])
  })

  test('nobody where there is enough', () => {
    expect(standingBack(evening(staying.slice(0, 5), night))).toEqual([])
  })

  test('nobody where all hours cost the same: the scheduler’s own order holds', () => {
    expect(standingBack(evening([...staying, ...unknown], { ...night, tariff: [{ from: 0, price: 0.2 }] }))).toEqual([])
  })

  test('nobody who has hardly time left', () => {
    const late = staying.map((one) => ({ ...one, departsAt: hours(25) }))
    expect(standingBack(evening([...late, ...unknown], night))).toEqual([])
  })

  test('nobody longer than until its own turn', () => {
    for (const { until } of waits(evening([...staying, ...unknown], night)).values()) {
      expect(until).toBeGreaterThan(hours(22))
      expect(until).toBeLessThan(hours(28))
    }
  })
})

describe('who waits so that the peak stays low', () => {
  const building = [{ circuitId: 'house', amps: [50, 50, 50] as const }]
  const flat = (meanWatts15: number | null, sessions: readonly PolicySession[]) =>
    evening(sessions, { tariff: [], building, demand: { circuitId: 'house', watts: 60_000, meanWatts15 } })

  test('those for whom the target has no room now, for a quarter of an hour at a time', () => {
    const result = waits(flat(50_000, [car('a'), car('b'), car('c')]))
    expect(result.size).toBe(2)
    expect([...result.values()]).toContainEqual({ until: hours(18.25), reason: 'peak' })
  })

  test('not a car whose energy would not fit later', () => {
    expect(waiting(flat(70_000, [car('a'), car('b', { departsAt: hours(20) })]))).toEqual(['a'])
  })

  test('nobody where no meter tells', () => {
    expect(waiting(flat(null, [car('a')]))).toEqual([])
  })
})

/** Amperes by which the plan exceeds what may be planned with, on the worst circuit, phase and slot. */
function mostOverPlanned(input: PolicyInput): number {
  const { slots, sessions } = planWaits(input, INITIAL_POLICY_STATE)
  let most = -Infinity
  for (const [index, { limitAmps }] of input.circuits.entries()) {
    // the circuits of these tests are a chain: all sessions on this one or a later one are below
    const below = sessions.filter(
      ({ need, wait }) =>
        (wait?.reason === 'tariff' || wait?.reason === 'peak' || !isFlexible(need)) &&
        input.circuits.findIndex(({ id }) => id === need.session.circuitId) >= index,
    )
    for (let slot = 0; slot < slots.count; slot++) {
      const slotHours = ((slots.edges[slot + 1] ?? 0) - (slots.edges[slot] ?? 0)) / hours(1)
      for (const phase of [0, 1, 2]) {
        const load = index === 0 ? input.building?.[0] : undefined
        const building = load === undefined ? 0 : expectedBuilding(load, phase, input.at, slots.edges[slot] ?? 0)
        let amps = 0
        for (const { need, whBySlot } of below)
          amps += ((whBySlot[slot] ?? 0) * (need.shares[phase] ?? 0)) / (input.voltage * slotHours)
        most = Math.max(most, amps - Math.max(0, limitAmps.L1 - building) * PLANNED_SHARE)
      }
    }
  }
  return most
}

describe('for any site', () => {
  const session = fc.record({
    circuitId: fc.constantFrom('house', 'garage', 'row'),
    phases: fc.constantFrom([0, 1, 2], [1, 2, 0], [0], [2], [0, 1]),
    maxAmps: fc.integer({ min: 6, max: 32 }),
    startedAt: fc.integer({ min: hours(12), max: hours(18) }),
    energyWh: fc.integer({ min: 0, max: 20_000 }),
    wantedWh: fc.option(fc.integer({ min: 0, max: 60_000 })),
    departsAt: fc.option(fc.integer({ min: hours(17), max: hours(36) })),
    commitment: fc.option(
      fc.record({
        energyWh: fc.integer({ min: 0, max: 50_000 }),
        byAt: fc.integer({ min: hours(17), max: hours(34) }),
      }),
    ),
    priority: fc.integer({ min: 1, max: 2 }),
    running: fc.boolean(),
  })
  const site = fc
    .record({
      sessions: fc.array(session, { maxLength: 30 }),
      garageAmps: fc.integer({ min: 10, max: 200 }),
      buildingAmps: fc.integer({ min: 0, max: 300 }),
      target: fc.option(fc.integer({ min: 10_000, max: 150_000 })),
      mean: fc.integer({ min: 0, max: 200_000 }),
      at: fc.integer({ min: hours(16), max: hours(23) }),
    })
    .map(({ sessions, garageAmps, buildingAmps, target, mean, at }): PolicyInput => {
      const circuits = [
        circuit('house', null, 250),
        circuit('garage', 'house', garageAmps),
        circuit('row', 'garage', garageAmps / 2),
      ]
      const building = [{ circuitId: 'house', amps: [buildingAmps, buildingAmps / 2, buildingAmps] as const }]
      const demand = target === null ? {} : { demand: { circuitId: 'house', watts: target, meanWatts15: mean } }
      const named = sessions.map((one, index) => ({ ...one, id: `s${index}` }))
      return evening(named, { at, circuits, building, tariff: NIGHT_TARIFF, ...demand })
    })

  test('who waits can still get all its energy in time, in slots that the plan has room for', () => {
    fc.assert(
      fc.property(site, (input) => {
        const { slots, sessions } = planWaits(input, INITIAL_POLICY_STATE)
        for (const { need, wait, whBySlot } of sessions) {
          if (wait === null) continue
          expect(wait.until).toBeGreaterThan(input.at)
          const used = [...whBySlot.keys()].filter((slot) => (whBySlot[slot] ?? 0) > 0)
          expect(need.session.running).toBe(false)
          expect(whBySlot.reduce((sum, wh) => sum + wh, 0)).toBeGreaterThanOrEqual(need.wh - 0.02)
          expect(slots.edges[used.at(0) ?? 0]).toBeGreaterThanOrEqual(wait.until)
          expect(slots.edges[used.at(-1) ?? 0]).toBeLessThan(need.by)
        }
        expect(mostOverPlanned(input)).toBeLessThan(1e-6)
      }),
      { numRuns: 500 },
    )
  })

  test('the order in which sessions are told changes nothing', () => {
    fc.assert(
      fc.property(site, (input) => {
        const turned = { ...input, sessions: input.sessions.toReversed() }
        expect(waiting(turned).length).toBe(waiting(input).length)
      }),
      { numRuns: 200 },
    )
  })
})
