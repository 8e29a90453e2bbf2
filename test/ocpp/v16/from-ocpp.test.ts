import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { StationMessage } from '../../../src/model/csms.ts'
import { decodeAnswer, decodeRequest } from '../../../src/ocpp/v16/from-ocpp.ts'
import { ACTION_OF_MESSAGE } from '../../../src/ocpp/v16/to-ocpp.ts'
import schemas from '../../../src/ocpp/v16/schemas.json' with { type: 'json' }
import { EVERY_REQUEST, NO_MORE_THAN_A_NAME } from './samples.ts'

fc.configureGlobal({ seed: 1 })

/** The code of a refusal, or `accepted`. */
function verdict(action: string, payload: unknown): string {
  const request = decodeRequest(action, payload)
  return 'refused' in request ? request.code : 'accepted'
}

describe('actions', () => {
  test.each(['Nonsense', '', '__proto__', 'constructor', 'toString', 'hasOwnProperty', 'Reset.req'])(
    '%j is NotImplemented (H33)',
    (action) => {
      expect(verdict(action, {})).toBe('NotImplemented')
    },
  )

  test.each(Object.values(ACTION_OF_MESSAGE).filter((action) => action !== 'DataTransfer'))(
    '%s is known, but not for a CSMS to send: NotSupported',
    (action) => {
      expect(verdict(action, {})).toBe('NotSupported')
    },
  )

  test('every other action of the official schemas is understood', () => {
    const up = new Set(Object.values(ACTION_OF_MESSAGE))
    const actions = Object.keys(schemas).flatMap((name) => (name.endsWith('.req') ? [name.slice(0, -4)] : []))
    const understood = new Set(EVERY_REQUEST.map(([action]) => action))
    expect(actions.filter((action) => !understood.has(action) && !up.has(action))).toEqual([])
  })

  test.each(EVERY_REQUEST)('%s %j is understood', (action, payload, request) => {
    expect(decodeRequest(action, payload)).toEqual(request)
  })
})

describe('payloads that do not fit the schema', () => {
  test.each([
    ['an unknown property', 'Reset', { type: 'Hard', when: 'now' }, 'FormationViolation'],
    ['__proto__ as a property (H34)', 'Reset', JSON.parse('{"type":"Hard","__proto__":{}}'), 'FormationViolation'],
    ['no object', 'Reset', null, 'FormationViolation'],
    ['a missing property', 'Reset', {}, 'OccurenceConstraintViolation'],
    ['a word that is none', 'Reset', { type: 'hard' }, 'PropertyConstraintViolation'],
    ['a text for a number (H35)', 'UnlockConnector', { connectorId: '1' }, 'TypeConstraintViolation'],
    ['half a number', 'UnlockConnector', { connectorId: 1.5 }, 'TypeConstraintViolation'],
    ['1e400 (H35)', 'UnlockConnector', JSON.parse('{"connectorId":1e400}'), 'TypeConstraintViolation'],
    ['null', 'UnlockConnector', { connectorId: null }, 'TypeConstraintViolation'],
    ['21 characters', 'RemoteStartTransaction', { idTag: 'x'.repeat(21) }, 'PropertyConstraintViolation'],
  ])('%s: %s', (_, action, payload, code) => {
    expect(verdict(action, payload)).toBe(code)
  })

  test('the refusal names the place and repeats nothing of the payload', () => {
    const refusal = decodeRequest('RemoteStartTransaction', { idTag: 'x', chargingProfile: { 'evil\n': 'hunter2' } })
    expect(refusal).toEqual({
      refused: true,
      code: 'OccurenceConstraintViolation',
      description: "chargingProfile must have required property 'chargingProfileId'",
    })
  })

  test('1.0 and -0 are integers', () => {
    expect(decodeRequest('RemoteStopTransaction', JSON.parse('{"transactionId":1.0}'))).toMatchObject({
      csmsTransactionId: '1',
    })
    expect(decodeRequest('RemoteStopTransaction', JSON.parse('{"transactionId":-0}'))).toMatchObject({
      csmsTransactionId: '0',
    })
  })
})

describe('numbers out of range (H35, H37, H40)', () => {
  test.each([
    ['UnlockConnector', { connectorId: 0 }],
    ['UnlockConnector', { connectorId: -1 }],
    ['UnlockConnector', { connectorId: 1850027108 }],
    ['RemoteStartTransaction', { idTag: 'A', connectorId: 0 }],
    ['RemoteStartTransaction', { idTag: '' }],
    ['RemoteStartTransaction', { idTag: 'a\nb' }],
    ['ChangeAvailability', { connectorId: -1, type: 'Operative' }],
    ['RemoteStopTransaction', JSON.parse('{"transactionId":9007199254740993}') as object],
    ['TriggerMessage', { requestedMessage: 'MeterValues', connectorId: 1000 }],
    ['ClearChargingProfile', { id: 2 ** 31 }],
    ['GetCompositeSchedule', { connectorId: 1, duration: 0 }],
    ['GetCompositeSchedule', { connectorId: 1, duration: -5 }],
  ])('%s %j', (action, payload) => {
    expect(verdict(action, payload)).toBe('PropertyConstraintViolation')
  })
})

