import { expect, test } from 'vitest'
import { encodeResponse } from '../../../src/ocpp/v16/responses.ts'
import { NOON } from './samples.ts'

test('a composite schedule promises no more than its limit: tenths, downwards', () => {
  const request = { kind: 'get-composite-schedule', evse: 1, durationSeconds: 60, unit: 'A' } as const
  const limits = [16, 21.4, 9.0667, 0.3, 15.999999999]
  const schedule = {
    evse: 1,
    start: NOON,
    durationSeconds: 60,
    unit: 'A',
    periods: limits.map((limit, index) => ({ startSeconds: index, limit, phases: null })),
  } as const
  expect(encodeResponse(request, { kind: 'get-composite-schedule', schedule })).toMatchObject({
    status: 'Accepted',
    connectorId: 1,
    scheduleStart: '2026-03-01T12:00:00.000Z',
    chargingSchedule: {
      chargingSchedulePeriod: [16, 21.4, 9, 0.3, 16].map((limit) => expect.objectContaining({ limit })),
    },
  })
})
