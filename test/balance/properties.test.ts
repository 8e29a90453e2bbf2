/** What holds for every input: random trees, chargers in any condition, numbers that are none. */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { allocate, initialBalanceState } from '../../src/balance/allocate.ts'
import type { BalanceInput, Outlet } from '../../src/model/balance-input.ts'
import type { Circuit } from '../../src/model/circuit.ts'
import { PHASES, ROTATIONS, rotation } from '../../src/model/phase.ts'
import type { Phase } from '../../src/model/phase.ts'
import { SETTINGS, amps, circuit, driven, outlet, play, session, site } from './site.ts'
import type { Result } from './site.ts'

const AT = 100_000
const EPSILON = 1e-5

/** Currents as they come, and as they should never come. */
const wild = (most: number) =>
  fc.oneof(
    { weight: 12, arbitrary: fc.integer({ min: 0, max: most * 10 }).map((tenths) => tenths / 10) },
    { weight: 1, arbitrary: fc.constantFrom(NaN, Infinity, -Infinity, -1, 1e9) },
  )
const tame = (most: number) => fc.integer({ min: 0, max: most * 10 }).map((tenths) => tenths / 10)
type Currents = typeof wild

function treeOf(currents: Currents, meters: boolean): fc.Arbitrary<Circuit[]> {
  const one = fc.record({
    parent: fc.nat(),
    limit: fc.record({ L1: currents(100), L2: currents(100), L3: currents(100) }),
    meter: meters ? fc.boolean() : fc.constant(false),
    failSafe: currents(40),
  })
  return fc.array(one, { minLength: 1, maxLength: 6 }).map((parts) =>
    parts.map((part, place) => ({
      id: `c${place}`,
      parentId: place === 0 ? null : `c${part.parent % place}`,
      limitAmps: part.limit,
      meterId: part.meter ? `m${place}` : null,
      failSafeAmps: part.failSafe,
      carsMaxWatts: null,
      unbalanceAmps: null,
    })),
  )
}

function outletsOf(currents: Currents): fc.Arbitrary<Outlet[]> {
  const ago = fc.integer({ min: 0, max: 30_000 }).map((ms) => AT - ms)
  const one = fc.record({
    circuit: fc.nat({ max: 5 }),
    rotation: fc.constantFrom(...ROTATIONS),
    maxAmps: currents(40),
    stepAmps: fc.constantFrom(0.1, 0.5, 1, 2),
    wanted: fc.boolean(),
    profile: fc.option(currents(40)),
    online: fc.integer({ min: 0, max: 7 }).map((dice) => dice > 0),
    fallbackAmps: currents(16),
    fallbackSureAt: fc.option(ago),
    confirmedAmps: fc.option(currents(32), { freq: 8 }),
    pendingAmps: fc.option(currents(32), { freq: 2 }),
    previousAmps: currents(32),
    confirmedAt: ago,
    measuredAmps: fc.option(fc.array(fc.option(currents(32), { freq: 8 }), { maxLength: 3 }), { freq: 6 }),
    measuredAt: ago,
  })
  return fc.array(one, { maxLength: 8 }).map((parts) =>
    parts.map(({ circuit: place, rotation: name, profile, ...part }, index) =>
      outlet(`o${index}`, {
        ...part,
        circuitId: `c${place}`,
        rotation: rotation(name),
        refusal: part.wanted ? null : 'no-vehicle',
        profile: profile === null ? null : { amps: profile, source: 'CSMS' },
      }),
    ),
  )
}

function inputs(currents: Currents): fc.Arbitrary<BalanceInput> {
  return fc
    .record({
      circuits: treeOf(currents, true),
      outlets: outletsOf(currents),
      loads: fc.array(currents(120), { minLength: 18, maxLength: 18 }),
      age: fc.nat({ max: 12_000 }),
    })
    .map(({ circuits, outlets, loads, age }) =>
      site({
        at: AT,
        circuits,
        outlets: outlets.filter((one) => circuits.some((other) => other.id === one.circuitId)),
        meters: circuits.flatMap((one, place) =>
          one.meterId === null
            ? []
            : [
                {
                  meterId: one.meterId,
                  amps: { L1: loads[place * 3]!, L2: loads[place * 3 + 1]!, L3: loads[place * 3 + 2]! },
                  takenAt: AT - age,
                },
              ],
        ),
      }),
    )
}

