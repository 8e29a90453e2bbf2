import { describe, expect, test } from 'vitest'
import { decodeRequest } from '../../../../src/ocpp/v16/from-ocpp.ts'

const WHEN = '2026-03-01T12:00:00Z'
/** The four requests for a file, with a location and how often to try. */
const ORDERS: readonly (readonly [string, (location: string, retries?: object) => object])[] = [
  ['GetDiagnostics', (location, retries) => ({ location, ...retries })],
  ['UpdateFirmware', (location, retries) => ({ location, retrieveDate: WHEN, ...retries })],
  [
    'GetLog',
    (remoteLocation, retries) => ({ logType: 'SecurityLog', requestId: 1, log: { remoteLocation }, ...retries }),
  ],
  [
    'SignedUpdateFirmware',
    (location, retries) => ({
      requestId: 1,
      firmware: { location, retrieveDateTime: WHEN, signingCertificate: 'c', signature: 's' },
      ...retries,
    }),
  ],
]

describe.each(ORDERS)('%s', (action, order) => {
  test.each(['', 'files.example.com', '/up', 'ftp://host/a b', 'ftp://host/\nX'])('to %j: no address', (location) => {
    expect(decodeRequest(action, order(location))).toMatchObject({
      refused: true,
      code: 'PropertyConstraintViolation',
    })
  })

  test.each([{ retries: -1 }, { retries: 2 ** 31 }, { retryInterval: -1 }])('%j is refused', (retries) => {
    expect(decodeRequest(action, order('ftp://host/', retries))).toMatchObject({
      refused: true,
      code: 'PropertyConstraintViolation',
    })
  })

  test('a refusal repeats no login (H44)', () => {
    const refusal = decodeRequest(action, order('ftp://user:hunter2@ho st/', { retries: -1 }))
    expect(JSON.stringify(refusal)).not.toContain('hunter2')
  })

  test('what is left out is not known, and not 0', () => {
    expect(decodeRequest(action, order('ftp://user:hunter2@host/'))).toMatchObject({
      location: 'ftp://user:hunter2@host/',
      retries: null,
      retryIntervalSeconds: null,
    })
  })
})

test.each([
  ['GetLog', { logType: 'SecurityLog', requestId: 2 ** 31, log: { remoteLocation: 'ftp://host/' } }],
  [
    'SignedUpdateFirmware',
    {
      requestId: 2 ** 53,
      firmware: { location: 'ftp://host/', retrieveDateTime: WHEN, signingCertificate: 'c', signature: 's' },
    },
  ],
])('%s: a requestId is an integer of 32 bits', (action, payload) => {
  expect(decodeRequest(action, payload)).toMatchObject({ refused: true, description: 'requestId is out of range' })
})
