import { describe, expect, it } from 'vitest'
import { allocate, initialBalanceState } from '../../src/balance/allocate.ts'
import type { Outlet } from '../../src/model/balance-input.ts'
import { everyPhase, rotation } from '../../src/model/phase.ts'
import { SETTINGS, alarms, amps, bindings, circuit, driven, meter, outlet, play, session, site } from './site.ts'

describe('equal shares', () => {
  it('gives three cars behind a 100 A fuse 33.3 A each, bound by the fuse', () => {
    const outlets = ['a', 'b', 'c'].map((id) => outlet(id, { maxAmps: 63 }))
    const result = play(site({ outlets }), 30)
    expect(amps(result)).toEqual({ a: 33.3, b: 33.3, c: 33.3 })
    expect(bindings(result).a).toEqual({
      kind: 'circuit',
      circuitId: 'main',
      phase: 'L1',
      origin: 'fuse',
      limitAmps: 100,
      buildingAmps: null,
    })
  })

  it('rounds down on a charger that knows whole amperes only', () => {
    const outlets = ['a', 'b', 'c'].map((id) => outlet(id, { maxAmps: 63, stepAmps: 1 }))
    expect(amps(play(site({ outlets }), 30))).toEqual({ a: 33, b: 33, c: 33 })
  })

  it('gives what one car cannot take to the others', () => {
    const outlets = [outlet('a', { maxAmps: 16 }), outlet('b', { maxAmps: 63 }), outlet('c', { maxAmps: 63 })]
    const result = play(site({ outlets }), 30)
    expect(amps(result)).toEqual({ a: 16, b: 42, c: 42 })
    expect(bindings(result).a).toEqual({ kind: 'device' })
  })

  it('keeps a branch within its own fuse and gives the rest of the feed to the other branch', () => {
    const circuits = [
      circuit('main', 60),
      circuit('row-1', 28, { parentId: 'main' }),
      circuit('row-2', 63, { parentId: 'main' }),
    ]
    const outlets = [
      outlet('a', { circuitId: 'row-1' }),
      outlet('b', { circuitId: 'row-1' }),
      outlet('c', { circuitId: 'row-2', maxAmps: 63 }),
    ]
    const result = play(site({ circuits, outlets }), 30)
    expect(amps(result)).toEqual({ a: 14, b: 14, c: 32 })
    expect(bindings(result).b).toMatchObject({ kind: 'circuit', circuitId: 'row-1', phase: 'L1', limitAmps: 28 })
    expect(bindings(result).c).toMatchObject({ kind: 'circuit', circuitId: 'main', phase: 'L1', limitAmps: 60 })
  })

  it('knows the rotation: one-phase chargers on different phases do not share', () => {
    const outlets = [
      outlet('a', { rotation: rotation('L1') }),
      outlet('b', { rotation: rotation('L2') }),
      outlet('c', { rotation: rotation('L2') }),
    ]
    expect(amps(play(site({ circuits: [circuit('main', 40)], outlets }), 30))).toEqual({ a: 32, b: 20, c: 20 })
  })

  it('keeps a profile, rounds it down, and names it', () => {
    const profile = { amps: 10.75, source: 'CSMS' }
    const result = play(site({ outlets: [outlet('a', { stepAmps: 0.5, profile })] }), 30)
    expect(amps(result)).toEqual({ a: 10.5 })
    expect(bindings(result).a).toEqual({ kind: 'profile', source: 'CSMS' })
  })

  it('pauses on a profile below 6 A: there is nothing between 0 and 6 A', () => {
    const result = play(site({ outlets: [outlet('a', { profile: { amps: 5.9, source: 'CSMS' } })] }), 30)
    expect(amps(result)).toEqual({ a: 0 })
    expect(bindings(result).a).toEqual({ kind: 'profile', source: 'CSMS' })
  })

  it('gives nothing to who is not authorised or not there, and says so', () => {
    const outlets = [
      outlet('a', { wanted: false, refusal: 'not-authorised', confirmedAmps: 16 }),
      outlet('b', { wanted: false, refusal: 'no-vehicle' }),
    ]
    const result = allocate(site({ outlets }), initialBalanceState)
    expect(amps(result)).toEqual({ a: 0, b: 0 })
    expect(bindings(result)).toEqual({ a: { kind: 'not-authorised' }, b: { kind: 'no-vehicle' } })
  })
})

