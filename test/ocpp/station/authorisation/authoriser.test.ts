import { describe, expect, test } from 'vitest'
import { Rig } from '../rig.ts'

const CARD = { authorization: { way: 'card' } } as const

interface Listed {
  readonly idTag: string
  readonly idTagInfo?: { readonly status: string; readonly expiryDate?: string; readonly parentIdTag?: string }
}

function send(rig: Rig, listVersion: number, localAuthorizationList: readonly Listed[], updateType = 'Full') {
  return rig.request('SendLocalList', { listVersion, updateType, localAuthorizationList })
}

const good = (idTag: string, parentIdTag?: string): Listed => ({
  idTag,
  idTagInfo: { status: 'Accepted', ...(parentIdTag === undefined ? {} : { parentIdTag }) },
})

/** Starts of a station at which a car waits. */
async function station(settings: Readonly<Record<string, string>> = {}): Promise<Rig> {
  const rig = await Rig.start({ ...CARD, settings })
  await rig.poll({ pilot: 'C' })
  return rig
}

const version = (rig: Rig): Promise<unknown> => rig.request('GetLocalListVersion', {})

describe('the local list (§3.5.2)', () => {
  test('lets its cards charge while the CSMS is away, also after a restart', async () => {
    const rig = await station()
    expect(await version(rig)).toEqual({ listVersion: 0 })
    expect(await send(rig, 3, [good('LISTED')])).toEqual({ status: 'Accepted' })
    expect(await send(rig, 4, [good('NEW'), { idTag: 'GONE' }], 'Differential')).toEqual({ status: 'Accepted' })
    expect(await send(rig, 4, [], 'Differential')).toEqual({ status: 'VersionMismatch' })
    expect(await version(rig)).toEqual({ listVersion: 4 })
    await rig.restart()
    await rig.poll({ pilot: 'C' })
    expect(await version(rig)).toEqual({ listVersion: 4 })
    rig.csms.goDown()
    await rig.card('STRANGER')
    expect(rig.demand().wanted).toBe(false)
    await rig.card('listed')
    expect(rig.demand().wanted).toBe(true)
    expect(rig.happened('authorised').at(-1)).toMatchObject({ by: 'list' })
  })

  test('with LocalPreAuthorize nobody is asked for its cards; those that it refuses are asked for', async () => {
    const rig = await station({ localPreAuthorize: 'true' })
    await send(rig, 1, [good('LISTED'), { idTag: 'STRUCK', idTagInfo: { status: 'Blocked' } }])
    await rig.card('STRUCK')
    expect(rig.csms.of('Authorize').map(({ payload }) => payload['idTag'])).toEqual(['STRUCK'])
    await rig.card('STRUCK')
    await rig.unplug()
    await rig.poll({ pilot: 'C' })
    await rig.card('LISTED')
    expect(rig.csms.of('Authorize')).toHaveLength(1)
    expect(rig.csms.of('StartTransaction').at(-1)?.payload).toMatchObject({ idTag: 'LISTED' })
  })

  test('an entry that has run out lets nobody charge', async () => {
    const rig = await station({ allowOfflineTxForUnknownId: 'true' })
    const expiryDate = new Date(rig.clock.now() + 60_000).toISOString()
    await send(rig, 1, [{ idTag: 'LISTED', idTagInfo: { status: 'Accepted', expiryDate } }])
    rig.csms.goDown()
    await rig.clock.advance(60_000)
    await rig.card('LISTED')
    expect(rig.happened('authorisation-refused').at(-1)).toMatchObject({ reason: 'expired' })
    await rig.card('STRANGER')
    expect(rig.demand().wanted).toBe(true)
  })

  test('the CSMS’s word goes before it but does not change it, and the conflict is told (LocalListConflict)', async () => {
    const rig = await station()
    await send(rig, 1, [good('LISTED')])
    rig.csms.react = (action) => (action === 'Authorize' ? { idTagInfo: { status: 'Blocked' } } : undefined)
    await rig.card('LISTED')
    expect(rig.demand().wanted).toBe(false)
    expect(rig.csms.of('StatusNotification').at(-1)?.payload).toMatchObject({
      connectorId: 0,
      status: 'Available',
      errorCode: 'LocalListConflict',
    })
    rig.csms.goDown()
    await rig.card('LISTED')
    expect(rig.demand().wanted).toBe(true)
  })

  test('switched off it is neither used nor taken', async () => {
    const rig = await station()
    await send(rig, 1, [good('LISTED')])
    await rig.request('ChangeConfiguration', { key: 'LocalAuthListEnabled', value: 'false' })
    expect(await send(rig, 2, [])).toEqual({ status: 'NotSupported' })
    expect(await version(rig)).toEqual({ listVersion: -1 })
    rig.csms.goDown()
    await rig.card('LISTED')
    expect(rig.demand().wanted).toBe(false)
  })

  test('one that the disk does not take has failed', async () => {
    const rig = await station()
    rig.ledger.full = true
    expect(await send(rig, 1, [good('LISTED')])).toEqual({ status: 'Failed' })
    rig.ledger.full = false
    expect(await version(rig)).toEqual({ listVersion: 0 })
  })

  test('a group that it knows stops a session while the CSMS is away', async () => {
    const rig = await station()
    await send(rig, 1, [good('MUM', 'FAMILY'), good('DAD', 'FAMILY'), good('NEIGHBOUR', 'OTHERS')])
    rig.csms.goDown()
    await rig.card('MUM')
    await rig.card('NEIGHBOUR')
    expect(rig.demand().wanted).toBe(true)
    await rig.card('DAD')
    expect(rig.demand().wanted).toBe(false)
    rig.csms.goUp()
    await rig.clock.settle()
    expect(rig.csms.of('StopTransaction')[0]?.payload).toMatchObject({ idTag: 'DAD', reason: 'Local' })
  })
})

