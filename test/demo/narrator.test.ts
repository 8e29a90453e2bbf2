import { expect, test } from 'vitest'
import { Narrator } from '../../src/demo/narrator.ts'
import type { StationHappening } from '../../src/model/event.ts'
import { ManualClock } from '../peers/manual-clock.ts'

function narrate(): {
  clock: ManualClock
  told: string[]
  hear: (event: StationHappening) => void
  amps: (amps: number) => void
} {
  const clock = new ManualClock()
  const told: string[] = []
  const narrator = new Narrator(clock, (text) => told.push(text))
  const hear = (event: StationHappening): void => narrator.hear({ stationId: 'CP-001', at: 0, ...event })
  const amps = (value: number): void =>
    hear({
      kind: 'set-point',
      setPoint: {
        stationId: 'CP-001',
        evse: 1,
        amps: value,
        binding: { kind: 'circuit', circuitId: 'house', phase: 'L2', origin: 'fuse', limitAmps: 63, buildingAmps: 40 },
      },
    })
  return { clock, told, hear, amps }
}

test('tells what a person would call out, not what passes all the time', () => {
  const { told, hear } = narrate()
  hear({ kind: 'frame', upstreamId: 'demo', direction: 'sent', text: '[]' })
  hear({ kind: 'pilot', evse: 1, pilot: 'C' })
  hear({ kind: 'authorisation-refused', evse: 1, idToken: '04BAD0CA', reason: 'invalid' })
  expect(told).toEqual(['CP-001: not authorised (invalid)'])
})

test('set-points: starts and stops at once, large steps now and then, small ones never; a first pause is no news', async () => {
  const { clock, told, amps } = narrate()
  amps(0)
  expect(told).toEqual([])
  amps(9)
  amps(10)
  amps(14)
  await clock.advance(6000)
  amps(16)
  amps(0)
  expect(told).toEqual([
    'CP-001: 9 A (circuit house, phase L2: 63 A by its fuse, the building takes 40 A)',
    'CP-001: 16 A (circuit house, phase L2: 63 A by its fuse, the building takes 40 A)',
    'CP-001: no current (circuit house, phase L2: 63 A by its fuse, the building takes 40 A)',
  ])
})