describe('too little for all', () => {
  const four = ['a', 'b', 'c', 'd'].map((id) => outlet(id))
  const small = site({ circuits: [circuit('main', 20)], outlets: four })

  it('starts as many as charge efficiently, 14 A on three phases, and names the circuit to who waits', () => {
    const result = play(small, 30)
    expect(amps(result)).toEqual({ a: 20, b: 0, c: 0, d: 0 })
    expect(bindings(result).d).toEqual({ kind: 'turn', circuitId: 'main' })
    expect(amps(play({ ...small, circuits: [circuit('main', 28)] }, 30))).toEqual({ a: 14, b: 14, c: 0, d: 0 })
  })

  it('starts cars of one phase from 20 A on', () => {
    const outlets = ['a', 'b'].map((id) => outlet(id, { rotation: rotation('L1') }))
    expect(amps(play(site({ circuits: [circuit('main', 37)], outlets }), 30))).toEqual({ a: 32, b: 0 })
    expect(amps(play(site({ circuits: [circuit('main', 40)], outlets }), 30))).toEqual({ a: 20, b: 20 })
  })

  it('starts one below the efficient current where nobody else can use what is left', () => {
    const outlets = [outlet('a', { maxAmps: 16 }), outlet('b')]
    expect(amps(play(site({ circuits: [circuit('main', 21)], outlets }), 30))).toEqual({ a: 16, b: 0 })
    expect(amps(play(site({ circuits: [circuit('main', 24)], outlets }), 60))).toEqual({ a: 12, b: 12 })
  })

  it('starts one below the efficient current where the circuit never gives more', () => {
    expect(amps(play(site({ circuits: [circuit('main', 8)], outlets: four }), 30))).toEqual({ a: 8, b: 0, c: 0, d: 0 })
  })

  it('stops nobody who charges for the sake of efficiency', () => {
    const outlets = ['a', 'b', 'c'].map((id) => outlet(id, { confirmedAmps: 6 }))
    expect(amps(play({ ...small, outlets }, 60))).toEqual({ a: 6, b: 6, c: 6 })
  })

  it('keeps to the efficient current of the site where it names one', () => {
    const outlets = ['a', 'b', 'c', 'd'].map((id) => outlet(id, { softMinAmps: 6 }))
    const result = play({ ...small, outlets }, 30)
    expect(amps(result)).toEqual({ a: 6.6, b: 6.6, c: 6.6, d: 0 })
    expect(bindings(result).d).toMatchObject({ kind: 'turn', circuitId: 'main' })
  })

  it('serves four of 32 cars that plug in within the same second on 63 A, and never offers more', () => {
    const outlets = Array.from({ length: 32 }, (_, index) => outlet(`place-${index}`))
    const shares = Object.values(amps(play(site({ circuits: [circuit('main', 63)], outlets }), 30)))
    expect(shares.filter((one) => one > 0)).toHaveLength(4)
    expect(shares.reduce((sum, one) => sum + one, 0)).toBeLessThanOrEqual(63)
  })

  it('gives the place of a car that has had its quantum to the next one, until everybody had a turn', () => {
    const settings = { ...SETTINGS, quantumWh: 2_500 }
    const circuits = [circuit('main', 8)]
    const turns: string[] = []
    let now: readonly Outlet[] = four.map((one) => ({ ...one, session: session(one.id, 0) }))
    let result = allocate(site({ circuits, settings, outlets: now }), initialBalanceState)
    for (let at = 20_000; at <= 4 * 3_600_000; at += 20_000) {
      now = now.map((one) => driven(one, amps(result)[one.id] ?? 0, at, 20_000))
      result = allocate(site({ circuits, settings, at, outlets: now }), result.state)
      const [charging] = result.allocations.filter((one) => one.amps > 0)
      if (charging !== undefined && turns.at(-1) !== charging.outletId) turns.push(charging.outletId)
    }
    // 8 A on three phases are 5.5 kW: the quantum is there before the half hour that a turn lasts at least.
    expect(turns.slice(0, 6)).toEqual(['a', 'b', 'c', 'd', 'a', 'b'])
  })

  it('stops the fewest: one when one is enough', () => {
    const running = four.map((one) => ({ ...one, confirmedAmps: 6, measuredAmps: [6, 6, 6] }))
    const result = allocate(site({ circuits: [circuit('main', 23)], outlets: running }), initialBalanceState)
    expect(result.allocations.filter((one) => one.amps === 0)).toHaveLength(1)
  })

  it('gives nothing at all when the building alone is over the limit, and raises an alarm', () => {
    const circuits = [circuit('main', 63, { meterId: 'grid' })]
    const outlets = [outlet('a', { confirmedAmps: 10 })]
    const result = allocate(site({ circuits, outlets, meters: [meter('grid', 80)] }), initialBalanceState)
    expect(amps(result)).toEqual({ a: 0 })
    expect(alarms(result)).toEqual(['over-limit main'])
    expect(result.loads[0]?.buildingAmps).toEqual(everyPhase(70))
  })
})

