import { describe, expect, test } from 'vitest'
import { Rig } from './rig.ts'

const CHARGING = { pilot: 'C', measuredAmps: [16, 16, 16], powerW: 11_000 } as const
const period = (limit: number, startPeriod = 0) => ({ startPeriod, limit })

function chargingProfile(changes: object = {}, periods: readonly object[] = [period(10)]): object {
  return {
    chargingProfileId: 1,
    stackLevel: 0,
    chargingProfilePurpose: 'TxDefaultProfile',
    chargingProfileKind: 'Absolute',
    chargingSchedule: { chargingRateUnit: 'A', chargingSchedulePeriod: periods },
    ...changes,
  }
}

describe('Reset', () => {
  test.each([
    ['Hard', 'HardReset'],
    ['Soft', 'SoftReset'],
  ])('%s: transactions are stopped, the station announces itself anew, the car starts anew', async (type, reason) => {
    const rig = await Rig.start()
    await rig.poll(CHARGING)
    expect(await rig.request('Reset', { type })).toEqual({ status: 'Accepted' })
    await rig.clock.advance(20_000)
    await rig.poll(CHARGING)
    expect(rig.csms.of('StopTransaction')[0]?.payload).toMatchObject({ reason })
    expect(rig.csms.of('BootNotification')).toHaveLength(2)
    expect(rig.resets).toEqual([type.toLowerCase()])
    expect(rig.csms.transactions.size).toBe(2)
  })

  test('F23: hard, with 32 transactions', async () => {
    const rig = await Rig.start({ evses: 32 })
    for (let evse = 1; evse <= 32; evse++) await rig.poll({ ...CHARGING, evse })
    await rig.request('Reset', { type: 'Hard' })
    await rig.clock.advance(20_000)
    const first32 = [...rig.csms.transactions.values()].slice(0, 32)
    expect(first32.map(({ stops }) => stops.length)).toEqual(first32.map(() => 1))
  })
})

describe('ChangeAvailability', () => {
  test('out of service at once; survives a restart', async () => {
    const rig = await Rig.start()
    await rig.poll({ pilot: 'A' })
    expect(await rig.request('ChangeAvailability', { connectorId: 1, type: 'Inoperative' })).toEqual({
      status: 'Accepted',
    })
    expect(rig.csms.statuses(1).at(-1)).toBe('Unavailable')
    await rig.restart()
    await rig.poll({ pilot: 'C' })
    expect(rig.demand()).toMatchObject({ wanted: false, refusal: 'unavailable' })
    expect(rig.csms.of('StartTransaction')).toEqual([])
    await rig.request('ChangeAvailability', { connectorId: 1, type: 'Operative' })
    expect(rig.csms.of('StartTransaction')).toHaveLength(1)
  })

  test('scheduled during a transaction, and then never Available in between', async () => {
    const rig = await Rig.start()
    await rig.poll(CHARGING)
    expect(await rig.request('ChangeAvailability', { connectorId: 0, type: 'Inoperative' })).toEqual({
      status: 'Scheduled',
    })
    expect(rig.demand().wanted).toBe(true)
    const before = rig.csms.statuses(1).length
    await rig.unplug()
    expect(rig.csms.statuses(1).slice(before)).toEqual(['Unavailable'])
    expect(rig.csms.statuses(0).at(-1)).toBe('Unavailable')
  })

  test('of the station is of all its connectors, and each can be taken out of it again (§5.2)', async () => {
    const rig = await Rig.start({ evses: 2, authorization: { way: 'card' } })
    const change = (connectorId: number, type: string) => rig.request('ChangeAvailability', { connectorId, type })
    const shown = (): readonly unknown[] => [0, 1, 2].map((connector) => rig.csms.statuses(connector).at(-1))
    await rig.poll({ evse: 1 })
    await rig.poll({ evse: 2 })
    await change(1, 'Inoperative')
    await change(0, 'Operative')
    expect(shown()).toEqual(['Available', 'Available', 'Available'])
    await change(0, 'Inoperative')
    expect(shown()).toEqual(['Unavailable', 'Unavailable', 'Unavailable'])
    expect(await change(2, 'Operative')).toEqual({ status: 'Accepted' })
    expect(shown()).toEqual(['Unavailable', 'Unavailable', 'Available'])
    await rig.restart()
    await rig.poll({ evse: 1 })
    await rig.poll({ evse: 2 })
    expect(shown()).toEqual(['Unavailable', 'Unavailable', 'Available'])
  })

  test('of a connector that is not there is rejected', async () => {
    const rig = await Rig.start()
    expect(await rig.request('ChangeAvailability', { connectorId: 2, type: 'Operative' })).toEqual({
      status: 'Rejected',
    })
  })
})