/** Two ticks of the same input, all its times shifted: the second one may raise. */
const LATER_MS = 9_000
const shift = (at: number): number => at + LATER_MS
function twice(input: BalanceInput): readonly [Result, Result] {
  const first = allocate(input, initialBalanceState)
  const second = {
    ...input,
    at: shift(input.at),
    meters: input.meters.map((one) => ({ ...one, takenAt: shift(one.takenAt) })),
    outlets: input.outlets.map((one) => ({
      ...one,
      measuredAt: shift(one.measuredAt),
      confirmedAt: shift(one.confirmedAt),
    })),
  }
  return [first, allocate(second, first.state)]
}

function pathOf(input: BalanceInput, id: string): readonly string[] {
  const parent = input.circuits.find((one) => one.id === id)?.parentId ?? null
  return parent === null ? [id] : [id, ...pathOf(input, parent)]
}

function below(input: BalanceInput, circuitId: string, phase: Phase): readonly Outlet[] {
  return input.outlets.filter((one) => one.rotation.includes(phase) && pathOf(input, one.circuitId).includes(circuitId))
}

function each(result: Result, test: (circuitId: string, phase: Phase, available: number) => void): void {
  for (const load of result.loads) for (const phase of PHASES) test(load.circuitId, phase, load.availableAmps[phase])
}

/** The plain reading of the rules, apart from the code under test. */
function worstOf(one: Outlet): number {
  const orders = [one.confirmedAmps ?? one.maxAmps, one.pendingAmps ?? 0]
  if (AT < one.confirmedAt + SETTINGS.settleMs) orders.push(one.previousAmps)
  const measured = (one.measuredAmps ?? []).slice(0, one.rotation.length).map((value) => value ?? 0)
  if (one.online) return Math.max(...orders, ...measured)
  const fallen = one.fallbackSureAt !== null && one.fallbackSureAt !== undefined && AT + LATER_MS >= one.fallbackSureAt
  return fallen ? one.fallbackAmps : Math.max(one.fallbackAmps, ...orders)
}

const check = <T>(arbitrary: fc.Arbitrary<T>, numRuns: number, test: (value: T) => void): void =>
  fc.assert(fc.property(arbitrary, test), { numRuns, seed: 1 })

describe('every set-point', () => {
  it('is 0 or within the range, on the grid, and not above the profile, whatever the input', () => {
    check(inputs(wild), 2000, (input) => {
      for (const result of twice(input)) {
        expect(result.allocations).toHaveLength(input.outlets.length)
        for (const { outletId, amps: given } of result.allocations) {
          const one = input.outlets.find((other) => other.id === outletId)!
          if (given === 0) continue
          expect(given).toBeGreaterThanOrEqual(6)
          expect(given).toBeLessThanOrEqual(one.maxAmps)
          if (one.profile !== null) expect(given).toBeLessThanOrEqual(one.profile.amps)
          expect(Math.abs(given / one.stepAmps - Math.round(given / one.stepAmps))).toBeLessThan(1e-6)
          expect(one.wanted && one.online).toBe(true)
        }
      }
    })
  })

  it('does not depend on the order of the input, nor on anything outside of it', () => {
    check(fc.tuple(inputs(wild), fc.infiniteStream(fc.nat())), 500, ([input, stream]) => {
      const shuffled = <T>(items: readonly T[]): T[] =>
        items
          .map((item) => ({ item, key: stream.next().value ?? 0 }))
          .toSorted((a, b) => a.key - b.key)
          .map(({ item }) => item)
      const other = {
        ...input,
        circuits: shuffled(input.circuits),
        outlets: shuffled(input.outlets),
        meters: shuffled(input.meters),
      }
      const before = structuredClone(input)
      expect(twice(other)).toEqual(twice(input))
      expect(twice(input)).toEqual(twice(input))
      expect(input).toEqual(before)
    })
  })

  it('is not raised by a number that is none', () => {
    const fields = [
      'maxAmps',
      'minAmps',
      'stepAmps',
      'fallbackAmps',
      'confirmedAmps',
      'pendingAmps',
      'confirmedAt',
      'previousAmps',
      'measuredAt',
    ] as const
    check(
      fc.tuple(inputs(tame), fc.constantFrom(...fields), fc.constantFrom(NaN, Infinity, -3), fc.nat()),
      2000,
      ([input, field, bad, which]) => {
        if (input.outlets.length === 0) return
        const place = which % input.outlets.length
        const spoilt = input.outlets.map((one, index) => (index === place ? { ...one, [field]: bad } : one))
        const good = allocate(input, initialBalanceState)
        const worse = allocate({ ...input, outlets: spoilt }, initialBalanceState)
        const id = input.outlets[place]!.id
        const held = Math.max(input.outlets[place]!.confirmedAmps ?? 0, input.outlets[place]!.pendingAmps ?? 0)
        expect(amps(worse)[id]).toBeLessThanOrEqual(Math.max(amps(good)[id]!, held))
      },
    )
  })
})