describe('a meter with building load', () => {
  const circuits = [circuit('main', 100, { meterId: 'grid', failSafeAmps: 20 })]
  const two = [outlet('a', { maxAmps: 63 }), outlet('b', { maxAmps: 63 })]

  it('leaves the building what it takes', () => {
    const result = play(site({ circuits, outlets: two, meters: [meter('grid', 40)] }), 40)
    expect(result.loads[0]?.buildingAmps).toEqual(everyPhase(40))
    expect(amps(result)).toEqual({ a: 30, b: 30 })
  })

  it('cuts in the tick that sees the building rise', () => {
    const input = site({ circuits, outlets: two, meters: [meter('grid', 40)] })
    const before = play(input, 40)
    const outlets = two.map((one) => ({
      ...one,
      confirmedAmps: 30,
      previousAmps: 30,
      measuredAmps: [30, 30, 30],
      measuredAt: 40_000,
    }))
    const after = allocate({ ...input, at: 41_000, outlets, meters: [meter('grid', 120, 41_000)] }, before.state)
    expect(amps(after)).toEqual({ a: 20, b: 20 })
  })

  it('does not cut when a car that was given 30 A begins to draw it before its charger tells', () => {
    const outlets = two.map((one) => ({ ...one, confirmedAmps: 30, previousAmps: 30, measuredAmps: [0, 0, 0] }))
    const input = site({ circuits, outlets, meters: [meter('grid', 40)] })
    let result = allocate(input, initialBalanceState)
    for (let second = 1; second < 40; second++) {
      const seen = outlets.map((one) => ({ ...one, measuredAt: second * 1000 }))
      result = allocate(
        { ...input, at: second * 1000, outlets: seen, meters: [meter('grid', 40, second * 1000)] },
        result.state,
      )
    }
    const seen = outlets.map((one) => ({ ...one, measuredAt: 38_000 }))
    const after = allocate({ ...input, at: 40_000, outlets: seen, meters: [meter('grid', 70, 40_000)] }, result.state)
    expect(amps(after)).toEqual({ a: 30, b: 30 })
  })

  it('shares the fail-safe current when the meter is silent, and tells', () => {
    const before = play(site({ circuits, outlets: two, meters: [meter('grid', 40)] }), 40)
    const outlets = two.map((one) => ({
      ...one,
      confirmedAmps: 30,
      previousAmps: 30,
      measuredAmps: [30, 30, 30],
      measuredAt: 51_000,
    }))
    const silent = site({ at: 51_000, circuits, outlets, meters: [meter('grid', 100, 40_000)] })
    const after = allocate(silent, before.state)
    expect(amps(after)).toEqual({ a: 10, b: 10 })
    expect(bindings(after).a).toEqual({ kind: 'fail-safe', circuitId: 'main' })
    expect(alarms(after)).toEqual(['meter-silent grid'])
    expect(after.loads[0]).toMatchObject({ failSafe: true, buildingAmps: null, availableAmps: everyPhase(20) })
  })

  it('keeps to the fail-safe current when the meter was never read, and raises nothing until it is given up', () => {
    const input = site({ circuits, outlets: two })
    expect(amps(play(input, 9))).toEqual({ a: 0, b: 0 })
    const later = play(input, 30)
    expect(amps(later)).toEqual({ a: 20, b: 0 })
    expect(alarms(later)).toEqual(['meter-silent grid'])
  })

  it('raises nothing on a value that grows old', () => {
    const input = site({ circuits, outlets: two, meters: [meter('grid', 40, -6_000)] })
    const result = play(input, 3)
    expect(amps(result)).toEqual({ a: 0, b: 0 })
    expect(bindings(result).a).toEqual({ kind: 'hold', reason: 'waits for a fresh value of the meter' })
  })
})

