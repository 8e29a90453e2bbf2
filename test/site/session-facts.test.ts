/** What the core is told of a session: since when, how much, what is wanted; whatever the wall clock does. */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type SessionSight, sessionFacts, sessionStart } from '../../src/site/session-facts.ts'

const HOUR = 3_600_000
/** 2026-11-22 06:00 UTC by the station's clock, an hour after the bridge's start. */
const WALL = Date.UTC(2026, 10, 22, 6)
const MONOTONIC = HOUR

const sight = (over: Partial<SessionSight> = {}): SessionSight => ({
  start: { id: 'T', startedAt: 0 },
  startWh: 1000,
  meterWh: 4500,
  wish: null,
  priority: 1,
  wallAt: WALL,
  at: MONOTONIC,
  ...over,
})

describe('the begin of a session', () => {
  it('may lie before the bridge’s start', () => {
    const transaction = { id: 'T', startedAt: WALL - 3 * HOUR }
    expect(sessionStart(null, transaction, WALL, MONOTONIC)).toEqual({ id: 'T', startedAt: -2 * HOUR })
  })

  it('is found once: a wall clock that is set moves nothing', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1e13, max: 1e13 }), fc.nat(1e9), (jump, laterMs) => {
        const transaction = { id: 'T', startedAt: WALL - HOUR }
        const start = sessionStart(null, transaction, WALL, MONOTONIC)
        expect(sessionStart(start, transaction, WALL + laterMs + jump, MONOTONIC + laterMs)).toBe(start)
      }),
    )
  })

  it('is found anew for another session', () => {
    const start = sessionStart({ id: 'S', startedAt: 5 }, { id: 'T', startedAt: WALL }, WALL, MONOTONIC)
    expect(start).toEqual({ id: 'T', startedAt: MONOTONIC })
  })

  it.each([
    ['in the future, by a clock that was set back', WALL + HOUR, MONOTONIC],
    ['in 1970, by a clock that was not set', 5000, MONOTONIC - 31 * 24 * HOUR],
  ])('that was stamped %s is within reason', (_, startedAt, expected) => {
    expect(sessionStart(null, { id: 'T', startedAt }, WALL, MONOTONIC).startedAt).toBe(expected)
  })
})

describe('a session', () => {
  it('of which nothing was said has what it got, and the priority of its charger', () => {
    expect(sessionFacts(sight({ priority: 3 }))).toEqual({
      id: 'T',
      startedAt: 0,
      energyWh: 3500,
      wantedWh: null,
      departsAt: null,
      commitment: null,
      priority: 3,
      mayWait: null,
    })
  })

  it('never has less than nothing', () => {
    expect(sessionFacts(sight({ meterWh: 0 })).energyWh).toBe(0)
  })

  it('has its wishes by the monotonic clock', () => {
    const wish = { departsAt: WALL + 2 * HOUR, energyWh: 20_000, promised: false, priority: 7 }
    expect(sessionFacts(sight({ wish }))).toMatchObject({
      wantedWh: 20_000,
      departsAt: 3 * HOUR,
      commitment: null,
      priority: 7,
    })
    // the station's clock is set an hour ahead: the departure is that much nearer
    expect(sessionFacts(sight({ wish, wallAt: WALL + HOUR })).departsAt).toBe(2 * HOUR)
  })

  it('has a commitment where it was promised', () => {
    const wish = { departsAt: WALL + HOUR, energyWh: 9000, promised: true, priority: null }
    const facts = sessionFacts(sight({ wish, priority: 2 }))
    expect(facts).toMatchObject({ commitment: { energyWh: 9000, byAt: 2 * HOUR }, priority: 2 })
  })
})
