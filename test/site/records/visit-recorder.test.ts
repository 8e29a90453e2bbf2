import { expect, test } from 'vitest'
import type { Outlet } from '../../../src/model/balance-input.ts'
import type { VisitRecord } from '../../../src/model/site-sample.ts'
import { VisitRecorder } from '../../../src/site/records/visit-recorder.ts'
import { outlet, session } from './outlets.ts'

const WALL = Date.parse('2026-11-22T17:00:00Z')
const ABSENT: Partial<Outlet> = { wanted: false, refusal: 'no-vehicle' }
const STANDS: Partial<Outlet> = { wanted: false, refusal: 'not-authorised' }

function rig(startAt = 0) {
  const stored: VisitRecord[] = []
  const recorder = new VisitRecorder({
    places: [{ outletId: 'box/1', stationId: 'CP-1', evse: 1 }],
    store: (visit) => stored.push(visit),
  })
  let at = startAt
  /** So many ticks of a second, with fresh measurements where there are any. */
  const run = (seconds: number, over: Partial<Outlet>, orderedAmps = 16): void => {
    for (let second = 0; second < seconds; second++, at += 1000) {
      const seen = outlet('box/1', { measuredAt: at, ...over })
      recorder.observe(
        [seen],
        [{ outletId: 'box/1', amps: orderedAmps, binding: { kind: 'device' }, rank: null }],
        at,
        WALL + at,
      )
    }
  }
  return { stored, recorder, run }
}

test('a visit lasts from the car to its departure; the session of it tells the rest', () => {
  const { stored, run } = rig()
  run(10, ABSENT)
  run(20, STANDS)
  const wish = { wantedWh: 12_000, departsAt: 7_200_000, commitment: { energyWh: 9000, byAt: 7_200_000 }, priority: 2 }
  run(120, { session: session({ energyWh: 100, ...wish }), measuredAmps: [15.9, 16, 0.2] })
  run(10, { session: session({ energyWh: 7400, ...wish }), measuredAmps: [10, 10, 0.2] })
  run(30, STANDS)
  run(15, ABSENT)
  expect(stored.at(-1)).toEqual({
    sessionId: 'T1',
    stationId: 'CP-1',
    evse: 1,
    circuitId: 'garage',
    arrivedAt: WALL + 10_000,
    leftAt: WALL + 190_000,
    energyWh: 7400,
    full: false,
    phases: 2,
    highestAmps: 16,
    wantedWh: 12_000,
    departsAt: WALL + 7_200_000,
    commitment: { energyWh: 9000, byAt: WALL + 7_200_000 },
    priority: 2,
    pauses: 0,
  })
  // it was stored when it became known, too
  expect(stored[0]).toMatchObject({ sessionId: 'T1', leftAt: null })
})

test('a visit is stored when something of it changes, at most once a minute, and for its energy now and then', () => {
  const { stored, run } = rig()
  for (let energyWh = 0; energyWh < 3600; energyWh++)
    run(1, { session: session({ energyWh }), measuredAmps: [16, 16, 16] })
  expect(stored.length).toBeLessThanOrEqual(6)
  expect(stored.length).toBeGreaterThanOrEqual(4)
})

test('a moment without a vehicle is a bad reading, and a charger that is silent tells nothing', () => {
  const { stored, run } = rig()
  run(5, { session: session() })
  run(9, ABSENT)
  run(5, { session: session() })
  run(600, { ...ABSENT, online: false })
  run(5, { ...ABSENT, refusal: 'unavailable' })
  expect(stored.filter(({ leftAt }) => leftAt !== null)).toEqual([])
  run(11, ABSENT)
  expect(stored.filter(({ leftAt }) => leftAt !== null)).toHaveLength(1)
})

test('phases count when they were seen for a while; a charger that does not measure tells none', () => {
  const { stored, run } = rig()
  run(2, { session: session(), measuredAmps: [16, 16, 16] })
  run(5, { session: session(), measuredAmps: [null, 14, 0] })
  run(20, ABSENT)
  expect(stored.at(-1)).toMatchObject({ phases: 1, highestAmps: 16 })
  run(5, { session: session({ id: 'T2' }) })
  run(20, ABSENT)
  expect(stored.at(-1)).toMatchObject({ sessionId: 'T2', phases: null, highestAmps: null })
})

