/** Local authorisation list and reservations. */
import { describe, expect, test } from 'vitest'
import { openStage } from './open-stage.ts'
import { PARENT, type Stage, VALID, VALID_2 } from './stage.ts'

const ACCEPTED = { status: 'Accepted' }
const REJECTED = { status: 'Rejected' }
const entry = (idTag: string, status = 'Accepted') => ({ idTag, idTagInfo: { status } })
const list = (listVersion: number, entries: readonly object[], updateType = 'Full') => ({
  listVersion,
  updateType,
  localAuthorizationList: entries,
})

describe.concurrent('local authorisation list', () => {
  const keys = { LocalAuthListEnabled: true, LocalPreAuthorize: true, AuthorizationCacheEnabled: false }

  test('TC_008_1_CS Regular start, id in the list: charges without asking', async (context) => {
    const stage = await openStage(context, { keys })
    expect(await stage.ask('GetLocalListVersion')).toEqual({ listVersion: 0 })
    expect(await stage.ask('SendLocalList', list(1, [entry(VALID)]))).toEqual(ACCEPTED)
    await stage.card(VALID)
    await stage.hears('StatusNotification 1 Preparing')
    stage.plug()
    await stage.started()
  })

  test('TC_008_2_CS Remote start, id in the list: charges without asking', async (context) => {
    const stage = await openStage(context, { keys: { ...keys, AuthorizeRemoteTxRequests: true } })
    expect(await stage.ask('SendLocalList', list(1, [entry(VALID)]))).toEqual(ACCEPTED)
    await stage.ask('RemoteStartTransaction', { connectorId: 1, idTag: VALID })
    await stage.hears('RemoteStartTransaction.conf Accepted', 'StatusNotification 1 Preparing')
    stage.plug()
    await stage.started()
  })

  test('TC_042_1_CS List version, list not enabled: -1', async (context) => {
    const stage = await openStage(context, { keys: { LocalAuthListEnabled: false } })
    expect(await stage.ask('GetLocalListVersion')).toEqual({ listVersion: -1 })
  })

  test('TC_042_2_CS List version, nothing in it: 0, also after a list was emptied', async (context) => {
    const stage = await openStage(context, { keys })
    expect(await stage.ask('GetLocalListVersion')).toEqual({ listVersion: 0 })
    expect(await stage.ask('SendLocalList', list(3, [entry(VALID)]))).toEqual(ACCEPTED)
    expect(await stage.ask('GetLocalListVersion')).toEqual({ listVersion: 3 })
    expect(await stage.ask('SendLocalList', list(4, []))).toEqual(ACCEPTED)
    expect(await stage.ask('GetLocalListVersion')).toEqual({ listVersion: 0 })
  })

  test('TC_043_CS Local list: full, then differential: added, changed, removed; kept across a power cut', async (context) => {
    const stage = await openStage(context, { keys })
    expect(await stage.ask('SendLocalList', list(1, [entry(VALID), entry('GONE')]))).toEqual(ACCEPTED)
    const changes = [entry(VALID, 'Blocked'), entry(VALID_2), { idTag: 'GONE' }]
    expect(await stage.ask('SendLocalList', list(2, changes, 'Differential'))).toEqual(ACCEPTED)
    await stage.powerDown()
    await stage.powerUp()
    await stage.idle()
    expect(await stage.ask('GetLocalListVersion')).toEqual({ listVersion: 2 })
    await stage.card(VALID_2)
    await stage.hears('StatusNotification 1 Preparing')
  })

  test('TC_043_1_CS Local list, not enabled: not supported', async (context) => {
    const stage = await openStage(context, { keys: { LocalAuthListEnabled: false } })
    expect(await stage.ask('SendLocalList', list(1, [entry(VALID)]))).toEqual({ status: 'NotSupported' })
  })

  test('TC_043_2_CS Local list, differential that is not newer: version mismatch, nothing changes', async (context) => {
    const stage = await openStage(context, { keys })
    expect(await stage.ask('SendLocalList', list(5, [entry(VALID)]))).toEqual(ACCEPTED)
    for (const version of [5, 4])
      expect(await stage.ask('SendLocalList', list(version, [entry(VALID_2)], 'Differential'))).toEqual({
        status: 'VersionMismatch',
      })
    expect(await stage.ask('GetLocalListVersion')).toEqual({ listVersion: 5 })
  })

  test('TC_043_3_CS Local list that cannot be taken: failed, the old one stays', async (context) => {
    const stage = await openStage(context, { keys })
    expect(await stage.ask('SendLocalList', list(1, [entry(VALID)]))).toEqual(ACCEPTED)
    const maximum = Number(await valueOf(stage, 'SendLocalListMaxLength'))
    const tooMany = Array.from({ length: maximum + 1 }, (_, index) => entry(`TAG-${index}`))
    expect(await stage.ask('SendLocalList', list(2, tooMany))).toEqual({ status: 'Failed' })
    // Twice the same identifier is no list.
    expect(await stage.ask('SendLocalList', list(2, [entry(VALID_2), entry(VALID_2)]))).toEqual({ status: 'Failed' })
    expect(await stage.ask('GetLocalListVersion')).toEqual({ listVersion: 1 })
  })
})

