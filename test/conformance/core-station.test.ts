/** Core profile, the station itself: boot, remote control, reset, unlock, configuration, power failures. */
import { describe, expect, test } from 'vitest'
import { openStage } from './open-stage.ts'
import { type Stage, VALID, VALID_2 } from './stage.ts'

const ACCEPTED = { status: 'Accepted' }
const REJECTED = { status: 'Rejected' }
const BOTH_AVAILABLE = ['StatusNotification 0 Available', 'StatusNotification 1 Available']

/** The first BootNotification is not accepted yet. */
function acceptedLater(status: 'Rejected' | 'Pending', firstInterval: number) {
  return ({ action }: { readonly action: string }, stage: Stage) => {
    if (action !== 'BootNotification') return undefined
    const first = stage.all('BootNotification').length === 1
    const answer = first ? { status, interval: firstInterval } : { status: 'Accepted', interval: 20 }
    return { answer: { ...answer, currentTime: stage.now() } }
  }
}

describe.concurrent('boot', () => {
  test('TC_001_CS Cold boot: rejected, tries again after the interval, then tells all connectors and beats', async (context) => {
    const stage = await openStage(context, { booted: false, react: acceptedLater('Rejected', 30) })
    await stage.hears('BootNotification', 'BootNotification', BOTH_AVAILABLE)
    expect(stage.last('BootNotification')).toMatchObject({
      chargePointVendor: expect.any(String),
      chargePointModel: expect.any(String),
    })
    expect(stage.intervals('BootNotification')[0]).toBeGreaterThanOrEqual(30)
    await stage.hears('Heartbeat', 'Heartbeat', 'Heartbeat')
    for (const seconds of stage.intervals('Heartbeat')) expect(Math.abs(seconds - 20)).toBeLessThan(3)
  })

  test('TC_002_CS Cold boot, pending: may be configured meanwhile, says nothing else, registers after the interval', async (context) => {
    const stage = await openStage(context, { booted: false, react: acceptedLater('Pending', 40) })
    await stage.hears('BootNotification')
    expect(await stage.ask('GetConfiguration')).toHaveProperty('configurationKey')
    expect(await stage.ask('ChangeConfiguration', { key: 'MeterValueSampleInterval', value: '30' })).toEqual(ACCEPTED)
    await stage.hears('BootNotification', BOTH_AVAILABLE, 'Heartbeat')
    expect(stage.intervals('BootNotification')[0]).toBeGreaterThanOrEqual(40)
  })

  test('TC_032_2_CS Power failure in a transaction: it goes on when the car is still there, and the card ends it', async (context) => {
    const stage = await openStage(context)
    const transactionId = await stage.charging()
    await stage.powerDown()
    await stage.seconds(60)
    await stage.powerUp()
    await stage.hears('BootNotification', ['StatusNotification 0 Available', 'StatusNotification 1 Charging'])
    await stage.card(VALID)
    await stage.hears(['StopTransaction Local', 'StatusNotification 1 Finishing'])
    expect(stage.last('StopTransaction')).toMatchObject({ transactionId })
  })

  test('TC_032_2_CS Power failure in a transaction, the car went meanwhile: ended after the boot', async (context) => {
    const stage = await openStage(context)
    const transactionId = await stage.charging()
    await stage.powerDown()
    stage.unplug()
    await stage.seconds(60)
    await stage.powerUp()
    await stage.hears('BootNotification')
    await stage.hearsAmongOthers('StopTransaction EVDisconnected')
    expect(stage.last('StopTransaction')).toMatchObject({ transactionId })
    await stage.until('available again', () => stage.last('StatusNotification')['status'] === 'Available')
  })

  test('TC_034_CS Power failure while unavailable: still unavailable after it', async (context) => {
    const stage = await openStage(context)
    await stage.ask('ChangeAvailability', { connectorId: 0, type: 'Inoperative' })
    const unavailable = ['StatusNotification 0 Unavailable', 'StatusNotification 1 Unavailable']
    await stage.hears('ChangeAvailability.conf Accepted', unavailable)
    await stage.powerDown()
    await stage.powerUp()
    await stage.hears('BootNotification', unavailable)
    await stage.quiet(20)
  })
})