describe('texts', () => {
  test('DataTransfer is handed on as text: a megabyte, JSON in JSON, our own name (H46)', () => {
    for (const data of ['x'.repeat(1_000_000), '{"__proto__":{"a":1}}', '['.repeat(100_000)]) {
      expect(decodeRequest('DataTransfer', { vendorId: 'ampbridge', data })).toEqual({
        kind: 'data-transfer',
        vendorId: 'ampbridge',
        messageId: null,
        data,
      })
    }
    expect(verdict('DataTransfer', { vendorId: 'v'.repeat(256) })).toBe('PropertyConstraintViolation')
    expect(verdict('DataTransfer', { vendorId: 'v', data: { a: 1 } })).toBe('TypeConstraintViolation')
  })

  test.each(['1e999', '0x10', '', 'NaN', 'x'.repeat(5000)])(
    'a meter value %j from a CSMS is read by nobody (H41)',
    (value) => {
      const meterValue = [{ timestamp: '2026-03-01T12:00:00Z', sampledValue: [{ value }] }]
      expect(verdict('MeterValues', { connectorId: 1, meterValue })).toBe('NotSupported')
    },
  )

  test('keys: 50 characters, in any case, unknown ones as the CSMS wrote them', () => {
    expect(
      decodeRequest('GetConfiguration', { key: ['AUTHORIZATIONKEY', 'myVendorKey', 'MYVENDORKEY', 'myVendorKey'] }),
    ).toEqual({
      kind: 'get-settings',
      settings: ['authorizationKey'],
      unknown: ['myVendorKey', 'MYVENDORKEY'],
    })
    expect(verdict('GetConfiguration', { key: ['k'.repeat(51)] })).toBe('PropertyConstraintViolation')
    expect(verdict('ChangeConfiguration', { key: 'k', value: 'v'.repeat(501) })).toBe('PropertyConstraintViolation')
  })
})

/** A SetChargingProfile with changes in its schedule. */
function schedule(changes: object): object {
  return {
    connectorId: 1,
    csChargingProfiles: {
      chargingProfileId: 1,
      stackLevel: 0,
      chargingProfilePurpose: 'TxDefaultProfile',
      chargingProfileKind: 'Absolute',
      chargingSchedule: {
        chargingRateUnit: 'A',
        chargingSchedulePeriod: [{ startPeriod: 0, limit: 16 }],
        ...changes,
      },
    },
  }
}

function periods(...chargingSchedulePeriod: object[]): object {
  return schedule({ chargingSchedulePeriod })
}

describe('charging profiles', () => {
  test.each([0, 0.3, 6, 6.1, 16, 21.4, 32, 99.9, 11_040])('a limit of %d is legal', (limit) => {
    expect(verdict('SetChargingProfile', periods({ startPeriod: 0, limit }))).toBe('accepted')
  })

  test.each([
    ['more than one decimal', periods({ startPeriod: 0, limit: 6.15 })],
    ['a negative limit', periods({ startPeriod: 0, limit: -1 })],
    ['a limit of 1e12', periods({ startPeriod: 0, limit: 1e12 })],
    ['a negative start', periods({ startPeriod: -1, limit: 16 })],
    ['four phases', periods({ startPeriod: 0, limit: 16, numberPhases: 4 })],
    ['no period', schedule({ chargingSchedulePeriod: [] })],
    [
      'a million periods',
      schedule({
        chargingSchedulePeriod: Array.from({ length: 1_000_000 }, (_, startPeriod) => ({ startPeriod, limit: 1 })),
      }),
    ],
    ['a duration of 0', schedule({ duration: 0 })],
    ['a start on 30 February', schedule({ startSchedule: '2025-02-30T00:00:00Z' })],
    ['a start without zone', schedule({ startSchedule: '2025-02-20T00:00:00' })],
  ])('%s is refused', (_, payload) => {
    expect(verdict('SetChargingProfile', payload)).toBe('PropertyConstraintViolation')
  })
})