const RESERVATION = 77
const forVisitor = (stage: Stage, connectorId: number, changes: object = {}) => ({
  connectorId,
  expiryDate: stage.now(300),
  idTag: VALID,
  reservationId: RESERVATION,
  ...changes,
})

describe.concurrent('reservation of a connector', () => {
  test('TC_046_1_CS Reserved: nobody else may start, the visitor may, and the start names the reservation', async (context) => {
    const stage = await openStage(context)
    await stage.ask('ReserveNow', forVisitor(stage, 1))
    await stage.hears('ReserveNow.conf Accepted', 'StatusNotification 1 Reserved')
    await stage.card(VALID_2)
    await stage.seconds(5)
    expect(stage.all('StartTransaction')).toEqual([])
    await stage.card(VALID)
    await stage.hearsAmongOthers('StatusNotification 1 Preparing')
    stage.plug()
    await stage.started()
    expect(stage.last('StartTransaction')).toMatchObject({ reservationId: RESERVATION })
  })

  test('TC_046_2_CS Reserved: started from afar for the visitor', async (context) => {
    const stage = await openStage(context)
    await stage.ask('ReserveNow', forVisitor(stage, 1))
    await stage.hears('ReserveNow.conf Accepted', 'StatusNotification 1 Reserved')
    expect(await stage.ask('RemoteStartTransaction', { connectorId: 1, idTag: VALID_2 })).toEqual(REJECTED)
    expect(await stage.ask('RemoteStartTransaction', { connectorId: 1, idTag: VALID })).toEqual(ACCEPTED)
    await stage.hears('StatusNotification 1 Preparing')
    stage.plug()
    await stage.started()
    expect(stage.last('StartTransaction')).toMatchObject({ reservationId: RESERVATION })
  })

  test('TC_047_CS Reserved, the visitor does not come: available after the expiry', async (context) => {
    const stage = await openStage(context)
    await stage.ask('ReserveNow', forVisitor(stage, 1, { expiryDate: stage.now(40) }))
    await stage.hears('ReserveNow.conf Accepted', 'StatusNotification 1 Reserved')
    await stage.quiet(30)
    await stage.hears('StatusNotification 1 Available')
  })

  test('TC_048_1_CS Reservation of a faulted connector: faulted', async (context) => {
    const stage = await openStage(context)
    stage.charger().car.fail({ code: '0x0002', kind: 'PowerSwitchFailure', text: null })
    await stage.hears('StatusNotification 1 Faulted PowerSwitchFailure')
    expect(await stage.ask('ReserveNow', forVisitor(stage, 1))).toEqual({ status: 'Faulted' })
  })

  test('TC_048_2_CS Reservation of an occupied connector: occupied', async (context) => {
    const stage = await openStage(context)
    stage.plug()
    await stage.hears('StatusNotification 1 Preparing')
    expect(await stage.ask('ReserveNow', forVisitor(stage, 1))).toEqual({ status: 'Occupied' })
  })

  test('TC_048_3_CS Reservation of a connector out of service: unavailable', async (context) => {
    const stage = await openStage(context)
    expect(await stage.ask('ChangeAvailability', { connectorId: 1, type: 'Inoperative' })).toEqual(ACCEPTED)
    await stage.hears('StatusNotification 1 Unavailable')
    expect(await stage.ask('ReserveNow', forVisitor(stage, 1))).toEqual({ status: 'Unavailable' })
  })

  test('TC_048_4_CS Reservation of a connector that does not exist: rejected', async (context) => {
    const stage = await openStage(context)
    expect(await stage.ask('ReserveNow', forVisitor(stage, 4))).toEqual(REJECTED)
    await stage.quiet(10)
  })

  test('TC_051_CS Cancelled reservation: available again', async (context) => {
    const stage = await openStage(context)
    await stage.ask('ReserveNow', forVisitor(stage, 1))
    await stage.hears('ReserveNow.conf Accepted', 'StatusNotification 1 Reserved')
    await stage.ask('CancelReservation', { reservationId: RESERVATION })
    await stage.hears('CancelReservation.conf Accepted', 'StatusNotification 1 Available')
  })

  test('TC_052_CS Cancelling what is not reserved: rejected, the reservation stays', async (context) => {
    const stage = await openStage(context)
    await stage.ask('ReserveNow', forVisitor(stage, 1))
    await stage.hears('ReserveNow.conf Accepted', 'StatusNotification 1 Reserved')
    expect(await stage.ask('CancelReservation', { reservationId: RESERVATION + 1 })).toEqual(REJECTED)
    await stage.quiet(20)
  })

  test('TC_053_1_CS Reserved for a parent id: another card of the same parent starts', async (context) => {
    const stage = await openStage(context)
    stage.tokens.set(VALID_2, { status: 'Accepted', parentIdTag: PARENT })
    await stage.ask('ReserveNow', forVisitor(stage, 1, { parentIdTag: PARENT }))
    await stage.hears('ReserveNow.conf Accepted', 'StatusNotification 1 Reserved')
    await stage.card(VALID_2)
    await stage.hears(`Authorize ${VALID_2}`, 'StatusNotification 1 Preparing')
    stage.plug()
    await stage.started(VALID_2)
    expect(stage.last('StartTransaction')).toMatchObject({ reservationId: RESERVATION })
  })

  test('TC_053_2_CS Reserved for a parent id: started from afar with another card of the same parent', async (context) => {
    const stage = await openStage(context, { keys: { AuthorizeRemoteTxRequests: true } })
    stage.tokens.set(VALID_2, { status: 'Accepted', parentIdTag: PARENT })
    await stage.ask('ReserveNow', forVisitor(stage, 1, { parentIdTag: PARENT }))
    await stage.hears('ReserveNow.conf Accepted', 'StatusNotification 1 Reserved')
    await stage.ask('RemoteStartTransaction', { connectorId: 1, idTag: VALID_2 })
    await stage.hears('RemoteStartTransaction.conf Accepted', `Authorize ${VALID_2}`, 'StatusNotification 1 Preparing')
    stage.plug()
    await stage.started(VALID_2)
    expect(stage.last('StartTransaction')).toMatchObject({ reservationId: RESERVATION })
  })
})

