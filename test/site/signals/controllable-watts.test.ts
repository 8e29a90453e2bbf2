/** Which chargers section 14a counts. */
import { expect, it } from 'vitest'
import type { Circuit } from '../../../src/model/circuit.ts'
import { everyPhase, rotation } from '../../../src/model/phase.ts'
import { controllableWatts } from '../../../src/site/signals/controllable-watts.ts'

const circuit = (id: string, parentId: string | null): Circuit => ({
  id,
  parentId,
  limitAmps: everyPhase(100),
  meterId: null,
  failSafeAmps: 0,
  carsMaxWatts: null,
  unbalanceAmps: null,
})
const CIRCUITS = [circuit('house', null), circuit('garage', 'house'), circuit('yard', 'house')]
const big = (circuitId: string) => ({ circuitId, maxAmps: 32, rotation: rotation('L1L2L3') })
const small = (circuitId: string) => ({ circuitId, maxAmps: 16, rotation: rotation('L2') })

it('those on the circuit and below it that take more than 4.2 kW', () => {
  const outlets = [big('garage'), big('garage'), big('yard'), small('garage')]
  expect(controllableWatts(outlets, CIRCUITS, 'garage', 230)).toBe(7560)
  expect(controllableWatts(outlets, CIRCUITS, 'house', 230)).toBe(10_500)
})

it('none: nothing is guaranteed, and nothing is limited', () => {
  expect(controllableWatts([small('garage')], CIRCUITS, 'garage', 230)).toBeNull()
})
