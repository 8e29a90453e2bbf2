import { describe, expect, it } from 'vitest'
import { rotation } from '../../src/model/phase.ts'
import { NO_SIGNALS } from '../../src/model/signal.ts'
import { meterAmps } from '../../src/site/site-meter.ts'

describe('currents of a meter on the site’s phases', () => {
  it('follow its wiring', () => {
    const values = { ...NO_SIGNALS, current: [1, 2, 3] }
    expect(meterAmps(values, rotation('L2L3L1'), false)).toEqual({ L2: 1, L3: 2, L1: 3 })
  })

  it('take their sign from the power of the phase: most meters show currents without one', () => {
    const values = { ...NO_SIGNALS, current: [10, 10, 10], powers: [2300, -2300, 2300] }
    expect(meterAmps(values, rotation('L1L2L3'), false)).toEqual({ L1: 10, L2: -10, L3: 10 })
  })

  it('are mirrored when the meter is wired the other way round', () => {
    const values = { ...NO_SIGNALS, current: [10, 5, 1] }
    expect(meterAmps(values, rotation('L1L2L3'), true)).toEqual({ L1: -10, L2: -5, L3: -1 })
  })

  it('are missing when one phase is missing: half a meter is no meter', () => {
    expect(meterAmps({ ...NO_SIGNALS, current: [10, null, 1] }, rotation('L1L2L3'), false)).toBeNull()
    expect(meterAmps(NO_SIGNALS, rotation('L1L2L3'), false)).toBeNull()
  })
})
