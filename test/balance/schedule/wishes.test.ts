import { describe, expect, it } from 'vitest'
import { settable } from '../../../src/balance/known/known-outlet.ts'
import { wishesOf } from '../../../src/balance/schedule/wishes.ts'
import type { Candidate } from '../../../src/balance/schedule/candidate.ts'
import type { Circuit } from '../../../src/model/circuit.ts'
import type { ControllerParameters } from '../../../src/model/controller-parameters.ts'
import { PLAIN_PARAMETERS } from '../../../src/model/controller-parameters.ts'
import type { Outlet } from '../../../src/model/balance-input.ts'
import { circuit, outlet, session, site } from '../site.ts'
import { knownCar, stagesOf } from '../stages.ts'
import type { Remembered } from '../stages.ts'

const AT = 1_000_000

/** One car: what is in force, and what it should get. */
interface Car extends Remembered {
  readonly has: number
  readonly target: number
  readonly outlet?: Partial<Outlet>
  readonly change?: Partial<Candidate>
}

/** What each stays at and what it should rise to, in words: `16`, or `10 to 16`. */
function wishes(
  cars: Readonly<Record<string, Car>>,
  {
    circuits = [circuit('main', 32)],
    parameters = {},
  }: { circuits?: readonly Circuit[]; parameters?: Partial<ControllerParameters> } = {},
) {
  const outlets = Object.entries(cars).map(([id, { has, outlet: more }]) =>
    outlet(id, { session: session(id, 0), confirmedAmps: has, measuredAt: AT, ...more }),
  )
  const input = site({ at: AT, circuits, outlets, parameters: { ...PLAIN_PARAMETERS, ...parameters } })
  const known = Object.fromEntries(Object.entries(cars).map(([id, one]) => [id, { car: knownCar(32), ...one }]))
  const { candidates, capacityWith, taken, tree } = stagesOf(input, known)
  const targets = candidates.map((one) => {
    const { target, change } = cars[one.outlet.id]!
    return { candidate: { ...one, ...change }, amps: target, slot: null }
  })
  return Object.fromEntries(
    wishesOf(targets, capacityWith(), taken, input, tree).map(({ candidate, stayAmps, riseAmps }) => [
      candidate.outlet.id,
      riseAmps > stayAmps ? `${stayAmps} to ${riseAmps}` : `${stayAmps}`,
    ]),
  )
}

const still = (ms: number, target: number) => wishes({ a: { has: 10, target, memory: { changedAt: AT - ms } } }).a

describe('a set-point', () => {
  it('rises where clearly more is there, at once', () => {
    expect(wishes({ a: { has: 10, target: 16 } })).toEqual({ a: '10 to 16' })
  })

  it('stays where only a little more is there, until it was still for a minute; less than the dead band never counts', () => {
    expect(still(59_000, 11.5)).toBe('10')
    expect(still(60_000, 11.5)).toBe('10 to 11.5')
    expect(still(600_000, 10.9)).toBe('10')
  })

  it('keeps asking for a rise that was granted and not sent yet', () => {
    const granted = { has: 10, target: 11, memory: { orderedAmps: 11, changedAt: AT - 1000 } }
    expect(wishes({ a: granted })).toEqual({ a: '10 to 11' })
  })

  it('needs more for a rise where the controller’s dead band is wider', () => {
    expect(wishes({ a: { has: 10, target: 13 } }, { parameters: { chargerDeadBandAmps: 4 } })).toEqual({ a: '10' })
  })

  it('stays above its target as long as nobody needs the difference', () => {
    expect(wishes({ a: { has: 20, target: 16 } })).toEqual({ a: '20' })
  })

  it('comes down at once to what its car takes, and to its profile', () => {
    expect(wishes({ a: { has: 20, target: 10, car: knownCar(10) } })).toEqual({ a: '10' })
    const profile = { profile: { amps: 12.5, source: 'CSMS' }, stepAmps: 1 }
    expect(wishes({ a: { has: 20, target: 12, outlet: profile } })).toEqual({ a: '12' })
  })

  it('of one that was ordered to pause is 0, although that is not read back yet: it starts anew', () => {
    expect(wishes({ a: { has: 16, target: 16, memory: { orderedAmps: 0 } } })).toEqual({ a: '0 to 16' })
  })
})