describe('answers of the CSMS', () => {
  const boot: StationMessage = {
    kind: 'boot',
    identity: NO_MORE_THAN_A_NAME,
  }
  const start: StationMessage = {
    kind: 'transaction-started',
    transactionId: 't',
    evse: 1,
    idToken: 'A',
    reservationId: null,
    meterWh: 0,
    at: 0,
  }

  test('BootNotification, with an interval that makes sense', () => {
    const answer = { status: 'Pending', currentTime: '2026-03-01T12:00:00Z', interval: -7 }
    expect(decodeAnswer(boot, answer)).toEqual({
      kind: 'boot',
      status: 'pending',
      intervalSeconds: 0,
      currentTime: Date.UTC(2026, 2, 1, 12),
    })
  })

  test('StartTransaction, with all that may be in it', () => {
    const idTagInfo = { status: 'ConcurrentTx', expiryDate: '2026-03-01T12:00:00Z', parentIdTag: 'P' }
    expect(decodeAnswer(start, { transactionId: 7, idTagInfo })).toEqual({
      kind: 'transaction-started',
      csmsTransactionId: '7',
      info: { status: 'concurrent-tx', expiresAt: Date.UTC(2026, 2, 1, 12), parentIdToken: 'P' },
    })
  })

  test('an empty parent is none', () => {
    const idTagInfo = { status: 'Accepted', parentIdTag: '' }
    expect(decodeAnswer({ kind: 'authorize', idToken: 'A' }, { idTagInfo })).toMatchObject({
      info: { parentIdToken: null },
    })
  })

  test('SignCertificate', () => {
    const message: StationMessage = { kind: 'sign-certificate', signingRequest: 'x' }
    expect(decodeAnswer(message, { status: 'Accepted' })).toEqual({ kind: 'sign-certificate', accepted: true })
    expect(decodeAnswer(message, { status: 'Rejected' })).toEqual({ kind: 'sign-certificate', accepted: false })
    expect(() => decodeAnswer(message, {})).toThrow(expect.objectContaining({ code: 'FRAME_INVALID' }))
  })

  test.each<[string, StationMessage, unknown]>([
    ['no payload', boot, null],
    ['a time without zone', boot, { status: 'Accepted', currentTime: '2026-03-01T12:00:00', interval: 300 }],
    ['a day that is none', boot, { status: 'Accepted', currentTime: '2025-02-30T12:00:00Z', interval: 300 }],
    ['a status that is none', boot, { status: 'Maybe', currentTime: '2026-03-01T12:00:00Z', interval: 300 }],
    ['a transactionId as text', start, { transactionId: '7', idTagInfo: { status: 'Accepted' } }],
    ['one with lost digits', start, { transactionId: 2 ** 53, idTagInfo: { status: 'Accepted' } }],
    ['no idTagInfo', start, { transactionId: 7 }],
  ])('%s: FRAME_INVALID', (_, message, payload) => {
    expect(() => decodeAnswer(message, payload)).toThrow(expect.objectContaining({ code: 'FRAME_INVALID' }))
  })
})

test('whatever a CSMS sends is a request or a refusal, never a fault', () => {
  const action = fc.oneof(
    fc.constantFrom(...Object.keys(schemas).map((name) => name.replace(/\.(req|conf)$/, ''))),
    fc.string(),
  )
  fc.assert(
    fc.property(action, fc.jsonValue(), (name, payload) => {
      expect(verdict(name, payload)).toBeTypeOf('string')
    }),
  )
})

/** Every payload with one value exchanged: what a careless or hostile CSMS might make of it. */
test('a good request with one thing wrong is a request or a refusal with one of 1.6’s codes', () => {
  const spoil = (value: unknown, junk: unknown, path: readonly number[]): unknown => {
    const [step, ...rest] = path
    if (step === undefined || typeof value !== 'object' || value === null) return junk
    const entries = Object.entries(value)
    const spoilt = entries.map(([key, inner], index) => [key, index === step ? spoil(inner, junk, rest) : inner])
    return Array.isArray(value) ? spoilt.map(([, inner]) => inner) : Object.fromEntries(spoilt)
  }
  const codes = new Set([
    'accepted',
    'FormationViolation',
    'PropertyConstraintViolation',
    'OccurenceConstraintViolation',
    'TypeConstraintViolation',
  ])
  const junk = fc.oneof(
    fc.jsonValue(),
    fc.double(),
    fc.constantFrom(undefined, Infinity, Number.NaN, 2 ** 31, -1, '2025-02-30T00:00:00Z', '', 'x'.repeat(5000), []),
  )
  fc.assert(
    fc.property(
      fc.constantFrom(...EVERY_REQUEST),
      junk,
      fc.array(fc.nat(8), { minLength: 1, maxLength: 4 }),
      ([action, payload], value, path) => {
        expect(codes).toContain(verdict(action, spoil(payload, value, path)))
      },
    ),
    { numRuns: 2000 },
  )
})