describe('the cache (§3.5.1)', () => {
  test('learns from the answers to a start and a stop; ClearCache forgets', async () => {
    const rig = await station()
    rig.csms.react = (action) => (action === 'StopTransaction' ? { idTagInfo: { status: 'Blocked' } } : undefined)
    await rig.card('CARD')
    await rig.card('CARD')
    expect(rig.csms.of('StopTransaction')).toHaveLength(1)
    await rig.unplug()
    rig.csms.goDown()
    await rig.poll({ pilot: 'C' })
    await rig.card('CARD')
    expect(rig.happened('authorisation-refused').at(-1)).toMatchObject({ reason: 'blocked' })
    rig.csms.goUp()
    await rig.clock.settle()
    expect(await rig.request('ClearCache', {})).toEqual({ status: 'Accepted' })
    rig.csms.goDown()
    await rig.card('CARD')
    expect(rig.happened('authorisation-refused').at(-1)).toMatchObject({ reason: 'unknown while the CSMS is away' })
  })

  test('a card that charges elsewhere (ConcurrentTx) does not start, and is not remembered as refused', async () => {
    const rig = await station()
    rig.csms.react = (action) => (action === 'Authorize' ? { idTagInfo: { status: 'ConcurrentTx' } } : undefined)
    await rig.card('CARD')
    expect(rig.csms.of('StartTransaction')).toEqual([])
    rig.csms.react = () => undefined
    await rig.card('CARD')
    expect(rig.csms.of('StartTransaction')).toHaveLength(1)
  })
})

describe('an identifier that the CSMS does not accept at the start', () => {
  test('is not fed after a restart of ours either', async () => {
    const rig = await station({ stopTransactionOnInvalidId: 'false', maxEnergyOnInvalidId: '500' })
    rig.csms.react = (action) =>
      action === 'StartTransaction' ? { transactionId: 7, idTagInfo: { status: 'Invalid' } } : undefined
    await rig.card('CARD')
    await rig.poll({ energyWh: 1400 })
    expect(rig.demand().wanted).toBe(true)
    await rig.restart()
    await rig.poll({ energyWh: 1499 })
    expect(rig.demand().wanted).toBe(true)
    await rig.poll({ energyWh: 1500 })
    expect(rig.demand().wanted).toBe(false)
    await rig.restart()
    await rig.poll({ energyWh: 1500 })
    expect(rig.demand().wanted).toBe(false)
  })
})

test('AuthorizeRemoteTxRequests: a remote start is authorised like a card', async () => {
  const rig = await station({ authorizeRemoteTxRequests: 'true' })
  rig.csms.react = (action) => (action === 'Authorize' ? { idTagInfo: { status: 'Invalid' } } : undefined)
  expect(await rig.request('RemoteStartTransaction', { idTag: 'APP', connectorId: 1 })).toEqual({ status: 'Accepted' })
  expect(rig.csms.of('Authorize')).toHaveLength(1)
  expect(rig.csms.of('StartTransaction')).toEqual([])
  await rig.request('ChangeConfiguration', { key: 'AuthorizeRemoteTxRequests', value: 'false' })
  await rig.request('RemoteStartTransaction', { idTag: 'APP', connectorId: 1 })
  expect(rig.csms.of('Authorize')).toHaveLength(1)
  expect(rig.csms.of('StartTransaction')).toHaveLength(1)
})
