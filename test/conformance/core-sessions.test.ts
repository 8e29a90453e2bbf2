/** Core profile, sessions: cases of the published OCPP 1.6 list for charge points, by their numbers; docs/conformance.md has the results. */
import { describe, expect, test } from 'vitest'
import { openStage } from './open-stage.ts'
import { INVALID, PARENT, VALID, VALID_2 } from './stage.ts'

const ACCEPTED = { status: 'Accepted' }

describe.concurrent('a session begins', () => {
  test('TC_003_CS Regular charging session, plug in first', async (context) => {
    const stage = await openStage(context)
    stage.plug()
    await stage.hears('StatusNotification 1 Preparing')
    await stage.card(VALID)
    await stage.hears(`Authorize ${VALID}`)
    await stage.started()
    expect(stage.last('StartTransaction')).toMatchObject({ connectorId: 1, meterStart: 1_284_000 })
  })

  test('TC_004_1_CS Regular charging session, identification first', async (context) => {
    const stage = await openStage(context)
    await stage.card(VALID)
    await stage.hears(`Authorize ${VALID}`, 'StatusNotification 1 Preparing')
    stage.plug()
    await stage.started()
  })

  test('TC_004_2_CS Identification first, ConnectionTimeOut: available again, and the card counts no longer', async (context) => {
    const stage = await openStage(context, { keys: { ConnectionTimeOut: 30 } })
    await stage.card(VALID)
    await stage.hears(`Authorize ${VALID}`, 'StatusNotification 1 Preparing', 'StatusNotification 1 Available')
    stage.plug()
    await stage.hears('StatusNotification 1 Preparing')
    await stage.quiet(30)
  })

  test('TC_007_1_CS Regular start, cached id: charges without asking', async (context) => {
    const stage = await openStage(context, { keys: { AuthorizationCacheEnabled: true, LocalPreAuthorize: true } })
    await stage.cached()
    await stage.card(VALID)
    await stage.hears('StatusNotification 1 Preparing')
    stage.plug()
    await stage.started()
  })

  test('TC_007_2_CS Remote start, cached id: charges without asking', async (context) => {
    const stage = await openStage(context, {
      keys: { AuthorizationCacheEnabled: true, LocalPreAuthorize: true, AuthorizeRemoteTxRequests: true },
    })
    await stage.cached()
    expect(await stage.ask('RemoteStartTransaction', { connectorId: 1, idTag: VALID })).toEqual(ACCEPTED)
    await stage.hears('StatusNotification 1 Preparing')
    stage.plug()
    await stage.started()
  })

  test('TC_023_4_CS Local start, Authorize Invalid, Expired, Blocked: no transaction and no current', async (context) => {
    const stage = await openStage(context)
    stage.plug()
    await stage.hears('StatusNotification 1 Preparing')
    for (const status of ['Invalid', 'Expired', 'Blocked']) {
      stage.tokens.set(INVALID, { status })
      await stage.card(INVALID)
      await stage.hears(`Authorize ${INVALID}`)
      await stage.quiet(10)
    }
    expect(stage.charger().offeredAmps).toBe(0)
  })

  test('TC_023_5_CS Remote start, Authorize Invalid: accepted as asked, then no transaction', async (context) => {
    const stage = await openStage(context, { keys: { AuthorizeRemoteTxRequests: true } })
    stage.plug()
    await stage.hears('StatusNotification 1 Preparing')
    await stage.ask('RemoteStartTransaction', { connectorId: 1, idTag: INVALID })
    await stage.hears('RemoteStartTransaction.conf Accepted', `Authorize ${INVALID}`)
    await stage.quiet(30)
  })

  test('TC_024_CS Start, lock failure: faulted with its error code, no transaction', async (context) => {
    const stage = await openStage(context, { authorize: 'remote' })
    await stage.ask('RemoteStartTransaction', { connectorId: 1, idTag: VALID })
    await stage.hears('StatusNotification 1 Preparing')
    stage.charger().car.fail({ code: '0x0001', kind: 'ConnectorLockFailure', text: null })
    stage.plug()
    await stage.hears('StatusNotification 1 Faulted ConnectorLockFailure')
    await stage.quiet(30)
  })

  test('TC_041_CS Fault behaviour: a faulted charger starts nothing', async (context) => {
    const stage = await openStage(context)
    stage.charger().car.fail({ code: '0x0002', kind: 'PowerSwitchFailure', text: null })
    await stage.hears('StatusNotification 1 Faulted PowerSwitchFailure')
    expect(await stage.ask('RemoteStartTransaction', { connectorId: 1, idTag: VALID })).toEqual({ status: 'Rejected' })
    await stage.card(VALID)
    stage.plug()
    await stage.seconds(30)
    expect(stage.all('StartTransaction')).toEqual([])
    expect(stage.charger().offeredAmps).toBe(0)
  })

  test('TC_061_1_CS Cleared cache, local start: asks again', async (context) => {
    const stage = await openStage(context, { keys: { AuthorizationCacheEnabled: true, LocalPreAuthorize: true } })
    await stage.cached()
    expect(await stage.ask('ClearCache')).toEqual(ACCEPTED)
    await stage.card(VALID)
    await stage.hears(`Authorize ${VALID}`, 'StatusNotification 1 Preparing')
    stage.plug()
    await stage.started()
  })

  test('TC_061_2_CS Cleared cache, remote start: asks again', async (context) => {
    const stage = await openStage(context, {
      keys: { AuthorizationCacheEnabled: true, LocalPreAuthorize: true, AuthorizeRemoteTxRequests: true },
    })
    await stage.cached()
    expect(await stage.ask('ClearCache')).toEqual(ACCEPTED)
    await stage.ask('RemoteStartTransaction', { connectorId: 1, idTag: VALID })
    await stage.hears('RemoteStartTransaction.conf Accepted', `Authorize ${VALID}`, 'StatusNotification 1 Preparing')
    stage.plug()
    await stage.started()
  })
})