test('a car is full when it takes nothing of what it is offered, and not when it never took any', () => {
  const { stored, run } = rig()
  run(10, { session: session(), measuredAmps: [16, 16, 16] })
  run(301, { session: session(), measuredAmps: [0, 0.1, 0] })
  run(11, ABSENT)
  expect(stored.at(-1)?.full).toBe(true)
  run(10, { session: session({ id: 'T2' }), measuredAmps: [16, 16, 16] })
  run(600, { session: session({ id: 'T2' }), measuredAmps: [0, 0, 0], confirmedAmps: 0 }, 0)
  run(11, ABSENT)
  expect(stored.at(-1)).toMatchObject({ sessionId: 'T2', full: false, pauses: 1 })
  run(600, { session: session({ id: 'T3' }), measuredAmps: [0, 0, 0] })
  run(11, ABSENT)
  expect(stored.at(-1)).toMatchObject({ sessionId: 'T3', full: false })
})

test('only pauses that we order count', () => {
  const { stored, run } = rig()
  const charging: Partial<Outlet> = { session: session(), measuredAmps: [10, 10, 10] }
  run(5, charging, 10)
  run(5, charging, 0)
  run(5, charging, 6)
  run(5, STANDS, 0)
  run(5, charging, 6)
  run(20, ABSENT, 0)
  expect(stored.at(-1)?.pauses).toBe(1)
})

test('sessions of one visit add up', () => {
  const { stored, run } = rig()
  run(5, { session: session({ energyWh: 3000 }) })
  run(5, STANDS)
  run(5, { session: session({ id: 'T2', energyWh: 500 }) })
  run(20, ABSENT)
  expect(stored.at(-1)).toMatchObject({ sessionId: 'T1', energyWh: 3500 })
})

test('a car that nobody authorised has been here, too', () => {
  const { stored, run } = rig()
  run(100, STANDS)
  run(20, ABSENT)
  expect(stored).toMatchObject([{ sessionId: 'box/1 2026-11-22T17:00:00.000Z', energyWh: 0, leftAt: WALL + 100_000 }])
})

const EARLIER: VisitRecord = {
  sessionId: 'T1',
  stationId: 'CP-1',
  evse: 1,
  circuitId: 'garage',
  arrivedAt: WALL - 3_600_000,
  leftAt: null,
  energyWh: 5000,
  full: false,
  phases: 2,
  highestAmps: 16,
  wantedWh: null,
  departsAt: null,
  commitment: null,
  priority: 1,
  pauses: 3,
}

test('after a restart a visit goes on where it was', () => {
  const { stored, recorder, run } = rig()
  recorder.resume([EARLIER])
  run(5, { ...ABSENT, online: false })
  run(5, { session: session({ energyWh: 5200 }) })
  run(20, ABSENT)
  expect(stored.at(-1)).toEqual({ ...EARLIER, leftAt: WALL + 10_000, energyWh: 5200 })
})

test('after a restart a car whose session is over keeps what it got', () => {
  const { stored, recorder, run } = rig()
  recorder.resume([EARLIER])
  run(5, STANDS)
  run(20, ABSENT)
  expect(stored.at(-1)).toEqual({ ...EARLIER, leftAt: WALL + 5000 })
})

test('a car that left while the bridge was down has left when the next one came, or when none is seen', () => {
  const gone = rig()
  gone.recorder.resume([EARLIER])
  gone.run(1, ABSENT)
  expect(gone.stored).toEqual([{ ...EARLIER, leftAt: WALL }])
  const other = rig(1_000_000)
  other.recorder.resume([EARLIER])
  other.run(5, { session: session({ id: 'T9', startedAt: 400_000 }) })
  expect(other.stored[0]).toEqual({ ...EARLIER, leftAt: WALL + 400_000 })
  expect(other.stored[1]).toMatchObject({ sessionId: 'T9', arrivedAt: WALL + 400_000 })
})

test('a visit at a place that the site has no more is ended', () => {
  const { stored, recorder } = rig()
  recorder.resume([{ ...EARLIER, stationId: 'gone' }])
  expect(stored).toEqual([{ ...EARLIER, stationId: 'gone', leftAt: EARLIER.arrivedAt }])
})
