import { expect, test } from 'vitest'
import { tickOf } from '../../src/study/tick-shape.ts'
import { car, tick } from './planner-site.ts'

const TICK = tick(1, [car('a'), car('b', { session: null })], 10)
const CAR = car('a')
const METER = { A: [1, 1, 1], ageS: 0 }

test('a tick is told as it came', () => {
  expect(tickOf({ ...TICK })).toEqual(TICK)
})

test('what is not measured is null', () => {
  const unknown = { ...CAR, A: [null, null, null], ageS: null, seenAgeS: null, setA: null }
  expect(tickOf({ ...TICK, chargers: [unknown] })).toEqual({ ...TICK, chargers: [unknown] })
})

test.each<[object, string]>([
  [{ t: undefined }, 't: is not a number'],
  [{ t: Infinity }, 't: is not a number'],
  [{ seq: '1' }, 'seq: is not a number'],
  [{ meters: [] }, 'meters: is not an object'],
  [{ limits: undefined }, 'limits: is not a list'],
  [{ chargers: {} }, 'chargers: is not a list'],
  [{ meters: { grid: null } }, 'meters.grid: is not an object'],
  [{ meters: { grid: { ...METER, A: [1, 1] } } }, 'meters.grid.A: is not a list of three numbers'],
  [{ meters: { grid: { A: [1, 1, 1] } } }, 'meters.grid.ageS: is not a number'],
  [{ limits: [5] }, 'limits.0: is not an object'],
  [{ limits: [{ source: 'boss', circuit: 'main' }] }, 'limits.0.source: is not dso or ems'],
  [{ limits: [{ source: 'dso' }] }, 'limits.0.circuit: is not a text'],
  [{ limits: [{ source: 'dso', circuit: 'main', maxA: 5 }] }, 'limits.0.maxA: is not a list of three numbers'],
  [{ limits: [{ source: 'dso', circuit: 'main', evMaxW: '5' }] }, 'limits.0.evMaxW: is not a number'],
  [{ chargers: [null] }, 'chargers.0: is not an object'],
  [{ chargers: [{}] }, 'chargers.0.id: is not a text'],
  [{ chargers: [CAR, { ...CAR, online: 1 }] }, 'chargers.1.online: is not true or false'],
  [{ chargers: [{ ...CAR, setA: '6' }] }, 'chargers.0.setA: is not a number'],
  [{ chargers: [{ ...CAR, A: [0, 0, '0'] }] }, 'chargers.0.A: is not a list of three numbers'],
  [{ chargers: [{ ...CAR, session: undefined }] }, 'chargers.0.session: is not an object, nor null'],
  [{ chargers: [{ ...CAR, session: { id: 's' } }] }, 'chargers.0.session.sinceT: is not a number'],
  [
    { chargers: [{ ...CAR, session: { ...CAR.session, csmsA: '7' } }] },
    'chargers.0.session.csmsA: is not a number, nor null',
  ],
  [
    { chargers: [{ ...CAR, session: { ...CAR.session, commit: { byT: 5 } } }] },
    'chargers.0.session.commit: lacks energyKWh or byT, and is not null',
  ],
])('%j is told with its place', (more, text) => {
  expect(tickOf({ ...TICK, ...more })).toBe(`tick: ${text}`)
})
