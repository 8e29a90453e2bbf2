import { expect, test } from 'vitest'
import { describeEvent } from '../../src/model/event.ts'

test('news reads as a sentence that an electrician understands', () => {
  expect(describeEvent({ kind: 'energy-suspect', evse: 1, registerWh: 0, lastRegisterWh: 5000, reason: 'zero' })).toBe(
    'EVSE 1: energy register 0 Wh after 5000 Wh is not believed (zero); the last good value is held',
  )
  expect(describeEvent({ kind: 'availability', evse: 0, operative: false, scheduled: true })).toBe(
    'Station: out of service after the running transaction',
  )
  expect(
    describeEvent({
      kind: 'set-point',
      setPoint: { stationId: 'CP-001', evse: 2, amps: 0, binding: { kind: 'device' } },
    }),
  ).toBe('EVSE 2: paused')
})

test('data is no news', () => {
  expect(describeEvent({ kind: 'frame', upstreamId: 'operator', direction: 'sent', text: '[2]' })).toBeNull()
})

test('no sentence shows an identifier: they are personal', () => {
  expect(describeEvent({ kind: 'card-presented', evse: 1, idToken: 'SECRET' })).not.toContain('SECRET')
  expect(describeEvent({ kind: 'authorised', evse: 1, idToken: 'SECRET', by: 'cache' })).not.toContain('SECRET')
})