describe.concurrent('reset', () => {
  for (const [id, type] of [
    ['TC_013_CS', 'Hard'],
    ['TC_014_CS', 'Soft'],
  ] as const) {
    test(`${id} ${type} reset without a transaction: boots, and availability is as before`, async (context) => {
      const stage = await openStage(context)
      await stage.ask('ChangeAvailability', { connectorId: 1, type: 'Inoperative' })
      await stage.hears('ChangeAvailability.conf Accepted', 'StatusNotification 1 Unavailable')
      await stage.ask('Reset', { type })
      await stage.hears('Reset.conf Accepted', 'BootNotification', [
        'StatusNotification 0 Available',
        'StatusNotification 1 Unavailable',
      ])
      await stage.ask('ChangeAvailability', { connectorId: 1, type: 'Operative' })
      await stage.hears('ChangeAvailability.conf Accepted', 'StatusNotification 1 Available')
    })
  }

  test('TC_015_CS Hard reset with a transaction: boots, and the transaction ended with HardReset', async (context) => {
    const stage = await openStage(context)
    const transactionId = await stage.charging()
    await stage.ask('Reset', { type: 'Hard' })
    await stage.hears('Reset.conf Accepted')
    await stage.hearsAmongOthers('BootNotification')
    await stage.hears(['StatusNotification 0 Available', 'StatusNotification 1 Preparing', 'StopTransaction HardReset'])
    expect(stage.last('StopTransaction')).toMatchObject({ transactionId })
    await stage.quiet(20)
  })

  test('TC_016_CS Soft reset with a transaction: ends it with SoftReset first, then boots', async (context) => {
    const stage = await openStage(context)
    const transactionId = await stage.charging()
    await stage.ask('Reset', { type: 'Soft' })
    await stage.hears(
      'Reset.conf Accepted',
      ['StopTransaction SoftReset', 'StatusNotification 1 Finishing'],
      'BootNotification',
      ['StatusNotification 0 Available', 'StatusNotification 1 Preparing'],
    )
    expect(stage.last('StopTransaction')).toMatchObject({ transactionId })
    await stage.quiet(20)
  })
})