describe.concurrent('a session ends', () => {
  test('TC_005_1_CS Unplugged at the vehicle, stop and unlock: EVDisconnected, the lock opens', async (context) => {
    const stage = await openStage(context, {
      keys: { StopTransactionOnEVSideDisconnect: true, UnlockConnectorOnEVSideDisconnect: true },
    })
    const transactionId = await stage.charging()
    stage.unplug()
    await stage.hears(['StopTransaction EVDisconnected', 'StatusNotification 1 Available'])
    expect(stage.last('StopTransaction')).toMatchObject({ transactionId })
    await stage.until('the lock was opened', () => stage.charger().unlocks === 1)
  })

  test('TC_005_2_CS Unplugged at the vehicle, stop without unlock: EVDisconnected, unlocked when asked', async (context) => {
    const stage = await openStage(context, {
      keys: { StopTransactionOnEVSideDisconnect: true, UnlockConnectorOnEVSideDisconnect: false },
    })
    await stage.charging()
    stage.unplug()
    await stage.hears(['StopTransaction EVDisconnected', 'StatusNotification 1 Available'])
    await stage.quiet(20)
    expect(stage.charger().unlocks).toBe(0)
    expect(await stage.ask('UnlockConnector', { connectorId: 1 })).toEqual({ status: 'Unlocked' })
  })

  test('TC_005_3_CS Unplugged at the vehicle, no stop: suspended until the CSMS stops it', async (context) => {
    const stage = await openStage(context, {
      keys: { StopTransactionOnEVSideDisconnect: false, UnlockConnectorOnEVSideDisconnect: false },
    })
    const transactionId = await stage.charging()
    stage.unplug()
    await stage.hears('StatusNotification 1 SuspendedEV')
    await stage.quiet(30)
    await stage.ask('RemoteStopTransaction', { transactionId })
    await stage.hears('RemoteStopTransaction.conf Accepted', [
      'StopTransaction Remote',
      'StatusNotification 1 Available',
    ])
  })

  test('TC_068_CS Stopped by the card that started it, and by no other', async (context) => {
    const stage = await openStage(context)
    await stage.charging()
    await stage.card(VALID_2)
    await stage.quiet(10)
    await stage.card(VALID)
    await stage.hears(['StopTransaction Local', 'StatusNotification 1 Finishing'])
    expect(stage.last('StopTransaction')).toMatchObject({ idTag: VALID })
    stage.unplug()
    await stage.hears('StatusNotification 1 Available')
  })

  test('TC_069_CS Stopped by another card of the same parent', async (context) => {
    const stage = await openStage(context)
    for (const idTag of [VALID, VALID_2]) stage.tokens.set(idTag, { status: 'Accepted', parentIdTag: PARENT })
    await stage.charging()
    await stage.card(VALID_2)
    await stage.hears(`Authorize ${VALID_2}`, ['StopTransaction Local', 'StatusNotification 1 Finishing'])
    expect(stage.last('StopTransaction')).toMatchObject({ idTag: VALID_2 })
  })
})

