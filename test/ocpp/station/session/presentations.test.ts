import { describe, expect, test } from 'vitest'
import { MAX_REFUSED } from '../../../../src/ocpp/station/authorisation/guess-guard.ts'
import { Rig, type RigOptions } from '../rig.ts'

const CARD = { authorization: { way: 'card' } } as const

/** Two connectors with one reader between them, both free. */
async function twin(options: RigOptions = {}): Promise<Rig> {
  const rig = await Rig.start({ ...CARD, evses: 2, evse: { reader: 1 }, ...options })
  await rig.poll({ evse: 1 })
  await rig.poll({ evse: 2 })
  return rig
}

/** The device shows the card with all of its connectors. */
async function shared(rig: Rig, tag: string): Promise<void> {
  for (const evse of [1, 2]) await rig.poll({ evse, tag })
  for (const evse of [1, 2]) await rig.poll({ evse, tag: null })
  await rig.clock.advance(6000)
}

const started = (rig: Rig): unknown =>
  rig.csms.of('StartTransaction').map(({ payload }) => [payload['idTag'], payload['connectorId']].join(' '))

describe('one reader for several connectors', () => {
  test('plug, then card: the car that came last; the same card again stops that session', async () => {
    const rig = await twin()
    await rig.poll({ evse: 1, pilot: 'B' })
    await rig.clock.advance(1000)
    await rig.poll({ evse: 2, pilot: 'B' })
    await shared(rig, 'SECOND')
    await shared(rig, 'FIRST')
    expect(started(rig)).toEqual(['SECOND 2', 'FIRST 1'])
    await shared(rig, 'SECOND')
    expect(rig.csms.of('StopTransaction').map(({ payload }) => payload)).toMatchObject([
      { transactionId: 1001, reason: 'Local', idTag: 'SECOND' },
    ])
  })

  test('card, then plug: wherever the car comes, there alone', async () => {
    const rig = await twin()
    await shared(rig, 'CARD')
    expect(rig.csms.of('Authorize')).toHaveLength(1)
    await rig.poll({ evse: 2, pilot: 'B' })
    await rig.poll({ evse: 1, pilot: 'B' })
    await rig.polls(3)
    expect(started(rig)).toEqual(['CARD 2'])
  })

  test('nobody plugs in within ConnectionTimeOut', async () => {
    const rig = await twin({ settings: { connectionTimeOut: '30' } })
    await shared(rig, 'CARD')
    expect([1, 2].map((evse) => rig.csms.statuses(evse).at(-1))).toEqual(['Preparing', 'Preparing'])
    await rig.clock.advance(30_000)
    expect([1, 2].map((evse) => rig.csms.statuses(evse).at(-1))).toEqual(['Available', 'Available'])
    await rig.poll({ evse: 1, pilot: 'B' })
    expect(started(rig)).toEqual([])
  })

  test('shown again before the car comes it is withdrawn', async () => {
    const rig = await twin()
    await shared(rig, 'CARD')
    await shared(rig, 'CARD')
    await rig.poll({ evse: 1, pilot: 'B' })
    expect(started(rig)).toEqual([])
  })

  test('a car that comes while the CSMS is being asked is meant', async () => {
    const rig = await twin()
    rig.csms.react = (action) => (action === 'Authorize' ? 'silence' : undefined)
    await rig.poll({ evse: 1, tag: 'CARD' })
    await rig.poll({ evse: 1, tag: null })
    await rig.poll({ evse: 2, pilot: 'B' })
    rig.csms.react = () => undefined
    await rig.request('ChangeConfiguration', { key: 'AllowOfflineTxForUnknownId', value: 'true' })
    await rig.clock.advance(16_000)
    expect(started(rig)).toEqual(['CARD 2'])
  })

  test('each connector with a reader of its own goes by itself', async () => {
    const rig = await twin({ evse: {} })
    await rig.poll({ evse: 1, pilot: 'B' })
    await rig.poll({ evse: 2, pilot: 'B' })
    await rig.card('CARD', 2)
    expect(started(rig)).toEqual(['CARD 2'])
  })

  test('a card that lies there when we come up belongs to the session that runs', async () => {
    const rig = await twin()
    await rig.poll({ evse: 2, pilot: 'C' })
    for (const evse of [1, 2]) await rig.poll({ evse, tag: 'CARD' })
    await rig.restart()
    for (const evse of [1, 2]) await rig.poll({ evse, tag: 'CARD' })
    expect(started(rig)).toEqual(['CARD 2'])
    expect(rig.csms.of('StopTransaction')).toEqual([])
  })
})