describe.concurrent('reservation of the whole charge point', () => {
  test('TC_049_CS Reserved: the visitor may take any connector', async (context) => {
    const stage = await openStage(context, { connectors: 2 })
    expect(await valueOf(stage, 'ReserveConnectorZeroSupported')).toBe('true')
    expect(await stage.ask('ReserveNow', forVisitor(stage, 0))).toEqual(ACCEPTED)
    await stage.card(VALID, 2)
    await stage.hearsAmongOthers('StatusNotification 2 Preparing')
    stage.plug(2)
    await stage.hearsAmongOthers(`StartTransaction ${VALID}`)
    expect(stage.last('StartTransaction')).toMatchObject({ connectorId: 2, reservationId: RESERVATION })
  })

  test('TC_050_1_CS Reservation while all connectors are faulted: faulted', async (context) => {
    const stage = await openStage(context, { connectors: 2 })
    for (const connector of [1, 2])
      stage.charger(connector).car.fail({ code: '0x0002', kind: 'PowerSwitchFailure', text: null })
    await stage.hearsAmongOthers('StatusNotification 2 Faulted PowerSwitchFailure')
    await stage.seconds(3)
    expect(await stage.ask('ReserveNow', forVisitor(stage, 0))).toEqual({ status: 'Faulted' })
  })

  test('TC_050_2_CS Reservation while all connectors are occupied: occupied', async (context) => {
    const stage = await openStage(context, { connectors: 2 })
    for (const connector of [1, 2]) stage.plug(connector)
    await stage.hears(['StatusNotification 1 Preparing', 'StatusNotification 2 Preparing'])
    expect(await stage.ask('ReserveNow', forVisitor(stage, 0))).toEqual({ status: 'Occupied' })
  })

  test('TC_050_3_CS Reservation while the charge point is out of service: unavailable', async (context) => {
    const stage = await openStage(context, { connectors: 2 })
    expect(await stage.ask('ChangeAvailability', { connectorId: 0, type: 'Inoperative' })).toEqual(ACCEPTED)
    await stage.hearsAmongOthers('StatusNotification 2 Unavailable')
    await stage.seconds(3)
    expect(await stage.ask('ReserveNow', forVisitor(stage, 0))).toEqual({ status: 'Unavailable' })
  })
})

async function valueOf(stage: Stage, key: string): Promise<string> {
  const { configurationKey } = await stage.ask('GetConfiguration', { key: [key] })
  const [told] = configurationKey as readonly { readonly value: string }[]
  return told?.value ?? ''
}