describe('UnlockConnector', () => {
  test('stops the transaction and lets the cable go', async () => {
    const rig = await Rig.start()
    await rig.poll(CHARGING)
    expect(await rig.request('UnlockConnector', { connectorId: 1 })).toEqual({ status: 'Unlocked' })
    expect(rig.unlocked).toEqual([1])
    expect(rig.csms.of('StopTransaction')[0]?.payload).toMatchObject({ reason: 'UnlockCommand' })
  })

  test('where the charger cannot, the transaction goes on', async () => {
    const rig = await Rig.start({ evse: { canUnlock: false } })
    await rig.poll(CHARGING)
    expect(await rig.request('UnlockConnector', { connectorId: 1 })).toEqual({ status: 'NotSupported' })
    expect(rig.csms.of('StopTransaction')).toEqual([])
  })
})

describe('configuration', () => {
  test('F24: insane values are rejected and change nothing', async () => {
    const rig = await Rig.start()
    for (const value of ['-1', '1000000000', 'often'])
      expect(await rig.request('ChangeConfiguration', { key: 'MeterValueSampleInterval', value })).toEqual({
        status: 'Rejected',
      })
    expect(await rig.request('GetConfiguration', { key: ['MeterValueSampleInterval', 'Colour'] })).toEqual({
      configurationKey: [{ key: 'MeterValueSampleInterval', readonly: false, value: '60' }],
      unknownKey: ['Colour'],
    })
    expect(await rig.request('ChangeConfiguration', { key: 'Colour', value: 'red' })).toEqual({
      status: 'NotSupported',
    })
  })

  test('StopTxn lists that were emptied meanwhile: no values in the stop (§3.16.5)', async () => {
    const rig = await Rig.start({ settings: { stopTxnSampledData: 'Energy.Active.Import.Register' } })
    await rig.poll(CHARGING)
    await rig.request('ChangeConfiguration', { key: 'StopTxnSampledData', value: '' })
    await rig.unplug()
    expect(rig.csms.of('StopTransaction')).toHaveLength(1)
    expect(rig.csms.of('StopTransaction')[0]?.payload).not.toHaveProperty('transactionData')
  })

  test('an accepted value survives a restart', async () => {
    const rig = await Rig.start()
    await rig.request('ChangeConfiguration', { key: 'metervaluesampleinterval', value: '15' })
    await rig.restart()
    expect(await rig.request('GetConfiguration', { key: ['MeterValueSampleInterval'] })).toMatchObject({
      configurationKey: [{ value: '15' }],
    })
  })

  test('all of it', async () => {
    const rig = await Rig.start()
    const all = (await rig.request('GetConfiguration', {})) as { readonly configurationKey: readonly object[] }
    expect(all.configurationKey.length).toBeGreaterThan(35)
  })
})