describe('every circuit and phase', () => {
  it('carries what is ordered, beside chargers that are out of reach', () => {
    check(inputs(tame), 3000, (input) => {
      for (const result of twice(input)) {
        const given = amps(result)
        each(result, (circuitId, phase, available) => {
          const ordered = below(input, circuitId, phase).reduce((sum, one) => sum + given[one.id]!, 0)
          const away = below(input, circuitId, phase).reduce((sum, one) => sum + (one.online ? 0 : one.fallbackAmps), 0)
          if (ordered > 0) expect(ordered + away).toBeLessThanOrEqual(available + EPSILON)
        })
      }
    })
  })

  it('has room for an increase in every interleaving: each charger at the old, the new or the measured current', () => {
    let rises = 0
    check(inputs(tame), 4000, (input) => {
      const [, result] = twice(input)
      const given = amps(result)
      each(result, (circuitId, phase, available) => {
        const all = below(input, circuitId, phase)
        const rising = all.filter(
          (one) =>
            one.confirmedAmps !== null && given[one.id]! > Math.max(one.confirmedAmps, one.pendingAmps ?? 0) + 0.1,
        )
        if (rising.length === 0) return
        rises++
        const worst = all.reduce((sum, one) => sum + Math.max(given[one.id]!, worstOf(one)), 0)
        expect(worst).toBeLessThanOrEqual(available + EPSILON)
      })
    })
    expect(rises).toBeGreaterThan(100)
  })

  it('gets no more when its limit is lowered', () => {
    const sites = fc.record({
      circuits: treeOf(tame, false),
      outlets: outletsOf(tame),
      which: fc.nat(),
      phase: fc.constantFrom(...PHASES),
      cut: fc.double({ min: 0, max: 1, noNaN: true }),
    })
    check(sites, 300, ({ circuits, outlets, which, phase, cut }) => {
      const plain = outlets
        .filter((one) => circuits.some((other) => other.id === one.circuitId))
        .map((one) =>
          outlet(one.id, {
            circuitId: one.circuitId,
            rotation: one.rotation,
            maxAmps: one.maxAmps,
            wanted: one.wanted,
            profile: one.profile,
          }),
        )
      const input = site({ circuits, outlets: plain })
      const target = circuits[which % circuits.length]!
      const tighter = circuits.map((one) =>
        one.id === target.id ? { ...one, limitAmps: { ...one.limitAmps, [phase]: one.limitAmps[phase] * cut } } : one,
      )
      const totalOf = (result: Result): number =>
        below(input, target.id, phase).reduce((sum, one) => sum + amps(result)[one.id]!, 0)
      const rounding = below(input, target.id, phase).length * 0.1
      expect(totalOf(play({ ...input, circuits: tighter }, 20))).toBeLessThanOrEqual(
        totalOf(play(input, 20)) + rounding + EPSILON,
      )
    })
  })
})

describe('fair turns', () => {
  it('serves everyone who could be served alone, sooner or later', () => {
    const sites = fc.record({
      limit: fc.integer({ min: 6, max: 20 }),
      names: fc.array(fc.constantFrom(...ROTATIONS), { minLength: 2, maxLength: 6 }),
    })
    check(sites, 12, ({ limit, names }) => {
      const settings = { ...SETTINGS, settleMs: 0, quantumWh: 500 }
      const circuits = [circuit('main', limit)]
      let now: readonly Outlet[] = names.map((name, index) =>
        outlet(`o${index}`, { rotation: rotation(name), session: session(`s${index}`, 0) }),
      )
      let result = allocate(site({ settings, circuits, outlets: now }), initialBalanceState)
      const served = new Set<string>()
      // A tick each 20 s is enough here: a turn lasts half an hour at least, and until the quantum is there.
      for (let at = 20_000; at < names.length * 2 * 3_600_000 && served.size < names.length; at += 20_000) {
        const given = amps(result)
        now = now.map((one) => driven(one, given[one.id]!, at, 20_000))
        result = allocate(site({ at, settings, circuits, outlets: now }), result.state)
        for (const one of result.allocations) if (one.amps > 0) served.add(one.outletId)
      }
      expect(served.size).toBe(names.length)
    })
  })
})
