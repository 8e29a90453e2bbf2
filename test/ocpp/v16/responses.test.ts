import { expect, test } from 'vitest'
import { encodeResponse } from '../../../src/ocpp/v16/responses.ts'
import { EVERY_REQUEST, NOON, respondTo } from './samples.ts'

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

test('a composite schedule begins at scheduleStart, and says so once (errata 3.57)', () => {
  const request = { kind: 'get-composite-schedule', evse: 1, durationSeconds: 60, unit: null } as const
  const periods = [{ startSeconds: 0, limit: 16, phases: null }]
  const schedule = { evse: 1, start: NOON, durationSeconds: 60, unit: 'A', periods, minChargingRate: 6.06 } as const
  expect(encodeResponse(request, { kind: 'get-composite-schedule', schedule })).toMatchObject({
    chargingSchedule: {
      duration: 60,
      chargingRateUnit: 'A',
      minChargingRate: 6,
      chargingSchedulePeriod: [{ startPeriod: 0, limit: 16 }],
    },
  })
  const answer = encodeResponse(request, { kind: 'get-composite-schedule', schedule })
  expect(JSON.stringify(answer)).not.toContain('startSchedule')
})

test('an answer to another request is none', () => {
  for (const [, , request] of EVERY_REQUEST) {
    const [response] = respondTo(request.kind === 'reset' ? { kind: 'clear-cache' } : { kind: 'reset', type: 'soft' })
    if (response === undefined) throw new Error('no sample')
    expect(() => encodeResponse(request, response)).toThrow(expect.objectContaining({ code: 'FRAME_INVALID' }))
  }
})

test('a local list: its version, 0 when it is empty, -1 when the station keeps none (§5.10)', () => {
  const versions = [7, 0, null].map((version) =>
    encodeResponse({ kind: 'local-list-version' }, { kind: 'local-list-version', version }),
  )
  expect(versions).toEqual([{ listVersion: 7 }, { listVersion: 0 }, { listVersion: -1 }])
})

test('no certificate is NotFound, with no empty list beside it', () => {
  const request = { kind: 'installed-certificates', use: 'csms-root' } as const
  expect(encodeResponse(request, { kind: 'installed-certificates', certificates: [] })).toEqual({ status: 'NotFound' })
})

test('a file that there is not has no name', () => {
  const order = { location: 'ftp://host/', retries: null, retryIntervalSeconds: null, from: null, to: null }
  const request = { kind: 'get-diagnostics', ...order } as const
  expect(encodeResponse(request, { kind: 'get-diagnostics', fileName: null })).toEqual({})
  expect(encodeResponse(request, { kind: 'get-diagnostics', fileName: 'Süd.zip' })).toEqual({ fileName: 'Sud.zip' })
})

test('a log given up for a newer one', () => {
  const order = { location: 'ftp://host/', retries: null, retryIntervalSeconds: null, from: null, to: null }
  const request = { kind: 'get-log', ...order, log: 'security', requestId: 1 } as const
  const response = { kind: 'get-log', status: 'accepted-canceled', fileName: 'log.zip' } as const
  expect(encodeResponse(request, response)).toEqual({ status: 'AcceptedCanceled', filename: 'log.zip' })
})