describe('charging profiles', () => {
  test('are stored before they are answered, limit the demand, survive a restart, are cleared', async () => {
    const rig = await Rig.start()
    await rig.poll(CHARGING)
    const profile = { connectorId: 1, csChargingProfiles: chargingProfile() }
    expect(await rig.request('SetChargingProfile', profile)).toEqual({ status: 'Accepted' })
    const limited = { amps: 10, source: 'the CSMS (default profile 1)' }
    expect(rig.demand()).toMatchObject({ wanted: true, profile: limited })
    await rig.restart()
    await rig.poll()
    expect(rig.demand().profile).toEqual(limited)
    expect(await rig.request('ClearChargingProfile', { id: 1 })).toEqual({ status: 'Accepted' })
    expect(rig.demand().profile).toBeNull()
    expect(await rig.request('ClearChargingProfile', { id: 1 })).toEqual({ status: 'Unknown' })
  })

  test('of a transaction come with RemoteStart and go with it', async () => {
    const rig = await Rig.start({ authorization: { way: 'remote' } })
    await rig.poll({ pilot: 'B' })
    const profile = chargingProfile({ chargingProfilePurpose: 'TxProfile', chargingProfileKind: 'Relative' }, [
      period(8),
      period(16, 60),
    ])
    await rig.request('RemoteStartTransaction', { idTag: 'APP', connectorId: 1, chargingProfile: profile })
    expect(rig.demand().profile?.amps).toBe(8)
    await rig.clock.advance(60_000)
    expect(rig.demand().profile?.amps).toBe(16)
    await rig.unplug()
    expect(rig.demand().profile).toBeNull()
    expect(await rig.request('ClearChargingProfile', {})).toEqual({ status: 'Unknown' })
  })

  test('a remote start that nobody follows takes its profile away', async () => {
    const rig = await Rig.start({ authorization: { way: 'remote' }, settings: { connectionTimeOut: '30' } })
    await rig.poll({ pilot: 'A' })
    const profile = chargingProfile({ chargingProfilePurpose: 'TxProfile' }, [period(8)])
    await rig.request('RemoteStartTransaction', { idTag: 'APP', connectorId: 1, chargingProfile: profile })
    await rig.clock.advance(30_000)
    await rig.poll({ pilot: 'B' })
    await rig.request('RemoteStartTransaction', { idTag: 'APP', connectorId: 1 })
    expect(rig.demand()).toEqual({ wanted: true, refusal: null, profile: null })
  })

  test('a remote start with a default profile is refused', async () => {
    const rig = await Rig.start({ authorization: { way: 'remote' } })
    await rig.poll({ pilot: 'B' })
    const start = { idTag: 'APP', connectorId: 1, chargingProfile: chargingProfile() }
    expect(await rig.request('RemoteStartTransaction', start)).toEqual({ status: 'Rejected' })
  })

  test('the station’s maximum is shared by its running outlets', async () => {
    const rig = await Rig.start({ evses: 2 })
    const csChargingProfiles = chargingProfile(
      { chargingProfilePurpose: 'ChargePointMaxProfile', chargingProfileKind: 'Absolute' },
      [period(20)],
    )
    const schedule = {
      startSchedule: '2026-03-02T00:00:00Z',
      chargingRateUnit: 'A',
      chargingSchedulePeriod: [period(20)],
    }
    await rig.request('SetChargingProfile', {
      connectorId: 0,
      csChargingProfiles: { ...csChargingProfiles, chargingSchedule: schedule },
    })
    await rig.poll({ ...CHARGING, evse: 1 })
    expect(rig.demand(1).profile?.amps).toBe(20)
    await rig.poll({ ...CHARGING, evse: 2 })
    expect(rig.demand(1).profile?.amps).toBe(10)
  })

  test('a transaction profile without a transaction is rejected', async () => {
    const rig = await Rig.start()
    const csChargingProfiles = chargingProfile({ chargingProfilePurpose: 'TxProfile' })
    expect(await rig.request('SetChargingProfile', { connectorId: 1, csChargingProfiles })).toEqual({
      status: 'Rejected',
    })
  })

  test('GetCompositeSchedule', async () => {
    const rig = await Rig.start()
    await rig.request('SetChargingProfile', {
      connectorId: 1,
      csChargingProfiles: chargingProfile({}, [period(10), period(20, 60)]),
    })
    expect(await rig.request('GetCompositeSchedule', { connectorId: 1, duration: 120 })).toMatchObject({
      status: 'Accepted',
      chargingSchedule: {
        chargingRateUnit: 'A',
        chargingSchedulePeriod: [
          { startPeriod: 0, limit: 10 },
          { startPeriod: 60, limit: 20 },
        ],
      },
    })
    expect(await rig.request('GetCompositeSchedule', { connectorId: 9, duration: 120 })).toEqual({ status: 'Rejected' })
  })
})

