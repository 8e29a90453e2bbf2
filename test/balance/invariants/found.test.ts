/** Counter-examples that the invariants found, as the smallest sites they were shrunk to. */
import { describe, expect, it } from 'vitest'
import * as core from '../../../src/balance/allocate.ts'
import type { BalanceInput } from '../../../src/model/balance-input.ts'
import { PLAIN_PARAMETERS } from '../../../src/model/controller-parameters.ts'
import type { CarPlan, CircuitPlan, OutletPlan, SitePlan } from './plan.ts'
import { START_MS, play } from './world.ts'
import type { World, WorldOptions } from './world.ts'

function fuse(amps: number, more: Partial<CircuitPlan> = {}): CircuitPlan {
  return {
    parent: null,
    limitAmps: [amps, amps, amps],
    meter: false,
    building: [0, 0, 0],
    failSafeAmps: 0,
    watts: null,
    unbalanceAmps: null,
    ...more,
  }
}

function charger(more: Partial<OutletPlan> = {}, car: Partial<CarPlan> = {}): OutletPlan {
  return {
    circuit: 0,
    rotation: 'L1L2L3',
    minAmps: 6,
    maxAmps: 16,
    stepAmps: 1,
    fallbackAmps: 0,
    latency: 0,
    poll: 1,
    profileAmps: null,
    ...more,
    car: { from: 0, phases: 3, maxAmps: 80, slowMs: 0, priority: 1, ...car },
  }
}

function site(parts: Partial<SitePlan>): SitePlan {
  return {
    circuits: [fuse(20)],
    outlets: [],
    events: [],
    tickMs: 5_000,
    meterLag: 0,
    strategy: 'fair',
    parameters: PLAIN_PARAMETERS,
    ...parts,
  }
}

/** Set-points of the last tick, by the chargers' names. */
function orders(world: World): Readonly<Record<string, number>> {
  return Object.fromEntries(world.chargers.map((one) => [one.id, one.order]))
}

describe('two cuts within the settle time', () => {
  it('leave the pilot before the first one reserved: the car may still follow it', () => {
    const plan = site({
      circuits: [fuse(18)],
      tickMs: 1_000,
      outlets: [charger({}, { from: 3 }), charger(), charger({}, { from: 2 })],
    })
    play(plan, { ticks: 20 }, (world) => {
      const possible = world.chargers.reduce((sum, one) => sum + one.couldAfter, 0)
      expect(possible).toBeLessThanOrEqual(18)
    })
  })

  it('count as well when the charger took several orders at once', () => {
    const plan = site({
      circuits: [fuse(12), fuse(80, { parent: 0 })],
      outlets: [charger({ circuit: 1 }, { maxAmps: 10 })],
      events: [{ tick: 3, which: 0, kind: 'stuck', ticks: 23 }],
    })
    play(plan, { ticks: 30 }, (world) => {
      const reserved = world.result.loads.find((one) => one.circuitId === 'garage')?.reservedAmps.L1 ?? 0
      expect(reserved).toBeGreaterThanOrEqual(world.chargers[0]!.couldBefore)
    })
  })
})

/** To the last of so many ticks, changed. */
function answerTo(plan: SitePlan, ticks: number, change: (input: BalanceInput) => BalanceInput): number | undefined {
  let state = core.initialBalanceState
  let answer: number | undefined
  play(plan, { ticks }, (world) => {
    if (world.tick === ticks - 1) answer = core.allocate(change(world.input), state).allocations[0]?.amps
    state = world.result.state
  })
  return answer
}

describe('a value that is none', () => {
  const small = site({
    circuits: [fuse(8, { meter: true, failSafeAmps: 6, building: [0, 0, 1] })],
    outlets: [charger()],
    tickMs: 1_000,
    parameters: { ...PLAIN_PARAMETERS, usableSharePercent: 80 },
  })

  it('of a meter is no new value: the last one ages, and nothing starts on the fail-safe current', () => {
    expect(
      answerTo(small, 2, (input) => ({ ...input, meters: input.meters.map((one) => ({ ...one, takenAt: NaN })) })),
    ).toBe(0)
  })

  it('of an order on its way is not an order: what is above the hardware starts nobody', () => {
    const plain = site({ circuits: [fuse(8)], outlets: [charger()], tickMs: 1_000 })
    expect(
      answerTo(plain, 1, (input) => ({
        ...input,
        outlets: input.outlets.map((one) => ({ ...one, pendingAmps: 1e9 })),
      })),
    ).toBe(0)
  })
})

