import { describe, expect, it } from 'vitest'
import { bindingOfSlot, boundOf, refusalOf, waitingReason } from '../../src/balance/bindings.ts'
import type { Wiring } from '../../src/balance/bindings.ts'
import { perSlot, powerSlotOf, slotOf, unbalanceSlotOf } from '../../src/balance/known/tree.ts'
import type { CircuitMeter } from '../../src/balance/measure/meters.ts'
import type { Candidate } from '../../src/balance/schedule/candidate.ts'
import type { BalanceInput, Outlet } from '../../src/model/balance-input.ts'
import { PLAIN_PARAMETERS } from '../../src/model/controller-parameters.ts'
import { everyPhase } from '../../src/model/phase.ts'
import type { SiteLimit } from '../../src/model/site-limit.ts'
import { circuit, outlet, session, site } from './site.ts'
import { knownCar, stagesOf, steadyBuilding } from './stages.ts'
import type { Remembered } from './stages.ts'

const AT = 1000
const MAIN = 0
const fresh = (amps: number): CircuitMeter => ({
  trust: 'fresh',
  amps: everyPhase(amps),
  takenAt: AT,
  contradictedBy: null,
})

/** One outlet on one circuit, with the wiring that explains it. */
function explained(
  { outlet: more = {}, ...parts }: Partial<BalanceInput> & { outlet?: Partial<Outlet> } = {},
  remembered: Remembered = {},
  meter: CircuitMeter | null = null,
  building = steadyBuilding(meter?.amps?.L1 ?? 0),
) {
  const outlets = [outlet('a', { session: session('a', 0), measuredAt: AT, ...more })]
  const input = site({ at: AT, circuits: [circuit('main', 63)], outlets, ...parts })
  const { tree, limits, candidates, capacityWith, taken } = stagesOf(input, { a: remembered })
  const capacity = capacityWith([meter], new Map(meter === null ? [] : [['main', building]]))
  const wiring: Wiring = { tree, limits, capacity, voltage: 230, ofSlot: new Map() }
  return { candidate: candidates[0]!, wiring, taken }
}

const refused = (more: Partial<Outlet>) => refusalOf(explained({ outlet: more }).candidate.outlet)

describe('who gets nothing before any sharing', () => {
  it.each([
    [
      'is away',
      { online: false },
      { kind: 'hold', reason: 'the charger does not answer: its fallback counts as drawn' },
    ],
    [
      'hangs on no known circuit',
      { circuitId: 'x' },
      { kind: 'hold', reason: 'its circuit, wiring or range is not known' },
    ],
    ['has no vehicle', { wanted: false, refusal: 'no-vehicle' }, { kind: 'no-vehicle' }],
    ['is not authorised', { wanted: false, refusal: 'not-authorised' }, { kind: 'not-authorised' }],
    ['wants nothing', { wanted: false, refusal: null }, { kind: 'hold', reason: 'no current is wanted' }],
    ['has a profile of 0', { profile: { amps: 0, source: 'CSMS' } }, { kind: 'profile', source: 'CSMS' }],
    ['has a range that allows none', { maxAmps: 5 }, { kind: 'device' }],
  ] as const)('%s', (_, more, binding) => {
    expect(refused(more)).toEqual(binding)
  })
})

const bound = (amps: number, slot: number | null, more: Partial<Outlet> = {}, remembered: Remembered = {}) => {
  const { candidate, wiring } = explained({ outlet: more }, remembered)
  return boundOf({ candidate, amps, slot }, wiring)
}

describe('what bound the share of one that charges', () => {
  it('is the slot that was full', () => {
    expect(bound(20, slotOf(MAIN, 1))).toMatchObject({ kind: 'circuit', circuitId: 'main', phase: 'L2', limitAmps: 63 })
  })

  it('is the car that takes no more, or is full', () => {
    expect(bound(16, null, {}, { car: knownCar(16) })).toEqual({ kind: 'car' })
    expect(bound(6, null, {}, { car: { fullSince: 0 } })).toEqual({ kind: 'car' })
  })

  it('is the profile or the operator’s setting, whichever is lower, else the charger itself', () => {
    const profile = { amps: 20, source: 'CSMS' }
    expect(bound(20, null, { profile })).toEqual({ kind: 'profile', source: 'CSMS' })
    expect(bound(32, null)).toEqual({ kind: 'device' })
    const parameters = { ...PLAIN_PARAMETERS, outletMaxAmps: new Map([['a', 10]]) }
    const { candidate, wiring } = explained({ parameters, outlet: { profile } })
    expect(boundOf({ candidate, amps: 10, slot: null }, wiring)).toEqual({
      kind: 'profile',
      source: 'the operator’s setting',
    })
  })
})