const given = (pilot: number, drawn: number, second: number) =>
  ['a', 'b'].map((id) =>
    outlet(id, {
      maxAmps: pilot,
      confirmedAmps: pilot,
      measuredAmps: [drawn, drawn, drawn],
      measuredAt: second * 1000,
    }),
  )

describe('the building estimate', () => {
  const circuits = [circuit('main', 100, { meterId: 'grid', failSafeAmps: 20 })]
  /** Two cars at a pilot, each drawing so much, beside 40 A of building, long enough to be believed. */
  const known = (pilot: number, drawn: number) => {
    let result = allocate(
      site({ circuits, outlets: given(pilot, drawn, 0), meters: [meter('grid', 40 + 2 * drawn)] }),
      initialBalanceState,
    )
    for (let second = 1; second <= 40; second++) {
      const meters = [meter('grid', 40 + 2 * drawn, second * 1000)]
      result = allocate(
        site({ at: second * 1000, circuits, outlets: given(pilot, drawn, second), meters }),
        result.state,
      )
    }
    expect(result.loads[0]?.buildingAmps).toEqual(everyPhase(40))
    return result.state
  }

  it('counts at once what no car can have caused, even below the limit', () => {
    const meters = [meter('grid', 90, 41_000)]
    const result = allocate(site({ at: 41_000, circuits, outlets: given(10, 10, 40), meters }), known(10, 10))
    expect(result.loads[0]?.buildingAmps).toEqual(everyPhase(70))
  })

  it('does not wonder over the limit: what was not measured at a car is the building', () => {
    const meters = [meter('grid', 105, 41_000)]
    const result = allocate(site({ at: 41_000, circuits, outlets: given(30, 0, 40), meters }), known(30, 0))
    expect(result.loads[0]?.buildingAmps).toEqual(everyPhase(105))
    expect(amps(result)).toEqual({ a: 0, b: 0 })
  })

  it('raises only when the building has stayed low for half a minute', () => {
    const two = [outlet('a', { maxAmps: 63 }), outlet('b', { maxAmps: 63 })]
    const high = play(site({ circuits, outlets: two, meters: [meter('grid', 60)] }), 60)
    expect(amps(high)).toEqual({ a: 20, b: 20 })
    const charging = two.map((one) => ({ ...one, confirmedAmps: 20, measuredAmps: [20, 20, 20], measuredAt: 61_000 }))
    const low = site({ at: 61_000, circuits, outlets: charging, meters: [meter('grid', 80, 61_000)] })
    expect(amps(play(low, 20, high.state))).toEqual({ a: 20, b: 20 })
    expect(amps(play(low, 50, high.state))).toEqual({ a: 30, b: 30 })
  })

  it('raises nothing after a start before every charger was measured once', () => {
    let result = allocate(site({ circuits, outlets: [outlet('a')], meters: [meter('grid', 40)] }), initialBalanceState)
    for (let second = 1; second <= 3; second++) {
      const meters = [meter('grid', 40, second * 1000)]
      result = allocate(site({ at: second * 1000, circuits, outlets: [outlet('a')], meters }), result.state)
    }
    expect(bindings(result)).toEqual({
      a: { kind: 'hold', reason: 'waits until meter and chargers were measured once' },
    })
  })
})