describe('a value that is missing', () => {
  it('of a charger’s own measurement lets it start no earlier than one that measures', () => {
    const plan = site({ circuits: [fuse(21, { meter: true })], outlets: [charger({ poll: 2 })], tickMs: 1_000 })
    expect(
      answerTo(plan, 2, (input) => ({
        ...input,
        outlets: input.outlets.map((one) => ({ ...one, measuredAmps: null })),
      })),
    ).toBe(0)
  })

  it('of the set-point in force lets nothing rise above the last order', () => {
    const plan = site({
      circuits: [fuse(28)],
      outlets: [charger(), charger({ poll: 3 })],
      tickMs: 1_000,
      parameters: { ...PLAIN_PARAMETERS, usableSharePercent: 80 },
    })
    expect(
      answerTo(plan, 3, (input) => ({
        ...input,
        outlets: input.outlets.map((one, index) => (index === 0 ? { ...one, confirmedAmps: NaN } : one)),
      })),
    ).toBeLessThanOrEqual(6)
  })
})

describe('a clock that jumps back', () => {
  it('cuts nobody', () => {
    const plan = site({
      circuits: [fuse(40, { meter: true, building: [0, 12, 0] }), fuse(40, { parent: 0 })],
      outlets: [charger({ rotation: 'L2' }, { phases: 1 }), charger()],
      tickMs: 15_000,
    })
    const before = orders(play(plan, { ticks: 26 }))
    const after = orders(
      play({ ...plan, events: [{ tick: 26, which: 0, kind: 'clock', jumpMs: -3_600_000 }] }, { ticks: 27 }),
    )
    expect(after).toEqual(before)
  })
})

function backwards(id: string): string {
  return id.split('').toReversed().join('')
}

describe('a car that comes to others', () => {
  it('gets its share from the one that has most', () => {
    const plan = site({ circuits: [fuse(38)], outlets: [charger({ maxAmps: 32 }), charger({}, { from: 2 })] })
    expect(orders(play(plan, { ticks: 30 }))).toEqual({ ada: 22, bob: 16 })
  })

  it('gets it whatever its name is', () => {
    const one = { phases: 1 } as const
    const plan = site({
      circuits: [fuse(38), fuse(6, { parent: 0 })],
      outlets: [
        charger({ rotation: 'L2' }, one),
        charger({}, one),
        charger({ rotation: 'L2L1L3' }, one),
        charger({}, one),
        charger(),
      ],
    })
    const renamed: WorldOptions = {
      ticks: 60,
      nameOf: backwards,
      change: (input) => ({
        ...input,
        outlets: input.outlets.map((outlet) => ({ ...outlet, id: backwards(outlet.id) })),
      }),
    }
    const { cid } = orders(play(plan, renamed))
    expect(cid).toBeGreaterThanOrEqual(10)
  })

  it('is started where its phase is free, whoever waits before it for another phase', () => {
    const plan = site({
      circuits: [
        fuse(29, { meter: true, building: [0, 5, 0] }),
        fuse(22, { parent: 0, meter: true, building: [0, 4, 0] }),
      ],
      outlets: [
        charger({}, { phases: 2, maxAmps: 6 }),
        charger(),
        charger({ rotation: 'L3', maxAmps: 32 }, { phases: 1 }),
        charger({ rotation: 'L2' }, { phases: 1 }),
      ],
    })
    const { ada, dan } = orders(play(plan, { ticks: 100 }))
    expect(ada).toBeGreaterThan(0)
    expect(dan).toBeGreaterThan(0)
  })

  it('does not make another one swing for ever', () => {
    const plan = site({
      circuits: [fuse(67, { meter: true, building: [22, 29, 0] }), fuse(12, { parent: 0 })],
      outlets: [
        charger({ maxAmps: 20, latency: 2 }, { phases: 1, slowMs: 500 }),
        charger({ circuit: 1 }),
        charger({ minAmps: 10 }, { from: 2 }),
      ],
      tickMs: 15_000,
    })
    const seen = new Set<string>()
    const world = play(plan, { ticks: 60 }, (now) => {
      if (now.tick > 40) seen.add(JSON.stringify(orders(now)))
    })
    expect([...seen]).toHaveLength(1)
    expect(orders(world)['cid']).toBeGreaterThan(0)
  })
})

describe('several that have a little more than their share', () => {
  it('make room for one that has clearly less', () => {
    const plan = site({
      circuits: [fuse(55, { meter: true, building: [0, 9, 0] }), fuse(6, { parent: 0 })],
      outlets: [charger(), charger({ maxAmps: 32, stepAmps: 0.1 }), charger({}, { from: 2 })],
      tickMs: 15_000,
    })
    const { cid } = orders(play(plan, { ticks: 40 }))
    expect(cid).toBeGreaterThanOrEqual(13)
  })
})