describe.concurrent('remote start and stop', () => {
  test('TC_010_CS Remote start, cable plugged in first: authorises when it is told to', async (context) => {
    const stage = await openStage(context, { keys: { AuthorizeRemoteTxRequests: true } })
    expect(await stage.ask('GetConfiguration', { key: ['AuthorizeRemoteTxRequests'] })).toMatchObject({
      configurationKey: [{ key: 'AuthorizeRemoteTxRequests', value: 'true' }],
    })
    stage.plug()
    await stage.hears('StatusNotification 1 Preparing')
    await stage.ask('RemoteStartTransaction', { connectorId: 1, idTag: VALID })
    await stage.hears('RemoteStartTransaction.conf Accepted', `Authorize ${VALID}`)
    await stage.started()
  })

  test('TC_011_1_CS Remote start first, then the cable', async (context) => {
    const stage = await openStage(context, { keys: { AuthorizeRemoteTxRequests: false } })
    await stage.ask('RemoteStartTransaction', { connectorId: 1, idTag: VALID })
    await stage.hears('RemoteStartTransaction.conf Accepted', 'StatusNotification 1 Preparing')
    stage.plug()
    await stage.started()
  })

  test('TC_011_2_CS Remote start, nobody plugs in: available again after ConnectionTimeOut', async (context) => {
    const stage = await openStage(context, { keys: { ConnectionTimeOut: 45 } })
    await stage.ask('RemoteStartTransaction', { connectorId: 1, idTag: VALID })
    await stage.hears('RemoteStartTransaction.conf Accepted', 'StatusNotification 1 Preparing')
    await stage.quiet(40)
    await stage.hears('StatusNotification 1 Available')
  })

  test('TC_012_CS Remote stop', async (context) => {
    const stage = await openStage(context)
    const transactionId = await stage.charging()
    await stage.ask('RemoteStopTransaction', { transactionId })
    await stage.hears('RemoteStopTransaction.conf Accepted', [
      'StopTransaction Remote',
      'StatusNotification 1 Finishing',
    ])
    expect(stage.last('StopTransaction')).toMatchObject({ transactionId })
    stage.unplug()
    await stage.hears('StatusNotification 1 Available')
  })

  test('TC_026_CS Remote start, rejected: the connector is in use or out of service', async (context) => {
    const stage = await openStage(context)
    await stage.charging()
    expect(await stage.ask('RemoteStartTransaction', { connectorId: 1, idTag: VALID_2 })).toEqual(REJECTED)
    expect(await stage.ask('RemoteStartTransaction', { connectorId: 7, idTag: VALID_2 })).toEqual(REJECTED)
    await stage.card(VALID)
    await stage.hears(['StopTransaction Local', 'StatusNotification 1 Finishing'])
    stage.unplug()
    await stage.ask('ChangeAvailability', { connectorId: 1, type: 'Inoperative' })
    expect(await stage.ask('RemoteStartTransaction', { connectorId: 1, idTag: VALID_2 })).toEqual(REJECTED)
  })

  test('TC_027_CS Remote start of connector 0: refused', async (context) => {
    const stage = await openStage(context)
    expect(await stage.ask('RemoteStartTransaction', { connectorId: 0, idTag: VALID })).toMatchObject({
      error: 'PropertyConstraintViolation',
    })
    await stage.quiet(10)
  })

  test('TC_028_CS Remote stop of a transaction that does not run: rejected, the running one goes on', async (context) => {
    const stage = await openStage(context)
    const transactionId = await stage.charging()
    expect(await stage.ask('RemoteStopTransaction', { transactionId: transactionId + 1 })).toEqual(REJECTED)
    await stage.quiet(10)
    expect(stage.charger().car.drawnAmps).toBeGreaterThan(0)
  })
})

describe.concurrent('unlock', () => {
  test('TC_017_1_CS Unlock without a session: unlocked', async (context) => {
    const stage = await openStage(context)
    expect(await stage.ask('UnlockConnector', { connectorId: 1 })).toEqual({ status: 'Unlocked' })
    expect(stage.charger().unlocks).toBe(1)
  })

  test('TC_017_2_CS Unlock of a fixed cable: not supported', async (context) => {
    const stage = await openStage(context, { charger: 'fixed-cable', authorize: 'remote' })
    expect(await stage.ask('UnlockConnector', { connectorId: 1 })).toEqual({ status: 'NotSupported' })
  })

  test('TC_018_1_CS Unlock in a session: ends it with UnlockCommand and unlocks; no new one begins', async (context) => {
    const stage = await openStage(context)
    const transactionId = await stage.charging()
    await stage.ask('UnlockConnector', { connectorId: 1 })
    await stage.hears([
      'UnlockConnector.conf Unlocked',
      'StopTransaction UnlockCommand',
      'StatusNotification 1 Finishing',
    ])
    expect(stage.last('StopTransaction')).toMatchObject({ transactionId })
    await stage.quiet(30)
    stage.unplug()
    await stage.hears('StatusNotification 1 Available')
  })

  test('TC_018_2_CS Unlock of a fixed cable in a session: not supported, the session goes on', async (context) => {
    const stage = await openStage(context, { charger: 'fixed-cable', authorize: 'remote' })
    await stage.ask('RemoteStartTransaction', { connectorId: 1, idTag: VALID })
    await stage.hears('StatusNotification 1 Preparing')
    stage.plug()
    await stage.started()
    expect(await stage.ask('UnlockConnector', { connectorId: 1 })).toEqual({ status: 'NotSupported' })
    await stage.quiet(20)
    expect(stage.charger().car.drawnAmps).toBeGreaterThan(0)
  })

  test('TC_030_CS Unlock failure: the jammed lock is told', async (context) => {
    const stage = await openStage(context)
    stage.charger().jammed = true
    expect(await stage.ask('UnlockConnector', { connectorId: 1 })).toEqual({ status: 'UnlockFailed' })
  })

  test('TC_031_CS Unlock of a connector that does not exist: not supported', async (context) => {
    const stage = await openStage(context)
    expect(await stage.ask('UnlockConnector', { connectorId: 5 })).toEqual({ status: 'NotSupported' })
    expect(stage.charger().unlocks).toBe(0)
  })
})

