import { expect, test } from 'vitest'
import type { Transaction } from '../../../../src/model/transaction.ts'
import { type Choice, chooseEvse } from '../../../../src/ocpp/station/session/choose-evse.ts'
import { newSession, type Session } from '../../../../src/ocpp/station/session/session.ts'

const transaction: Transaction = {
  id: 'tx',
  stationId: 'CP-001',
  evse: 1,
  idToken: 'OTHER',
  startedAt: 0,
  startWh: 0,
  endedAt: null,
  endWh: null,
  stopReason: null,
  csmsTransactionId: null,
  remoteStarted: false,
}
const empty = newSession(null, null, false)
const plugged = (pluggedAt: number): Session => ({ ...empty, plugged: true, vehicle: 'B', pluggedAt })
const finished = { ...plugged(0), finished: true }
const running = (idToken: string, parentIdToken: string | null = null, startedAt = 0): Session => ({
  ...plugged(0),
  transaction: { ...transaction, idToken, startedAt },
  parentIdToken,
})
const permit = { idToken: 'CARD', parentIdToken: null, remote: false, reservationId: null, shared: true, since: 0 }

function choices(...sessions: readonly Session[]): readonly Choice[] {
  return sessions.map((session, index) => ({ evse: index + 1, session, mayStart: true }))
}

test.each<[string, readonly Session[], string]>([
  ['its own session is stopped', [plugged(5), running('card')], 'at 2'],
  ['the later one of two', [running('CARD', null, 1), running('CARD', null, 2)], 'at 2'],
  [
    'its own permits are withdrawn',
    [
      { ...empty, permit },
      { ...empty, permit },
    ],
    'at 1 2',
  ],
  ['the car that came last', [plugged(3), plugged(9), plugged(4)], 'at 2'],
  ['a waiting car goes before a free place', [empty, plugged(1)], 'at 2'],
  ['a car that is done is not meant while there is a free place', [finished, empty], 'next-vehicle 2'],
  ['nobody has plugged in', [empty, running('OTHER'), empty], 'next-vehicle 1 3'],
  [
    'somebody else waits for a vehicle',
    [{ ...empty, permit: { ...permit, idToken: 'ELSE' } }, empty],
    'next-vehicle 2',
  ],
  ['all others run: the car that is done', [running('OTHER'), finished], 'at 2'],
  ['all run: the group’s session is stopped', [running('OTHER'), running('KIN', 'FAMILY')], 'at 2'],
  ['one of the group starts before it stops another', [running('KIN', 'FAMILY'), plugged(1)], 'at 2'],
  ['all run, and are others’', [running('OTHER'), running('ELSE')], 'nowhere'],
  ['there is only one', [running('OTHER')], 'at 1'],
])('%s', (_, sessions, expected) => {
  const meant = chooseEvse('CARD', 'family', choices(...sessions))
  expect([meant.kind, ...(meant.kind === 'nowhere' ? [] : meant.evses)].join(' ')).toBe(expected)
})

test('where it may not start it is not meant', () => {
  const [first, second] = choices(plugged(2), plugged(1))
  if (first === undefined || second === undefined) throw new Error('two choices')
  expect(chooseEvse('CARD', null, [{ ...first, mayStart: false }, second])).toEqual({ kind: 'at', evses: [2] })
})