describe('a slot that binds', () => {
  it('is a phase with who set its limit, and what the building takes of it', () => {
    const dso: SiteLimit = {
      id: 'one',
      source: 'dso',
      circuitId: 'main',
      maxAmps: everyPhase(40),
      carsMaxWatts: null,
      priority: 0,
      since: 0,
      until: null,
    }
    const { wiring } = explained({ limits: [dso] }, {}, fresh(25))
    expect(bindingOfSlot(slotOf(MAIN, 2), wiring)).toEqual({
      kind: 'circuit',
      circuitId: 'main',
      phase: 'L3',
      origin: 'dso',
      limitAmps: 40,
      buildingAmps: 25,
    })
  })

  it('is the fail-safe current while the meter is silent', () => {
    const { wiring } = explained({}, {}, { ...fresh(0), trust: 'silent', amps: null })
    expect(bindingOfSlot(slotOf(MAIN, 0), wiring)).toEqual({ kind: 'fail-safe', circuitId: 'main' })
  })

  it('is power in W as it was set, or the unbalance', () => {
    const circuits = [circuit('main', 63, { carsMaxWatts: 11_000, unbalanceAmps: 16 })]
    const { wiring } = explained({ circuits })
    const power = bindingOfSlot(powerSlotOf(MAIN), wiring)
    expect(power).toMatchObject({ kind: 'power', circuitId: 'main', origin: 'fuse' })
    expect(power.kind === 'power' ? power.limitWatts : 0).toBeCloseTo(11_000)
    expect(bindingOfSlot(unbalanceSlotOf(MAIN, 0), wiring)).toEqual({
      kind: 'unbalance',
      circuitId: 'main',
      limitAmps: 16,
    })
  })
})

const waits = (
  parts: Parameters<typeof explained>,
  change: Partial<Candidate> = {},
  refusedSlot?: number,
  takenAmps = 0,
) => {
  const { candidate, wiring } = explained(...parts)
  const taken = perSlot(wiring.tree).fill(takenAmps)
  return waitingReason({ ...candidate, ...change }, refusedSlot, taken, wiring, AT)
}

describe('why one waits', () => {
  it('is the rest after a pause, before all other reasons', () => {
    const resting = { memory: { restUntil: AT + 1 } }
    expect(waits([{}, resting], { mayWait: 'tariff' })).toEqual({ kind: 'hold', reason: 'rests after a pause' })
    expect(waits([{}, { memory: { restUntil: AT } }], { mayWait: 'tariff' })).toEqual({
      kind: 'wait',
      reason: 'tariff',
    })
  })

  it('is a meter on which nothing may rise', () => {
    expect(waits([{}, {}, { ...fresh(20), trust: 'ageing' }], { mayWait: 'tariff' })).toEqual({
      kind: 'hold',
      reason: 'waits for a fresh value of the meter',
    })
  })

  it('is a better hour, or a car that took none', () => {
    expect(waits([], { mayWait: 'peak', full: true })).toEqual({ kind: 'wait', reason: 'peak' })
    expect(waits([], { full: true })).toEqual({ kind: 'car' })
  })

  it('is the turn of others where it would fit alone', () => {
    expect(waits([], {}, slotOf(MAIN, 1))).toEqual({ kind: 'turn', circuitId: 'main' })
  })

  it('is what the building took within the last four minutes, where it would fit now', () => {
    const lately = steadyBuilding(20, { longPeaks: [{ from: -100_000, amps: everyPhase(60) }] })
    expect(waits([{}, {}, fresh(20), lately])).toEqual({
      kind: 'hold',
      reason: 'the building took more on circuit main within the last four minutes',
    })
  })

  it('is too little for anybody: by the fuse its minimum, else whoever set the limit', () => {
    expect(waits([{ circuits: [circuit('main', 5)] }])).toEqual({ kind: 'minimum', circuitId: 'main' })
    expect(waits([], {}, undefined, 58)).toEqual({ kind: 'minimum', circuitId: 'main' })
    const parameters = { ...PLAIN_PARAMETERS, circuitMaxAmps: new Map([['main', 5]]) }
    expect(waits([{ parameters }])).toMatchObject({ kind: 'circuit', origin: 'controller', limitAmps: 5 })
    const power = [circuit('main', 63, { carsMaxWatts: 1000 })]
    expect(waits([{ circuits: power }], {}, powerSlotOf(MAIN))).toMatchObject({ kind: 'power' })
  })
})
