import { describe, expect, it } from 'vitest'
import type { PhaseRotation } from '../../../src/model/phase.ts'
import type { EvseDescription } from '../../../src/model/station.ts'
import { phaseRotations } from '../../../src/ocpp/station/phase-rotation.ts'

function evse(number: number, rotation?: PhaseRotation): EvseDescription {
  const phases = rotation?.length === 1 ? 1 : 3
  const range = { minAmps: 6, maxAmps: 32, stepAmps: 1 }
  const wired = rotation === undefined ? {} : { rotation }
  return { evse: number, phases, ...wired, ...range, canUnlock: false, hasReader: false }
}

describe('ConnectorPhaseRotation', () => {
  it('is how each connector is wired to the grid', () => {
    const evses = [evse(1, ['L1', 'L2', 'L3']), evse(2, ['L2', 'L3', 'L1']), evse(3, ['L3', 'L2', 'L1']), evse(4)]
    expect(phaseRotations(evses)).toBe('0.Unknown,1.RST,2.STR,3.TSR,4.RST')
  })

  it('does not apply to one phase', () => {
    expect(phaseRotations([evse(1, ['L2'])])).toBe('0.Unknown,1.NotApplicable')
  })

  it('fits into a configuration value, whole entries only', () => {
    const text = phaseRotations(Array.from({ length: 100 }, (_, index) => evse(index + 1)))
    expect(text.length).toBeLessThanOrEqual(500)
    expect(text).toMatch(/,\d+\.RST$/)
  })
})