describe('meters that lie', () => {
  const circuits = [circuit('main', 100, { meterId: 'grid', failSafeAmps: 20 })]

  it('finds a meter that shows the same to the last bit while our cars change, and falls back to the fail-safe current', () => {
    let result = allocate(
      site({ circuits, meters: [meter('grid', 33.1)], outlets: [outlet('a')] }),
      initialBalanceState,
    )
    let raisedAt: number | null = null
    for (let at = 1000; at <= 90_000; at += 1000) {
      const drawn = at < 20_000 ? 0 : 16
      const car = outlet('a', { confirmedAmps: 16, measuredAmps: [drawn, drawn, drawn], measuredAt: at })
      result = allocate(site({ at, circuits, meters: [meter('grid', 33.1, at)], outlets: [car] }), result.state)
      if (alarms(result).includes('meter-frozen grid')) raisedAt ??= at
    }
    expect(raisedAt).toBe(60_000)
    expect(result.loads[0]).toMatchObject({ failSafe: true, buildingAmps: null })
  })

  it('believes a constant value while our cars are constant', () => {
    expect(alarms(play(site({ circuits, meters: [meter('grid', 33.1)], outlets: [outlet('a')] }), 300))).toEqual([])
  })

  it('takes the worse of two meters that disagree by more than 20 A', () => {
    const nested = [...circuits, circuit('row', 80, { parentId: 'main', meterId: 'row-meter', failSafeAmps: 20 })]
    const outlets = [outlet('a', { circuitId: 'row' })]
    const input = site({ circuits: nested, outlets, meters: [meter('grid', 10), meter('row-meter', 75)] })
    const result = allocate(input, initialBalanceState)
    expect(alarms(result)).toEqual(['meters-disagree grid'])
    expect(result.loads.find((one) => one.circuitId === 'main')?.buildingAmps).toEqual(everyPhase(75))
  })

  it('does not sell what the building feeds in: a negative meter is no building load, not more room', () => {
    const narrow = [circuit('main', 50, { meterId: 'grid', failSafeAmps: 20 })]
    const outlets = [outlet('a', { maxAmps: 63 })]
    expect(amps(play(site({ circuits: narrow, outlets, meters: [meter('grid', -40)] }), 60))).toEqual({ a: 50 })
  })
})

describe('chargers that fail', () => {
  const circuits = [circuit('main', 32)]

  it('counts the fallback of an offline charger as drawn, and the last set-point until the fallback is certain', () => {
    const away = outlet('a', { online: false, confirmedAmps: 16, measuredAmps: null, fallbackAmps: 8 })
    const input = site({ circuits, outlets: [away, outlet('b')] })
    const early = play(input, 30)
    expect(early.loads[0]?.reservedAmps).toEqual(everyPhase(32))
    expect(amps(early)).toEqual({ a: 0, b: 16 })
    const late = play({ ...input, outlets: [{ ...away, fallbackSureAt: 0 }, outlet('b')] }, 30)
    expect(amps(late).b).toBe(24)
  })

  it('counts the maximum of a charger whose set-point was never known', () => {
    const outlets = [
      outlet('a', { wanted: false, refusal: 'no-vehicle', confirmedAmps: null, measuredAmps: null }),
      outlet('b'),
    ]
    expect(amps(allocate(site({ circuits, outlets }), initialBalanceState)).b).toBe(0)
  })

  it('reserves what a disobeying car draws, tells, and goes on ordering', () => {
    const outlets = [outlet('a', { confirmedAmps: 10, measuredAmps: [20, 20, 20] }), outlet('b', { confirmedAmps: 16 })]
    const result = allocate(
      site({ circuits, outlets }),
      play(site({ circuits, outlets: [outlet('a', { confirmedAmps: 10 }), outlet('b', { confirmedAmps: 16 })] }), 0)
        .state,
    )
    expect(alarms(result)).toEqual(['outlet-disobeys a'])
    expect(amps(result)).toEqual({ a: 10, b: 12 })
  })

  it('counts a cut that is never confirmed as not done, and cuts the others', () => {
    const stuck = outlet('a', { confirmedAmps: 16, pendingAmps: 16 })
    const wide = play(site({ circuits, outlets: [stuck, outlet('b', { confirmedAmps: 16 })] }), 0)
    let result = wide
    for (let second = 1; second <= 11; second++) {
      const outlets = [
        { ...stuck, measuredAt: second * 1000 },
        outlet('b', { confirmedAmps: 10, measuredAt: second * 1000 }),
      ]
      result = allocate(site({ at: second * 1000, circuits: [circuit('main', 24)], outlets }), result.state)
    }
    expect(alarms(result)).toEqual(['outlet-disobeys a'])
    expect(amps(result)).toEqual({ a: 12, b: 8 })
  })
})

