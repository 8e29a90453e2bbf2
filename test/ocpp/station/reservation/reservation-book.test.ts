import { describe, expect, test } from 'vitest'
import { Rig } from '../rig.ts'

const CARD = { authorization: { way: 'card' } } as const

interface Wish {
  readonly id?: number
  readonly connectorId?: number
  readonly idTag?: string
  readonly parentIdTag?: string
  readonly seconds?: number
}

function reserve(rig: Rig, { id = 7, connectorId = 1, idTag = 'HOLDER', parentIdTag, seconds = 600 }: Wish = {}) {
  const expiryDate = new Date(rig.clock.now() + seconds * 1000).toISOString()
  const group = parentIdTag === undefined ? {} : { parentIdTag }
  return rig.request('ReserveNow', { connectorId, expiryDate, idTag, reservationId: id, ...group })
}

/** A station with cards whose connectors are all free. */
async function station(evses = 1, settings = {}): Promise<Rig> {
  const rig = await Rig.start({ ...CARD, evses, settings })
  for (let evse = 1; evse <= evses; evse++) await rig.poll({ evse })
  return rig
}

const why = (rig: Rig): unknown =>
  rig.happened('reservation-ended').map((event) => (event.kind === 'reservation-ended' ? event.why : null))

describe('a reserved connector (§5.13)', () => {
  test('its holder comes: Reserved, Preparing, the start carries the reservation and uses it up', async () => {
    const rig = await station()
    expect(await reserve(rig)).toEqual({ status: 'Accepted' })
    expect(rig.csms.statuses(1).at(-1)).toBe('Reserved')
    expect(rig.station.view(1).reservedUntil).toBe(rig.clock.now() + 600_000)
    await rig.card('holder')
    expect(rig.csms.statuses(1).at(-1)).toBe('Preparing')
    await rig.poll({ pilot: 'C' })
    expect(rig.csms.of('StartTransaction')[0]?.payload).toMatchObject({ idTag: 'holder', reservationId: 7 })
    expect(why(rig)).toEqual(['used'])
    await rig.unplug()
    expect(rig.csms.statuses(1).at(-1)).toBe('Available')
    await rig.poll({ pilot: 'C' })
    await rig.card('STRANGER')
    expect(rig.csms.of('StartTransaction')[1]?.payload).not.toHaveProperty('reservationId')
  })

  test('a stranger’s card is refused without a question, plugged in or not', async () => {
    const rig = await station()
    await reserve(rig)
    await rig.card('STRANGER')
    await rig.poll({ pilot: 'B' })
    await rig.card('STRANGER')
    expect(rig.csms.of('Authorize')).toEqual([])
    expect(rig.csms.statuses(1).at(-1)).toBe('Reserved')
    expect(rig.demand().wanted).toBe(false)
    await rig.card('HOLDER')
    expect(rig.csms.of('StartTransaction')[0]?.payload).toMatchObject({ idTag: 'HOLDER', reservationId: 7 })
  })

  test('a card of the holder’s group may use it; the CSMS is asked for the group', async () => {
    const rig = await station()
    await reserve(rig, { parentIdTag: 'FAMILY' })
    rig.csms.react = (action, { idTag }) =>
      action === 'Authorize'
        ? { idTagInfo: { status: 'Accepted', parentIdTag: idTag === 'KIN' ? 'FAMILY' : 'OTHERS' } }
        : undefined
    await rig.poll({ pilot: 'B' })
    await rig.card('STRANGER')
    expect(rig.csms.of('StartTransaction')).toEqual([])
    await rig.card('KIN')
    expect(rig.csms.of('StartTransaction')[0]?.payload).toMatchObject({ idTag: 'KIN', reservationId: 7 })
  })

  test('a remote start is accepted for its holder alone', async () => {
    const rig = await station()
    await reserve(rig)
    const start = (idTag: string): Promise<unknown> => rig.request('RemoteStartTransaction', { idTag, connectorId: 1 })
    expect(await start('STRANGER')).toEqual({ status: 'Rejected' })
    expect(await start('HOLDER')).toEqual({ status: 'Accepted' })
    await rig.poll({ pilot: 'C' })
    expect(rig.csms.of('StartTransaction')[0]?.payload).toMatchObject({ idTag: 'HOLDER', reservationId: 7 })
  })

  test('it expires: Available, and whoever comes may charge', async () => {
    const rig = await station()
    await reserve(rig, { seconds: 600 })
    await rig.clock.advance(599_000)
    expect(rig.csms.statuses(1).at(-1)).toBe('Reserved')
    await rig.clock.advance(1_000)
    expect(rig.csms.statuses(1).at(-1)).toBe('Available')
    expect(why(rig)).toEqual(['expired'])
    await rig.poll({ pilot: 'C' })
    await rig.card('STRANGER')
    expect(rig.demand().wanted).toBe(true)
  })

  test('it is cancelled, once', async () => {
    const rig = await station()
    await reserve(rig)
    const cancel = (): Promise<unknown> => rig.request('CancelReservation', { reservationId: 7 })
    expect(await cancel()).toEqual({ status: 'Accepted' })
    expect(rig.csms.statuses(1).at(-1)).toBe('Available')
    expect(await cancel()).toEqual({ status: 'Rejected' })
    expect(why(rig)).toEqual(['cancelled'])
  })

  test('the same id replaces it, for another holder and elsewhere', async () => {
    const rig = await station(2)
    await reserve(rig)
    expect(await reserve(rig, { connectorId: 2, idTag: 'SOMEBODY' })).toEqual({ status: 'Accepted' })
    expect([1, 2].map((evse) => rig.csms.statuses(evse).at(-1))).toEqual(['Available', 'Reserved'])
    expect(why(rig)).toEqual(['replaced'])
  })

  test('it survives the death of the process, and is not made again by it', async () => {
    const rig = await station()
    await reserve(rig)
    await rig.restart()
    await rig.poll()
    expect(rig.csms.statuses(1).at(-1)).toBe('Reserved')
    await rig.poll({ pilot: 'C' })
    await rig.card('HOLDER')
    await rig.restart()
    await rig.polls(2)
    await rig.unplug()
    expect(rig.csms.statuses(1).at(-1)).toBe('Available')
    expect(rig.csms.of('StartTransaction')).toHaveLength(1)
  })

  test('a fault ends it, and so does being put out of service', async () => {
    const rig = await station()
    await reserve(rig)
    await rig.poll({ fault: { code: 'F1', kind: 'GroundFailure', text: null } })
    await rig.poll({ fault: null })
    expect(rig.csms.statuses(1).slice(-3)).toEqual(['Reserved', 'Faulted', 'Available'])
    await reserve(rig)
    expect(await rig.request('ChangeAvailability', { connectorId: 1, type: 'Inoperative' })).toEqual({
      status: 'Accepted',
    })
    await rig.request('ChangeAvailability', { connectorId: 1, type: 'Operative' })
    expect(rig.csms.statuses(1).slice(-3)).toEqual(['Reserved', 'Unavailable', 'Available'])
    expect(why(rig)).toEqual(['fault', 'out-of-service'])
  })

  test('a charger that does not answer for a while keeps it, also when it comes up after us; one that stays away loses it', async () => {
    const rig = await station()
    await reserve(rig)
    await rig.restart()
    await rig.poll({ online: false, quality: 'stale' })
    await rig.clock.advance(119_000)
    await rig.poll({ online: true, quality: 'good' })
    expect(rig.csms.statuses(1).slice(-2)).toEqual(['Faulted', 'Reserved'])
    await rig.poll({ online: false, quality: 'stale' })
    await rig.clock.advance(120_000)
    await rig.poll({ online: true, quality: 'good' })
    expect(rig.csms.statuses(1).slice(-2)).toEqual(['Faulted', 'Available'])
    expect(why(rig)).toEqual(['fault'])
  })

  test('is refused while somebody is there, and out of service', async () => {
    const rig = await station(2)
    await rig.poll({ pilot: 'B' })
    expect(await reserve(rig)).toEqual({ status: 'Occupied' })
    expect(await reserve(rig, { connectorId: 3 })).toEqual({ status: 'Rejected' })
    await rig.poll({ evse: 2, online: false })
    expect(await reserve(rig, { connectorId: 2 })).toEqual({ status: 'Faulted' })
    await rig.request('ChangeAvailability', { connectorId: 0, type: 'Inoperative' })
    expect(await reserve(rig, { connectorId: 0 })).toEqual({ status: 'Unavailable' })
  })

  test('a full disk: it is not promised what could not be kept', async () => {
    const rig = await station()
    rig.ledger.full = true
    await expect(reserve(rig)).rejects.toMatchObject({ code: 'InternalError' })
    rig.ledger.full = false
    await rig.restart()
    await rig.poll()
    expect(rig.csms.statuses(1).at(-1)).toBe('Available')
  })

  test('an end that the disk did not take is noted later', async () => {
    const rig = await station()
    await reserve(rig, { seconds: 60 })
    rig.ledger.full = true
    await rig.clock.advance(60_000)
    expect(rig.csms.statuses(1).at(-1)).toBe('Available')
    rig.ledger.full = false
    await rig.polls(6)
    expect(rig.ledger.settingsOf.get('CP-001')?.has('reservations')).toBe(false)
  })
})