describe('TriggerMessage', () => {
  test.each([
    ['Heartbeat', 'Heartbeat'],
    ['BootNotification', 'BootNotification'],
    ['StatusNotification', 'StatusNotification'],
    ['MeterValues', 'MeterValues'],
  ])('%s', async (requestedMessage, action) => {
    const rig = await Rig.start()
    await rig.poll(CHARGING)
    const before = rig.csms.of(action).length
    expect(await rig.request('TriggerMessage', { requestedMessage, connectorId: 1 })).toEqual({ status: 'Accepted' })
    expect(rig.csms.of(action)).toHaveLength(before + 1)
  })

  test('a connector that is not there is rejected', async () => {
    const rig = await Rig.start()
    expect(await rig.request('TriggerMessage', { requestedMessage: 'MeterValues', connectorId: 5 })).toEqual({
      status: 'Rejected',
    })
  })

  test.each(['Heartbeat', 'BootNotification', 'DiagnosticsStatusNotification', 'FirmwareStatusNotification'])(
    '%s: a connector that does not matter is ignored (§5.17)',
    async (requestedMessage) => {
      const rig = await Rig.start()
      const before = rig.csms.of(requestedMessage).length
      expect(await rig.request('TriggerMessage', { requestedMessage, connectorId: 5 })).toEqual({ status: 'Accepted' })
      expect(rig.csms.of(requestedMessage)).toHaveLength(before + 1)
    },
  )

  test('meter values that there are not are not promised: of the station itself, and of a charger that is away', async () => {
    const rig = await Rig.start()
    await rig.poll(CHARGING)
    const ask = (request: object) => rig.request('TriggerMessage', { requestedMessage: 'MeterValues', ...request })
    expect(await ask({ connectorId: 0 })).toEqual({ status: 'Rejected' })
    expect(await ask({})).toEqual({ status: 'Accepted' })
    await rig.poll({ online: false })
    expect(await ask({})).toEqual({ status: 'Rejected' })
  })

  test.each(['TriggerMessage', 'ExtendedTriggerMessage'])('%s of a message that nobody knows', async (action) => {
    const rig = await Rig.start()
    expect(await rig.request(action, { requestedMessage: 'StartTransaction' })).toEqual({ status: 'NotImplemented' })
  })
})

test('ClearCache: cards are asked about anew', async () => {
  const rig = await Rig.start({ authorization: { way: 'card' }, settings: { localPreAuthorize: 'true' } })
  await rig.poll({ pilot: 'A' })
  await rig.card('CARD-A')
  await rig.card('CARD-A')
  await rig.card('CARD-A')
  expect(rig.csms.of('Authorize')).toHaveLength(1)
  expect(await rig.request('ClearCache', {})).toEqual({ status: 'Accepted' })
  await rig.card('CARD-A')
  await rig.card('CARD-A')
  expect(rig.csms.of('Authorize')).toHaveLength(2)
})

test('DataTransfer knows no vendor', async () => {
  const rig = await Rig.start()
  expect(await rig.request('DataTransfer', { vendorId: 'com.example' })).toEqual({ status: 'UnknownVendorId' })
})

test('what the station does not offer is a CALLERROR', async () => {
  const rig = await Rig.start()
  await expect(rig.request('BootNotification', {})).rejects.toMatchObject({ code: 'NotSupported' })
  await expect(rig.request('Reset', { type: 'Warm' })).rejects.toMatchObject({ name: 'RpcCallError' })
})
