import { describe, expect, it } from 'vitest'
import { fallback } from '../../src/site/fallback.ts'
import { ordered, UNKNOWN_OUTLET } from '../../src/site/outlet-state.ts'

const AT_16 = { ...UNKNOWN_OUTLET, confirmedAmps: 16 }
const PAUSED = { ...UNKNOWN_OUTLET, confirmedAmps: 0 }
const TO_6_A = { amps: 6, afterMs: 30_000 }

describe('a silent charger', () => {
  it('without a fail-safe keeps its last set-point for ever', () => {
    expect(fallback(AT_16, null, 1000, 32)).toEqual({ amps: 16, sureAt: null })
  })

  it('with one has fallen back for certain after the time-out and a margin', () => {
    expect(fallback(AT_16, TO_6_A, 1000, 32)).toEqual({ amps: 6, sureAt: 36_000 })
  })

  it('may start a paused car at the fail-safe current', () => {
    expect(fallback(PAUSED, TO_6_A, 0, 32).amps).toBe(6)
  })

  it('counts an order that may have arrived', () => {
    expect(fallback(ordered(PAUSED, 20, 0), null, 0, 32).amps).toBe(20)
  })

  it('counts with its maximum when it has never been seen', () => {
    expect(fallback(UNKNOWN_OUTLET, null, 0, 32).amps).toBe(32)
    expect(fallback(ordered(UNKNOWN_OUTLET, 6, 0), null, 0, 32).amps).toBe(32)
  })
})