/** Required keys of the Core profile (OCPP 1.6 §9.1). */
const CORE_KEYS = [
  'AuthorizeRemoteTxRequests',
  'ClockAlignedDataInterval',
  'ConnectionTimeOut',
  'ConnectorPhaseRotation',
  'GetConfigurationMaxKeys',
  'HeartbeatInterval',
  'LocalAuthorizeOffline',
  'LocalPreAuthorize',
  'MeterValuesAlignedData',
  'MeterValuesSampledData',
  'MeterValueSampleInterval',
  'NumberOfConnectors',
  'ResetRetries',
  'StopTransactionOnEVSideDisconnect',
  'StopTransactionOnInvalidId',
  'StopTxnAlignedData',
  'StopTxnSampledData',
  'SupportedFeatureProfiles',
  'TransactionMessageAttempts',
  'TransactionMessageRetryInterval',
  'UnlockConnectorOnEVSideDisconnect',
]

describe.concurrent('configuration', () => {
  test('TC_019_CS Retrieve configuration: all keys, and the asked ones with the unknown named', async (context) => {
    const stage = await openStage(context)
    const all = await stage.ask('GetConfiguration')
    const told = all['configurationKey'] as readonly { readonly key: string; readonly value: string }[]
    expect(told.map(({ key }) => key)).toEqual(expect.arrayContaining(CORE_KEYS))
    expect(await stage.ask('GetConfiguration', { key: ['SupportedFeatureProfiles', 'NoSuchKey'] })).toEqual({
      configurationKey: [{ key: 'SupportedFeatureProfiles', readonly: true, value: expect.stringContaining('Core') }],
      unknownKey: ['NoSuchKey'],
    })
  })

  test('TC_021_CS Change configuration: accepted, told, and it has its effect', async (context) => {
    const stage = await openStage(context)
    expect(await stage.ask('ChangeConfiguration', { key: 'MeterValueSampleInterval', value: '15' })).toEqual(ACCEPTED)
    expect(await stage.ask('GetConfiguration', { key: ['MeterValueSampleInterval'] })).toEqual({
      configurationKey: [{ key: 'MeterValueSampleInterval', readonly: false, value: '15' }],
    })
    await stage.charging()
    await stage.hears('MeterValues', 'MeterValues')
    expect(Math.abs((stage.intervals('MeterValues')[0] ?? 0) - 15)).toBeLessThan(3)
  })

  test('TC_040_1_CS Configuration key that does not exist: not supported', async (context) => {
    const stage = await openStage(context)
    expect(await stage.ask('ChangeConfiguration', { key: 'NoSuchKey', value: '1' })).toEqual({ status: 'NotSupported' })
  })

  test('TC_040_2_CS Configuration value that is none: rejected, the old one stays', async (context) => {
    const stage = await openStage(context)
    for (const value of ['-1', 'soon', ''])
      expect(await stage.ask('ChangeConfiguration', { key: 'MeterValueSampleInterval', value })).toEqual(REJECTED)
    expect(await stage.ask('GetConfiguration', { key: ['MeterValueSampleInterval'] })).toMatchObject({
      configurationKey: [{ value: '60' }],
    })
  })

  test('TC_062_CS Data transfer to the charge point: a vendor that it does not know', async (context) => {
    const stage = await openStage(context)
    const answer = await stage.ask('DataTransfer', { vendorId: 'org.example', messageId: 'hello', data: 'x' })
    expect(answer).toEqual({ status: 'UnknownVendorId' })
  })
})