describe('too little for anybody’s soft minimum', () => {
  it('still gives everybody a turn', () => {
    const plan = site({ circuits: [fuse(6)], outlets: [charger(), charger()], tickMs: 120_000 })
    const served = new Set<string>()
    play(plan, { ticks: 40, settings: { quantumWh: 500 } }, (world) => {
      for (const one of world.chargers) if (one.order > 0) served.add(one.id)
    })
    expect([...served].toSorted()).toEqual(['ada', 'bob'])
  })
})

function promised(energiesWh: readonly number[], minutes: readonly number[]): Pick<WorldOptions, 'facts'> {
  return {
    facts: (index) => ({ commitment: { energyWh: energiesWh[index]!, byAt: START_MS + minutes[index]! * 60_000 } }),
  }
}

describe('promises', () => {
  it('of one car are kept beside another one that has its own fulfilled', () => {
    const plan = site({ strategy: 'commitments', outlets: [charger(), charger()], tickMs: 60_000 })
    const world = play(plan, { ticks: 53, ...promised([4968, 1352], [52, 37]) })
    expect(world.chargers[0]!.energyWh).toBeGreaterThanOrEqual(0.99 * 4968)
  })

  it('are not let go because the car’s phases are not known yet', () => {
    const plan = site({ strategy: 'commitments', outlets: [charger(), charger()], tickMs: 120_000 })
    const world = play(plan, { ticks: 9, ...promised([1611, 441], [16, 16]) })
    expect(world.chargers[0]!.energyWh).toBeGreaterThan(0)
  })
})

describe('a restart', () => {
  it('stops nobody where the meter shows no more than the limit', () => {
    const plan = site({
      circuits: [fuse(17, { meter: true })],
      outlets: [charger({}, { maxAmps: 10 }), charger({ poll: 2 })],
      events: [{ tick: 60, which: 0, kind: 'restart' }],
    })
    const charging = new Set<string>()
    play(plan, { ticks: 70 }, (world) => {
      for (const one of world.chargers) {
        if (one.order > 0) charging.add(one.id)
        else expect(charging).not.toContain(one.id)
      }
    })
  })
})

describe('a building load that rose while a car was started', () => {
  it('is found although cuts are on their way', () => {
    const plan = site({
      circuits: [fuse(20, { meter: true }), fuse(6, { parent: 0 })],
      tickMs: 1000,
      meterLag: 1,
      parameters: { ...PLAIN_PARAMETERS, usableSharePercent: 80 },
      outlets: [charger({}, { maxAmps: 10 })],
      events: [{ tick: 3, which: 0, kind: 'building', share: [30, 0, 0] }],
    })
    expect(orders(play(plan, { ticks: 16 }))['ada']).toBeLessThanOrEqual(10)
  })
})

const noise = (tick: number, index: number): number => (((tick * 7 + index) % 5) - 2) * 0.01

describe('an unbalance limit', () => {
  it('comes to rest although what evens it out is measured with noise', () => {
    const plan = site({
      circuits: [fuse(40, { unbalanceAmps: 16 }), fuse(40, { parent: 0 })],
      outlets: [charger({ rotation: 'L3' }, { phases: 1 }), charger({ maxAmps: 32 }, { phases: 2 })],
      tickMs: 15_000,
    })
    const seen = new Set<string>()
    play(plan, { ticks: 82, noise }, (now) => {
      if (now.tick > 40) seen.add(JSON.stringify(orders(now)))
    })
    expect([...seen]).toHaveLength(1)
  })

  it('lets nobody rise on what a car evens out that is stopped in the same tick', () => {
    const plan = site({
      circuits: [fuse(28, { unbalanceAmps: 16 }), fuse(16, { parent: 0 })],
      outlets: [
        charger({}, { phases: 1 }),
        charger({ rotation: 'L3L1L2' }, { phases: 2 }),
        charger({ circuit: 1, rotation: 'L2' }, { phases: 1 }),
      ],
      events: [{ tick: 4, which: 1, kind: 'limit', amps: 0, ticks: 1 }],
    })
    const { ada, bob, cid } = orders(play(plan, { ticks: 5 }))
    expect(cid).toBe(0)
    expect((ada ?? NaN) + (bob ?? NaN)).toBeLessThanOrEqual(16)
  })
})