describe('order of changes', () => {
  const circuits = [circuit('main', 32)]

  it('makes room first: a second car starts only when the first has come down for certain', () => {
    const first = outlet('a', { confirmedAmps: 32 })
    let result = play(site({ circuits, outlets: [first] }), 30)
    const at = (second: number, a: Parameters<typeof outlet>[1]) =>
      site({
        at: second * 1000,
        circuits,
        outlets: [outlet('a', { measuredAt: second * 1000, ...a }), outlet('b', { measuredAt: second * 1000 })],
      })
    result = allocate(at(31, { confirmedAmps: 32 }), result.state)
    expect(amps(result)).toEqual({ a: 16, b: 0 })
    result = allocate(at(32, { confirmedAmps: 32, pendingAmps: 32 }), result.state)
    expect(amps(result)).toEqual({ a: 16, b: 0 })
    result = allocate(at(33, { confirmedAmps: 16, previousAmps: 32, confirmedAt: 33_000 }), result.state)
    expect(amps(result)).toEqual({ a: 16, b: 0 })
    expect(bindings(result).b).toEqual({ kind: 'hold', reason: 'waits until reductions of others are in force' })
    result = allocate(at(41, { confirmedAmps: 16, previousAmps: 32, confirmedAt: 33_000 }), result.state)
    expect(amps(result)).toEqual({ a: 16, b: 16 })
  })

  it('knows after a restart that a car may still follow an older order', () => {
    const outlets = [outlet('a', { confirmedAmps: 10, maxAmps: 32, measuredAmps: null }), outlet('b')]
    const start = allocate(site({ circuits, outlets }), initialBalanceState)
    const early = allocate(site({ at: 1000, circuits, outlets }), start.state)
    expect(amps(early)).toEqual({ a: 10, b: 0 })
    const late = allocate(site({ at: 9000, circuits, outlets }), early.state)
    expect(amps(late)).toEqual({ a: 16, b: 16 })
  })

  it('does not take a turn back while the pause is still on its way', () => {
    const tight = [circuit('main', 8)]
    const both = (at: number, pendingAmps: number | null, energyWh: number) =>
      site({
        at,
        circuits: tight,
        outlets: [
          outlet('a', { confirmedAmps: 8, pendingAmps, measuredAt: at, session: session('a', energyWh) }),
          outlet('b', { measuredAt: at, session: session('b', 0) }),
        ],
      })
    let result = allocate(both(0, null, 0), initialBalanceState)
    expect(amps(result)).toEqual({ a: 8, b: 0 })
    result = allocate(both(7_200_000, null, SETTINGS.quantumWh), result.state)
    expect(amps(result)).toEqual({ a: 0, b: 0 })
    result = allocate(both(7_201_000, 8, SETTINGS.quantumWh), result.state)
    expect(amps(result)).toEqual({ a: 0, b: 0 })
  })

  const limited = (at: number, profile: number, confirmedAmps: number) =>
    site({
      at,
      circuits,
      outlets: [outlet('a', { confirmedAmps, measuredAt: at, profile: { amps: profile, source: 'CSMS' } })],
    })

  it('raises one charger once in 15 s', () => {
    let result = allocate(limited(0, 10, 10), initialBalanceState)
    result = allocate(limited(20_000, 12, 10), result.state)
    expect(amps(result)).toEqual({ a: 12 })
    result = allocate(limited(30_000, 16, 12), result.state)
    expect(amps(result)).toEqual({ a: 12 })
    result = allocate(limited(35_000, 16, 12), result.state)
    expect(amps(result)).toEqual({ a: 16 })
  })

  it('does not send a cut of less than the dead band that nobody needs', () => {
    const outlets = [outlet('a', { confirmedAmps: 16.5, maxAmps: 32 }), outlet('b', { confirmedAmps: 15, maxAmps: 15 })]
    expect(amps(play(site({ circuits, outlets }), 30)).a).toBe(16.5)
  })

  it('rests after a pause that a circuit forced', () => {
    const input = site({ circuits, outlets: [outlet('a', { confirmedAmps: 16 })] })
    const before = play(input, 30)
    const paused = allocate(
      { ...site({ circuits: [circuit('main', 5)], outlets: [outlet('a', { confirmedAmps: 16 })] }), at: 31_000 },
      before.state,
    )
    expect(amps(paused)).toEqual({ a: 0 })
    const rest = play(
      { ...site({ circuits, outlets: [outlet('a', { confirmedAmps: 0 })] }), at: 40_000 },
      60,
      paused.state,
    )
    expect(bindings(rest).a).toEqual({ kind: 'hold', reason: 'rests after a pause' })
    const again = play(
      { ...site({ circuits, outlets: [outlet('a', { confirmedAmps: 0 })] }), at: 100_000 },
      60,
      rest.state,
    )
    expect(amps(again).a).toBe(32)
  })
})