/** What the call comes back with, while the clock goes on. */
async function present(rig: Rig, evse: number | null, idToken: string): Promise<unknown> {
  const presented = rig.station.presentToken(evse, idToken)
  await rig.clock.settle()
  return presented
}

describe('an identifier by the API', () => {
  test('starts, waits for a vehicle, stops', async () => {
    const rig = await Rig.start({ authorization: { way: 'remote' } })
    await rig.poll()
    expect(await present(rig, 1, 'APP')).toEqual({ outcome: 'waiting-for-vehicle', evse: 1, reason: null })
    expect(await present(rig, 1, 'APP')).toMatchObject({ outcome: 'refused' })
    await rig.poll({ pilot: 'C' })
    expect(rig.demand().wanted).toBe(false)
    expect(await present(rig, 1, 'APP')).toEqual({ outcome: 'started', evse: 1, reason: null })
    expect(rig.demand().wanted).toBe(true)
    expect(await present(rig, 1, 'ELSE')).toMatchObject({ outcome: 'refused', reason: 'another session runs here' })
    expect(await present(rig, 1, 'app')).toEqual({ outcome: 'stopped', evse: 1, reason: null })
  })

  test('without an EVSE it goes where a car waits', async () => {
    const rig = await Rig.start({ ...CARD, evses: 3 })
    for (const evse of [1, 2, 3]) await rig.poll({ evse, pilot: evse === 2 ? 'B' : 'A' })
    expect(await present(rig, null, 'APP')).toEqual({ outcome: 'started', evse: 2, reason: null })
    expect(await present(rig, null, 'NEXT')).toEqual({ outcome: 'waiting-for-vehicle', evse: null, reason: null })
    await rig.poll({ evse: 3, pilot: 'B' })
    expect(started(rig)).toEqual(['APP 2', 'NEXT 3'])
    expect(await present(rig, null, 'APP')).toEqual({ outcome: 'stopped', evse: 2, reason: null })
  })

  test('a refusal says why', async () => {
    const rig = await Rig.start(CARD)
    await rig.poll({ pilot: 'C' })
    expect(await present(rig, 9, 'APP')).toMatchObject({ outcome: 'refused', reason: 'there is no EVSE 9' })
    for (const malformed of ['', ' ', 'X'.repeat(30), 'X'.repeat(100_000)])
      expect(await present(rig, 1, malformed)).toMatchObject({ outcome: 'refused' })
    rig.csms.react = (action) => (action === 'Authorize' ? { idTagInfo: { status: 'Blocked' } } : undefined)
    expect(await present(rig, 1, 'APP')).toEqual({ outcome: 'refused', evse: 1, reason: 'blocked' })
    await rig.request('ChangeAvailability', { connectorId: 1, type: 'Inoperative' })
    expect(await present(rig, 1, 'APP')).toMatchObject({ outcome: 'refused', reason: 'out of service' })
    expect(started(rig)).toEqual([])
  })
})

describe('somebody tries identifiers (H42)', () => {
  test('after too many the reader is locked for a minute; a running session can still be stopped', async () => {
    const rig = await Rig.start({ ...CARD, evses: 2 })
    rig.csms.react = (action, { idTag }) =>
      action === 'Authorize' && idTag !== 'GOOD' ? { idTagInfo: { status: 'Invalid' } } : undefined
    await rig.poll({ evse: 1, pilot: 'C' })
    await rig.poll({ evse: 2, pilot: 'C' })
    await present(rig, 1, 'GOOD')
    for (let guess = 0; guess <= MAX_REFUSED; guess++) await present(rig, 2, `GUESS-${guess}`)
    expect(rig.happened('reader-locked')).toHaveLength(1)
    const asked = rig.csms.of('Authorize').length
    expect(await present(rig, 2, 'GOOD-2')).toMatchObject({ outcome: 'refused' })
    expect(rig.csms.of('Authorize')).toHaveLength(asked)
    expect(await present(rig, 1, 'GOOD')).toMatchObject({ outcome: 'stopped' })
    await rig.clock.advance(60_000)
    expect(await present(rig, 2, 'GOOD')).toMatchObject({ outcome: 'started' })
  })
})