describe.concurrent('meter values', () => {
  test('TC_070_CS Sampled values: at the interval and in transactionData, with what was asked for', async (context) => {
    const measurands = 'Energy.Active.Import.Register,Power.Active.Import'
    const stage = await openStage(context)
    for (const [key, value] of [
      ['MeterValueSampleInterval', '20'],
      ['MeterValuesSampledData', measurands],
      ['StopTxnSampledData', 'Energy.Active.Import.Register'],
    ])
      expect(await stage.ask('ChangeConfiguration', { key, value })).toEqual(ACCEPTED)
    const transactionId = await stage.charging()
    await stage.hears('MeterValues', 'MeterValues', 'MeterValues')
    for (const seconds of stage.intervals('MeterValues')) expect(Math.abs(seconds - 20)).toBeLessThan(2)
    const values = stage.last('MeterValues')
    expect(values).toMatchObject({ connectorId: 1, transactionId })
    expect(told(values['meterValue'])).toEqual(new Set(measurands.split(',')))
    expect(contexts(values['meterValue'])).toEqual(new Set(['Sample.Periodic']))
    await stage.card(VALID)
    await stage.hears(['StopTransaction Local', 'StatusNotification 1 Finishing'])
    const { transactionData } = stage.last('StopTransaction')
    expect(told(transactionData)).toEqual(new Set(['Energy.Active.Import.Register']))
    expect(contexts(transactionData)).toEqual(new Set(['Transaction.Begin', 'Sample.Periodic', 'Transaction.End']))
  })

  test('TC_071_CS Clock-aligned values: on the grid of the day, with and without a transaction', async (context) => {
    const stage = await openStage(context, { keys: { MeterValueSampleInterval: 0 } })
    for (const [key, value] of [
      ['ClockAlignedDataInterval', '30'],
      ['MeterValuesAlignedData', 'Energy.Active.Import.Register'],
      ['StopTxnAlignedData', 'Energy.Active.Import.Register'],
    ])
      expect(await stage.ask('ChangeConfiguration', { key, value })).toEqual(ACCEPTED)
    await stage.hears('MeterValues')
    expect(stage.last('MeterValues')).not.toHaveProperty('transactionId')
    const transactionId = await stage.charging()
    await stage.hears('MeterValues', 'MeterValues')
    const values = stage.last('MeterValues')
    expect(values).toMatchObject({ connectorId: 1, transactionId })
    expect(contexts(values['meterValue'])).toEqual(new Set(['Sample.Clock']))
    for (const { meterValue } of stage.all('MeterValues'))
      for (const { timestamp } of meterValue as readonly { timestamp: string }[])
        expect(Date.parse(timestamp) % 30_000).toBe(0)
    await stage.card(VALID)
    await stage.hears(['StopTransaction Local', 'StatusNotification 1 Finishing'])
    expect(contexts(stage.last('StopTransaction')['transactionData'])).toContain('Sample.Clock')
  })
})

interface Sampled {
  readonly sampledValue: readonly { readonly measurand?: string; readonly context?: string }[]
}

/** Left out, both have a standard value (OCPP 1.6 §7.43). */
function told(values: unknown): ReadonlySet<string> {
  return new Set(flat(values).map(({ measurand = 'Energy.Active.Import.Register' }) => measurand))
}

function contexts(values: unknown): ReadonlySet<string> {
  return new Set(flat(values).map(({ context = 'Sample.Periodic' }) => context))
}

function flat(values: unknown): Sampled['sampledValue'] {
  return (values as readonly Sampled[]).flatMap(({ sampledValue }) => sampledValue)
}