describe('numbers that are none', () => {
  it.each([NaN, Infinity, -5])('%s as a limit, a maximum, a profile or a fail-safe current gives nothing', (bad) => {
    const good = outlet('a', { confirmedAmps: 16 })
    const cases = [
      site({ circuits: [circuit('main', bad)], outlets: [good] }),
      site({ outlets: [{ ...good, maxAmps: bad }] }),
      site({ outlets: [{ ...good, profile: { amps: bad, source: 'CSMS' } }] }),
      site({ circuits: [circuit('main', 100, { meterId: 'grid', failSafeAmps: bad })], outlets: [good] }),
      site({ circuits: [circuit('main', 100, { parentId: 'nowhere' })], outlets: [good] }),
      site({ outlets: [{ ...good, circuitId: 'nowhere' }] }),
    ]
    for (const input of cases) expect(amps(play(input, 30))).toEqual({ a: 0 })
  })

  it('treats a meter value with one phase missing, or from the future, as none', () => {
    const circuits = [circuit('main', 100, { meterId: 'grid', failSafeAmps: 10 })]
    const outlets = [outlet('a', { confirmedAmps: 32 })]
    for (const bad of [{ ...meter('grid', 0), amps: { L1: 0, L2: NaN, L3: 0 } }, meter('grid', 0, 1)]) {
      expect(amps(allocate(site({ circuits, outlets, meters: [bad] }), initialBalanceState))).toEqual({ a: 10 })
    }
  })

  it('leaves a headroom free where a building may creep up, and none where only cars are', () => {
    const settings = { ...SETTINGS, headroomShare: 0.02 }
    const metered = site({
      settings,
      circuits: [circuit('main', 50, { meterId: 'grid' })],
      meters: [meter('grid', 30)],
      outlets: [outlet('a')],
    })
    const plain = site({ settings, circuits: [circuit('main', 20)], outlets: [outlet('a')] })
    expect(amps(play(metered, 60)).a).toBeLessThanOrEqual(19)
    expect(amps(play(plain, 60))).toEqual({ a: 20 })
  })

  it('survives settings that are none', () => {
    const settings = {
      ...SETTINGS,
      settleMs: NaN,
      meterStaleMs: -1,
      deadBandAmps: NaN,
      riseIntervalMs: NaN,
      restMs: NaN,
    }
    expect(amps(play(site({ settings, outlets: [outlet('a')] }), 30))).toEqual({ a: 32 })
  })
})
