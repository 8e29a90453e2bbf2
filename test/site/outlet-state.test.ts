import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { NO_SIGNALS } from '../../src/model/signal.ts'
import {
  acknowledged,
  followableAmps,
  highestAmps,
  mustSend,
  observed,
  ordered,
  type OutletState,
  reconnected,
  shownAmps,
  UNKNOWN_OUTLET,
} from '../../src/site/outlet-state.ts'

/** An outlet at 16 A, confirmed at time 0. */
const AT_16: OutletState = { ...UNKNOWN_OUTLET, confirmedAmps: 16, previousAmps: 16 }

/** Ordered, acknowledged and read back. */
function cut(state: OutletState, amps: number, at: number): OutletState {
  return observed(acknowledged(ordered(state, amps, at), amps, at, true), amps, at + 1, true)
}

describe('two cuts within the time of a car', () => {
  it('leave the pilot before the first to be followed until its own time is over', () => {
    const first = cut(AT_16, 10, 1000)
    expect(followableAmps(first, 1500, 8000)).toBe(16)
    const second = cut(first, 6, 3000)
    expect(second).toMatchObject({ confirmedAmps: 6, previousAmps: 10 })
    expect(followableAmps(second, 3500, 8000)).toBe(16)
    expect(followableAmps(second, 9000, 8000)).toBe(16)
    expect(followableAmps(second, 9001, 8000)).toBe(10)
  })

  it('also over a reconnect, and however many they are', () => {
    let state = AT_16
    for (let amps = 15.9; amps > 13; amps -= 0.1) state = cut(state, amps, state.confirmedAt + 10)
    expect(state.older.length).toBeLessThan(10)
    expect(followableAmps(state, state.confirmedAt, 8000)).toBe(16)
    expect(followableAmps(reconnected(state), state.confirmedAt, 8000)).toBe(16)
  })
})

describe('what the device shows', () => {
  it('is 0 when it is disabled, whatever its limit says', () => {
    expect(shownAmps({ ...NO_SIGNALS, enabled: false, limit: 16 }, true)).toBe(0)
  })

  it('is unknown when it has an enabled signal and does not give it now', () => {
    expect(shownAmps({ ...NO_SIGNALS, enabled: null, limit: 16 }, true)).toBeNull()
  })

  it('is the limit when there is nothing else', () => {
    expect(shownAmps({ ...NO_SIGNALS, limit: 10 }, false)).toBe(10)
  })
})

describe('a decrease from 16 A to 8 A', () => {
  const sent = ordered(AT_16, 8, 1000)

  it('counts at 16 A until the device shows it', () => {
    const answered = acknowledged(sent, 8, 1100, true)
    expect(answered.confirmedAmps).toBe(16)
    expect(highestAmps(answered)).toBe(16)
    const read = observed(answered, 8, 1200, true)
    expect(read).toMatchObject({ confirmedAmps: 8, confirmedAt: 1200, previousAmps: 16, orders: [] })
  })

  it('is not confirmed by a value that was read before the write', () => {
    const answered = acknowledged(sent, 8, 1100, true)
    expect(observed(answered, 8, 1050, true).orders).toHaveLength(1)
  })

  it('is not confirmed while the device shows more, and is sent again after 3 s', () => {
    const answered = acknowledged(sent, 8, 1100, true)
    const read = observed(answered, 16, 1500, true)
    expect(read.orders).toHaveLength(1)
    expect(mustSend(read, 8, 3900)).toBe(false)
    expect(mustSend(read, 8, 4000)).toBe(true)
  })

  it('is confirmed by the answer to the write where the device has no read-back', () => {
    expect(acknowledged(sent, 8, 1100, false)).toMatchObject({ confirmedAmps: 8, previousAmps: 16, orders: [] })
  })

  it('is confirmed by less than ordered: the device may round down', () => {
    const answered = acknowledged(sent, 8, 1100, true)
    expect(observed(answered, 7, 1200, true).confirmedAmps).toBe(8)
  })

  it('is confirmed though a further cut already waits, and that one still counts', () => {
    const newer = ordered(acknowledged(sent, 8, 1100, true), 7, 1150)
    const read = observed(newer, 8, 1200, true)
    expect(read).toMatchObject({ confirmedAmps: 8, previousAmps: 16 })
    expect(read.orders.map(({ amps }) => amps)).toEqual([7])
  })
})

describe('what counts as drawn', () => {
  it('is the highest of all orders that may be on their way', () => {
    const twice = ordered(ordered(AT_16, 20, 0), 8, 10)
    expect(highestAmps(twice)).toBe(20)
  })

  it('is unknown before the device has shown anything', () => {
    expect(highestAmps(UNKNOWN_OUTLET)).toBeNull()
  })

  it('is what the device shows when somebody else raised it', () => {
    expect(observed(AT_16, 32, 5000, true).confirmedAmps).toBe(32)
  })

  it('keeps what was in force over a reconnect, until the device shows what it offers', () => {
    const back = reconnected(AT_16)
    expect(back).toMatchObject({ confirmedAmps: null, previousAmps: 16 })
    expect(observed(back, 6, 100, false).confirmedAmps).toBe(6)
  })
})

describe('a lost order', () => {
  it('is sent again when a charging device has shown less for 10 s', () => {
    const low = observed(AT_16, 6, 1000, true)
    expect(mustSend(low, 16, 10_999)).toBe(false)
    expect(mustSend(low, 16, 11_000)).toBe(true)
  })

  it('is not taken for lost while no car charges: many devices show 0 then', () => {
    expect(observed(AT_16, 0, 1000, false).lowSince).toBeNull()
  })
})

/** Whatever happens in whatever order, what counts as drawn is never below what the device was last ordered or shows. */
it('never counts less than the device may be offering', () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('order' as const), amps: fc.constantFrom(0, 6, 10, 16, 32) }),
    fc.record({ kind: fc.constant('arrive' as const), fate: fc.constantFrom('answered', 'answer lost', 'lost') }),
    fc.record({ kind: fc.constant('read' as const) }),
    fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 5000 }) }),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      let state: OutletState = AT_16
      let device = 16
      let at = 1
      let onWire: number | null = null
      for (const one of steps) {
        at++
        if (one.kind === 'wait') at += one.ms
        if (one.kind === 'order' && mustSend(state, one.amps, at)) {
          state = ordered(state, one.amps, at)
          onWire = one.amps
        }
        if (one.kind === 'arrive' && onWire !== null) {
          if (one.fate !== 'lost') device = onWire
          if (one.fate === 'answered') state = acknowledged(state, onWire, at, true)
          onWire = null
        }
        if (one.kind === 'read') state = observed(state, device, at, true)
        expect(highestAmps(state)).toBeGreaterThanOrEqual(device - 0.5)
      }
    }),
    { numRuns: 2000 },
  )
})