describe('a limit', () => {
  it('cuts who is furthest above its target first', () => {
    const both = { a: { has: 20, target: 12 }, b: { has: 16, target: 12 } }
    expect(wishes(both, { circuits: [circuit('main', 28)] })).toEqual({ a: '12', b: '16' })
    expect(wishes(both, { circuits: [circuit('main', 26)] })).toEqual({ a: '12', b: '14' })
  })

  it('cuts the last in order where all are equally above', () => {
    const both = { a: { has: 16, target: 10 }, b: { has: 16, target: 10 } }
    expect(wishes(both, { circuits: [circuit('main', 29)] })).toEqual({ a: '16', b: '13' })
  })

  it('cuts by whole steps, not below a target', () => {
    const whole = { outlet: { stepAmps: 1 } }
    const both = { a: { has: 16, target: 10, ...whole }, b: { has: 16, target: 10, ...whole } }
    expect(wishes(both, { circuits: [circuit('main', 30.5)] })).toEqual({ a: '16', b: '14' })
  })

  it('of W counts each phase of a car', () => {
    // 4.6 kW with a margin of 1 % are 19.8 A over all phases: 6.6 A on each of three.
    const circuits = [circuit('main', 32, { carsMaxWatts: 4600 })]
    expect(wishes({ a: { has: 16, target: 6 } }, { circuits })).toEqual({ a: '6.6' })
  })
})

describe('room for one that should get more', () => {
  it('that starts is made by all that are above their target, and by no more than is needed', () => {
    expect(wishes({ a: { has: 32, target: 16 }, b: { has: 0, target: 16 } })).toEqual({ a: '16', b: '0 to 16' })
    const wide = { circuits: [circuit('main', 40)] }
    expect(wishes({ a: { has: 32, target: 16 }, b: { has: 0, target: 16 } }, wide)).toEqual({ a: '24', b: '0 to 16' })
  })

  it('that keeps a promise is made down to what keeps it', () => {
    const promise = { has: 14, target: 16, change: { requiredAmps: 16 } }
    expect(wishes({ a: { has: 18, target: 16 }, b: promise })).toEqual({ a: '16', b: '14 to 16' })
  })

  it('that is a little below its share is made by nobody who is a little above', () => {
    expect(wishes({ a: { has: 17, target: 16 }, b: { has: 15, target: 16 } })).toEqual({ a: '17', b: '15 to 16' })
  })

  it('is not made by those on other circuits', () => {
    const circuits = [circuit('main', 20), circuit('other', 32)]
    const elsewhere = { has: 32, target: 16, outlet: { circuitId: 'other' } }
    expect(wishes({ a: { has: 0, target: 16 }, b: elsewhere }, { circuits })).toEqual({ a: '0 to 16', b: '32' })
  })
})

describe('the site dead band of the station controller', () => {
  const parameters = { siteDeadBandAmps: 5 }
  const rising = { has: 10, target: 15 }

  it('holds who charges until so much has become free on the supply', () => {
    expect(wishes({ a: rising }, { parameters, circuits: [circuit('main', 14.9)] })).toEqual({ a: '10' })
    expect(wishes({ a: rising }, { parameters, circuits: [circuit('main', 15)] })).toEqual({ a: '10 to 15' })
  })

  it('counts the phase that has least', () => {
    const uneven = [circuit('main', 0, { limitAmps: { L1: 32, L2: 14, L3: 32 } })]
    expect(wishes({ a: rising }, { parameters, circuits: uneven })).toEqual({ a: '10' })
  })

  it('counts the supply and not the branch', () => {
    const circuits = [circuit('house', 32), circuit('main', 14, { parentId: 'house' })]
    expect(wishes({ a: { ...rising, target: 14 } }, { parameters, circuits })).toEqual({ a: '10 to 14' })
  })

  it('keeps nobody from starting', () => {
    const starting = { has: 0, target: 8 }
    expect(wishes({ a: starting }, { parameters, circuits: [circuit('main', 8)] })).toEqual({ a: '0 to 8' })
    expect(wishes({ a: starting }, { parameters, circuits: [circuit('main', 4)] }).a).toMatch(/^0/)
  })

  it('hinders no cut', () => {
    const circuits = [circuit('main', 14)]
    expect(wishes({ a: { has: 16, target: 14 } }, { parameters, circuits })).toEqual({ a: '14' })
  })

  it('is off at 0, as it is without a station controller', () => {
    expect(wishes({ a: rising }, { circuits: [circuit('main', 14.9)] })).toEqual({ a: '10 to 15' })
  })
})

const known = (more: Partial<Outlet>) => stagesOf(site({ outlets: [outlet('a', more)] })).seen[0]!.outlet

describe('a set-point that the charger knows', () => {
  it('is the highest step not above, within its range; below the minimum it is a pause', () => {
    expect(settable(known({ stepAmps: 1 }), 15.9)).toBe(15)
    expect(settable(known({ maxAmps: 16 }), 20)).toBe(16)
    expect(settable(known({}), 5.9)).toBe(0)
    expect(settable(known({ profile: { amps: 5, source: 'CSMS' } }), 20)).toBe(0)
  })
})
