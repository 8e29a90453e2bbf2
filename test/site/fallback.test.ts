import { describe, expect, it } from 'vitest'
import { fallbackAmps } from '../../src/site/fallback.ts'
import { ordered, UNKNOWN_OUTLET } from '../../src/site/outlet-state.ts'

const AT_16 = { ...UNKNOWN_OUTLET, confirmedAmps: 16 }
const PAUSED = { ...UNKNOWN_OUTLET, confirmedAmps: 0 }
const TO_6_A = { amps: 6, afterMs: 30_000 }

describe('a silent charger', () => {
  it('without a fail-safe keeps its last set-point for ever', () => {
    expect(fallbackAmps(AT_16, null, 3_600_000, 32)).toBe(16)
  })

  it('with one keeps it until the time-out and a margin have passed', () => {
    expect(fallbackAmps(AT_16, TO_6_A, 34_000, 32)).toBe(16)
    expect(fallbackAmps(AT_16, TO_6_A, 35_000, 32)).toBe(6)
  })

  it('may start a paused car at the fail-safe current, so that counts from the first moment', () => {
    expect(fallbackAmps(PAUSED, TO_6_A, 0, 32)).toBe(6)
  })

  it('counts an order that may have arrived', () => {
    expect(fallbackAmps(ordered(PAUSED, 20, 0), null, 0, 32)).toBe(20)
  })

  it('counts with its maximum when it has never been seen', () => {
    expect(fallbackAmps(UNKNOWN_OUTLET, null, 0, 32)).toBe(32)
    expect(fallbackAmps(ordered(UNKNOWN_OUTLET, 6, 0), null, 0, 32)).toBe(32)
  })
})