describe('connector 0: some connector', () => {
  test('the last free one is kept for its holder', async () => {
    const rig = await station(2)
    expect(await reserve(rig, { connectorId: 0 })).toEqual({ status: 'Accepted' })
    expect([1, 2].map((evse) => rig.csms.statuses(evse).at(-1))).toEqual(['Available', 'Available'])
    await rig.poll({ evse: 1, pilot: 'C' })
    expect(rig.csms.statuses(2).at(-1)).toBe('Reserved')
    await rig.card('STRANGER', 1)
    await rig.card('STRANGER', 2)
    await rig.poll({ evse: 2, pilot: 'C' })
    expect(rig.csms.of('StartTransaction').map(({ payload }) => payload['connectorId'])).toEqual([1])
    await rig.card('HOLDER', 2)
    expect(rig.csms.of('StartTransaction')[1]?.payload).toMatchObject({ connectorId: 2, reservationId: 7 })
  })

  test('with one connector that one is Reserved', async () => {
    const rig = await station()
    await reserve(rig, { connectorId: 0 })
    expect(rig.csms.statuses(1).at(-1)).toBe('Reserved')
    expect(await reserve(rig, { id: 8, connectorId: 0, idTag: 'SECOND' })).toEqual({ status: 'Occupied' })
    expect(await reserve(rig, { id: 8, connectorId: 1, idTag: 'SECOND' })).toEqual({ status: 'Occupied' })
  })

  test.each(['true', 'false'])(
    'for a group, a remote start of a card whose group nobody knows: the CSMS is asked (AuthorizeRemoteTxRequests %s)',
    async (authorizeRemoteTxRequests) => {
      const rig = await station(1, { authorizeRemoteTxRequests })
      rig.csms.react = (action, { idTag }) =>
        action === 'Authorize' && idTag === 'SISTER'
          ? { idTagInfo: { status: 'Accepted', parentIdTag: 'GROUP' } }
          : undefined
      await reserve(rig, { parentIdTag: 'GROUP' })
      const start = { connectorId: 1, idTag: 'STRANGER' }
      expect(await rig.request('RemoteStartTransaction', start)).toEqual({ status: 'Accepted' })
      await rig.clock.advance(1000)
      expect(rig.csms.statuses(1).at(-1)).toBe('Reserved')
      expect(await rig.request('RemoteStartTransaction', { ...start, idTag: 'SISTER' })).toEqual({ status: 'Accepted' })
      await rig.clock.advance(1000)
      await rig.poll({ pilot: 'C' })
      expect(rig.csms.of('Authorize').map(({ payload }) => payload['idTag'])).toEqual(['STRANGER', 'SISTER'])
      expect(rig.csms.of('StartTransaction').map(({ payload }) => payload)).toMatchObject([
        { idTag: 'SISTER', reservationId: 7 },
      ])
    },
  )

  test('a remote start without a connector: where nobody is expected, rather than where its group might be', async () => {
    const rig = await station(2)
    await reserve(rig, { parentIdTag: 'GROUP' })
    await rig.request('RemoteStartTransaction', { idTag: 'STRANGER' })
    await rig.poll({ evse: 2, pilot: 'C' })
    expect(rig.csms.of('Authorize')).toEqual([])
    expect(rig.csms.of('StartTransaction')[0]?.payload).toMatchObject({ connectorId: 2, idTag: 'STRANGER' })
  })

  test('a remote start without a connector goes where its holder is expected', async () => {
    const rig = await station(3)
    await reserve(rig, { connectorId: 3 })
    await rig.request('RemoteStartTransaction', { idTag: 'HOLDER' })
    await rig.poll({ evse: 3, pilot: 'C' })
    expect(rig.csms.of('StartTransaction')[0]?.payload).toMatchObject({ connectorId: 3, reservationId: 7 })
  })
})

test('free: a reserved place does not feed whoever plugs in', async () => {
  const rig = await Rig.start()
  await rig.poll()
  await reserve(rig, { seconds: 60 })
  await rig.polls(5, { pilot: 'C' })
  expect(rig.csms.of('StartTransaction')).toEqual([])
  await rig.polls(60)
  expect(rig.csms.of('StartTransaction')).toHaveLength(1)
})
