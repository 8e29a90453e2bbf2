import { describe, expect, test } from 'vitest'
import { type DeviceReading, NO_SIGNALS } from '../../src/model/signal.ts'
import { hasEnergySince, mustReadEnergyFirst } from '../../src/site/evse-reading.ts'

const reading = (state: 'A' | 'C', takenAt: DeviceReading['takenAt']): DeviceReading => ({
  connector: 1,
  values: { ...NO_SIGNALS, state },
  takenAt,
})

describe('the energy of a vehicle that came or left', () => {
  test.each([
    ['left, energy of the poll before', 'C', 'A', { state: 5000, energy: 4000 }, true],
    ['left, energy of the same poll', 'C', 'A', { state: 5000, energy: 4950 }, false],
    ['came, energy of long ago', 'A', 'C', { state: 5000, energy: 0 }, true],
    ['stayed', 'C', 'C', { state: 5000, energy: 0 }, false],
    ['left, a charger without energy', 'C', 'A', { state: 5000 }, false],
  ] as const)('%s', (_, before, now, takenAt, must) => {
    expect(mustReadEnergyFirst(reading(before, {}), reading(now, takenAt))).toBe(must)
  })

  test('a poll of the fast values in between is not what was waited for', () => {
    expect(hasEnergySince(reading('A', { energy: 4000 }), 5000, 5100)).toBe(false)
    expect(hasEnergySince(reading('A', { energy: 5100 }), 5000, 5100)).toBe(true)
    expect(hasEnergySince(reading('A', { session: 5100 }), 5000, 5100)).toBe(true)
  })

  test('nobody waits for ever, nor for what there is not', () => {
    expect(hasEnergySince(reading('A', { energy: 4000 }), 5000, 10_001)).toBe(true)
    expect(hasEnergySince(reading('A', {}), 5000, 5100)).toBe(true)
  })
})
