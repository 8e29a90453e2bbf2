import { describe, expect, test } from 'vitest'
import { decodeRequest } from '../../../../src/ocpp/v16/from-ocpp.ts'

const REFUSED = { refused: true, code: 'PropertyConstraintViolation' }

function sendLocalList(changes: object): unknown {
  return decodeRequest('SendLocalList', { listVersion: 1, updateType: 'Full', ...changes })
}

describe('SendLocalList', () => {
  test.each([-1, -2, 2 ** 31, JSON.parse('9007199254740993') as number])(
    'version %d is none (§5.10)',
    (listVersion) => {
      expect(sendLocalList({ listVersion })).toMatchObject(REFUSED)
    },
  )

  test.each([0, 1, 2 ** 31 - 1])('version %d is one', (listVersion) => {
    expect(sendLocalList({ listVersion })).toMatchObject({ version: listVersion })
  })

  test('doubled identifiers and a full list with entries to take out are for the station to refuse', () => {
    const localAuthorizationList = [{ idTag: 'A' }, { idTag: 'A', idTagInfo: { status: 'Accepted' } }]
    expect(sendLocalList({ localAuthorizationList })).toMatchObject({
      kind: 'send-local-list',
      update: 'full',
      entries: [
        { idToken: 'A', info: null },
        { idToken: 'A', info: { status: 'accepted', expiresAt: null, parentIdToken: null } },
      ],
    })
  })

  test.each([
    ['an empty idTag', { idTag: '' }],
    ['an idTag that no message could carry', { idTag: 'Süd' }],
    [
      'an expiry on 30 February (H36)',
      { idTag: 'A', idTagInfo: { status: 'Accepted', expiryDate: '2025-02-30T00:00:00Z' } },
    ],
  ])('%s', (_, entry) => {
    expect(sendLocalList({ localAuthorizationList: [entry] })).toMatchObject(REFUSED)
  })

  test('an expiry in the past is none of our business here', () => {
    const idTagInfo = { status: 'Accepted', expiryDate: '1999-12-31T23:59:59Z' }
    expect(sendLocalList({ localAuthorizationList: [{ idTag: 'A', idTagInfo }] })).toMatchObject({
      entries: [{ info: { expiresAt: Date.UTC(1999, 11, 31, 23, 59, 59) } }],
    })
  })

  test.each(['', ' '])('the parent %j is none: cards with it are no family', (parentIdTag) => {
    const localAuthorizationList = [{ idTag: 'A', idTagInfo: { status: 'Accepted', parentIdTag } }]
    expect(sendLocalList({ localAuthorizationList })).toMatchObject({ entries: [{ info: { parentIdToken: null } }] })
  })
})

describe('ReserveNow and CancelReservation', () => {
  const good = { connectorId: 1, expiryDate: '2026-03-01T12:00:00Z', idTag: 'A', reservationId: 1 }

  test.each([
    ['connectorId -1 (H40)', { connectorId: -1 }],
    ['connectorId 1850027108 (H40)', { connectorId: 1850027108 }],
    ['a reservationId of 2^31', { reservationId: 2 ** 31 }],
    ['an empty idTag', { idTag: '' }],
    ['an expiry without zone (H36)', { expiryDate: '2026-03-01T12:00:00' }],
  ])('%s', (_, changes) => {
    expect(decodeRequest('ReserveNow', { ...good, ...changes })).toMatchObject(REFUSED)
  })

  test('a reservation without a parent, and one with an empty one', () => {
    const reserve = { kind: 'reserve', reservationId: 1, evse: 1, idToken: 'A', parentIdToken: null }
    expect(decodeRequest('ReserveNow', good)).toMatchObject(reserve)
    expect(decodeRequest('ReserveNow', { ...good, parentIdTag: '' })).toMatchObject(reserve)
  })

  test('a reservationId that is none cancels nothing', () => {
    expect(decodeRequest('CancelReservation', { reservationId: -(2 ** 31) })).toMatchObject(REFUSED)
  })
})
