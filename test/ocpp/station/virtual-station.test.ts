import { describe, expect, test } from 'vitest'
import { Rig } from './rig.ts'

const CHARGING = { pilot: 'C', measuredAmps: [16, 16, 16], powerW: 11_000 } as const

describe('free: whoever plugs in', () => {
  test('a car comes, charges, pauses, leaves', async () => {
    const rig = await Rig.start()
    await rig.poll({ pilot: 'A' })
    expect(rig.csms.actions()).toEqual([
      'BootNotification',
      'StatusNotification',
      'StatusNotification',
      'StatusNotification',
    ])
    expect(rig.csms.statuses(1)).toEqual(['Unavailable', 'Available'])

    await rig.poll({ pilot: 'B' })
    expect(rig.csms.of('Authorize')[0]?.payload).toEqual({ idTag: 'FREE' })
    expect(rig.csms.of('StartTransaction')[0]?.payload).toMatchObject({
      connectorId: 1,
      idTag: 'FREE',
      meterStart: 1000,
    })
    expect(rig.demand()).toEqual({ wanted: true, refusal: null, profile: null })

    await rig.offer(16)
    await rig.poll({ ...CHARGING, energyWh: 1000 })
    expect(rig.csms.statuses(1).at(-1)).toBe('Charging')

    await rig.offer(0)
    await rig.polls(4, { measuredAmps: [0, 0, 0], powerW: 0, energyWh: 1010 })
    expect(rig.csms.statuses(1).at(-1)).toBe('SuspendedEVSE')

    await rig.offer(16)
    await rig.polls(7, { pilot: 'B' })
    expect(rig.csms.statuses(1).at(-1)).toBe('SuspendedEV')

    await rig.unplug()
    expect(rig.csms.of('StopTransaction')[0]?.payload).toMatchObject({ meterStop: 1010, reason: 'EVDisconnected' })
    expect(rig.csms.statuses(1).at(-1)).toBe('Available')
    expect(rig.demand()).toEqual({ wanted: false, refusal: 'no-vehicle', profile: null })
  })

  test('one poll that shows no vehicle does not end a transaction', async () => {
    const rig = await Rig.start()
    await rig.poll(CHARGING)
    await rig.poll({ pilot: 'A' })
    await rig.poll(CHARGING)
    expect(rig.csms.of('StopTransaction')).toEqual([])
  })

  test('after a remote stop the car that stays does not start again, the next one does', async () => {
    const rig = await Rig.start()
    await rig.poll(CHARGING)
    await rig.request('RemoteStopTransaction', { transactionId: 1001 })
    expect(rig.csms.of('StopTransaction')[0]?.payload).toMatchObject({ reason: 'Remote' })
    expect(rig.csms.statuses(1).at(-1)).toBe('Finishing')
    expect(rig.demand()).toMatchObject({ wanted: false, refusal: 'not-authorised' })
    await rig.restart()
    await rig.polls(3, CHARGING)
    expect(rig.csms.of('StartTransaction')).toHaveLength(1)

    await rig.unplug()
    await rig.poll({ pilot: 'B' })
    expect(rig.csms.of('StartTransaction')).toHaveLength(2)
  })

  test('with LocalPreAuthorize nobody is asked first', async () => {
    const rig = await Rig.start({ settings: { localPreAuthorize: 'true' } })
    await rig.poll({ pilot: 'B' })
    expect(rig.csms.of('Authorize')).toEqual([])
    expect(rig.csms.of('StartTransaction')).toHaveLength(1)
  })

  test('an identifier that the CSMS refuses feeds nobody', async () => {
    const rig = await Rig.start()
    rig.csms.react = (action) => (action === 'Authorize' ? { idTagInfo: { status: 'Blocked' } } : undefined)
    await rig.polls(5, { pilot: 'C' })
    expect(rig.csms.of('Authorize')).toHaveLength(1)
    expect(rig.csms.of('StartTransaction')).toEqual([])
    expect(rig.demand()).toMatchObject({ wanted: false, refusal: 'not-authorised' })
  })
})

describe('card: the reader decides', () => {
  const card = { authorization: { way: 'card' } } as const

  test('card, then plug; the same card stops', async () => {
    const rig = await Rig.start(card)
    await rig.poll({ pilot: 'A' })
    await rig.card('CARD-A')
    expect(rig.csms.statuses(1).at(-1)).toBe('Preparing')
    expect(rig.csms.of('StartTransaction')).toEqual([])
    await rig.poll({ pilot: 'B' })
    expect(rig.csms.of('StartTransaction')[0]?.payload).toMatchObject({ idTag: 'CARD-A' })
    await rig.card('card-a')
    expect(rig.csms.of('StopTransaction')[0]?.payload).toMatchObject({ reason: 'Local', idTag: 'card-a' })
    expect(rig.csms.statuses(1).at(-1)).toBe('Finishing')
    expect(rig.csms.of('Authorize')).toHaveLength(1)
  })

  test('plug, then card', async () => {
    const rig = await Rig.start(card)
    await rig.poll({ pilot: 'B' })
    expect(rig.demand()).toMatchObject({ wanted: false, refusal: 'not-authorised' })
    await rig.card('CARD-A')
    expect(rig.demand().wanted).toBe(true)
  })

  test('a reader that shows the card during the whole session does not stop it', async () => {
    const rig = await Rig.start(card)
    await rig.polls(10, { pilot: 'C', tag: 'CARD-A' })
    await rig.restart()
    await rig.polls(10, { pilot: 'C', tag: 'CARD-A' })
    expect(rig.csms.of('StartTransaction')).toHaveLength(1)
    expect(rig.csms.of('StopTransaction')).toEqual([])
  })

  test('another card of the same group stops it, a stranger’s does not', async () => {
    const rig = await Rig.start(card)
    rig.csms.react = (action, { idTag }) => {
      const info = { status: 'Accepted', ...(idTag === 'STRANGER' ? {} : { parentIdTag: 'FAMILY' }) }
      return action === 'Authorize' ? { idTagInfo: info } : undefined
    }
    await rig.poll({ pilot: 'C' })
    await rig.card('MUM')
    await rig.card('STRANGER')
    expect(rig.csms.of('StopTransaction')).toEqual([])
    await rig.card('DAD')
    expect(rig.csms.of('StopTransaction')[0]?.payload).toMatchObject({ reason: 'Local', idTag: 'DAD' })
  })

  test('nobody plugs in within ConnectionTimeOut', async () => {
    const rig = await Rig.start({ ...card, settings: { connectionTimeOut: '30' } })
    await rig.poll({ pilot: 'A' })
    await rig.card('CARD-A')
    await rig.clock.advance(30_000)
    expect(rig.csms.statuses(1).at(-1)).toBe('Available')
    await rig.poll({ pilot: 'B' })
    expect(rig.csms.of('StartTransaction')).toEqual([])
  })

  test('while the CSMS is away a card that it knew may charge; the session is delivered later with its own times', async () => {
    const rig = await Rig.start(card)
    await rig.poll({ pilot: 'C' })
    await rig.card('KNOWN')
    await rig.unplug()
    rig.csms.goDown()
    await rig.poll({ pilot: 'C' })
    await rig.card('UNKNOWN')
    expect(rig.demand().wanted).toBe(false)
    const startedAt = new Date(rig.clock.now()).toISOString()
    await rig.card('KNOWN')
    expect(rig.demand().wanted).toBe(true)
    await rig.clock.advance(3_600_000)
    rig.csms.goUp()
    await rig.clock.settle()
    expect(rig.csms.of('BootNotification')).toHaveLength(1)
    expect(rig.csms.of('StartTransaction')[1]?.payload).toMatchObject({ idTag: 'KNOWN', timestamp: startedAt })
  })
})

test('a card whose number OCPP 1.6 cannot carry is refused, also while the CSMS is away', async () => {
  const rig = await Rig.start({
    authorization: { way: 'card' },
    settings: { allowOfflineTxForUnknownId: 'true', localPreAuthorize: 'true' },
  })
  await rig.poll({ pilot: 'C' })
  rig.csms.goDown()
  await rig.card('0123456789ABCDEF01234567')
  expect(rig.demand().wanted).toBe(false)
  expect(rig.happened('authorisation-refused')).toHaveLength(1)
})

describe('remote: only the CSMS', () => {
  const remote = { authorization: { way: 'remote' } } as const

  test('a start for a car that comes within ConnectionTimeOut', async () => {
    const rig = await Rig.start(remote)
    await rig.poll({ pilot: 'A' })
    expect(await rig.request('RemoteStartTransaction', { idTag: 'APP' })).toEqual({ status: 'Accepted' })
    expect(rig.csms.statuses(1).at(-1)).toBe('Preparing')
    await rig.clock.advance(50_000)
    await rig.poll({ pilot: 'B' })
    expect(rig.csms.of('StartTransaction')[0]?.payload).toMatchObject({ idTag: 'APP' })
    expect(rig.csms.of('Authorize')).toEqual([])
  })

  test('with AuthorizeRemoteTxRequests the CSMS is asked about its own identifier', async () => {
    const rig = await Rig.start({ ...remote, settings: { authorizeRemoteTxRequests: 'true' } })
    rig.csms.react = (action) => (action === 'Authorize' ? { idTagInfo: { status: 'Invalid' } } : undefined)
    await rig.poll({ pilot: 'B' })
    expect(await rig.request('RemoteStartTransaction', { idTag: 'APP' })).toEqual({ status: 'Accepted' })
    expect(rig.csms.of('StartTransaction')).toEqual([])
  })

  test('refused while one runs, out of service, or unreachable', async () => {
    const rig = await Rig.start(remote)
    const start = (): Promise<unknown> => rig.request('RemoteStartTransaction', { idTag: 'APP', connectorId: 1 })
    await rig.poll({ online: false })
    expect(await start()).toEqual({ status: 'Rejected' })
    await rig.poll({ online: true, pilot: 'B' })
    await rig.request('ChangeAvailability', { connectorId: 1, type: 'Inoperative' })
    expect(await start()).toEqual({ status: 'Rejected' })
    await rig.request('ChangeAvailability', { connectorId: 1, type: 'Operative' })
    expect(await start()).toEqual({ status: 'Accepted' })
    expect(await start()).toEqual({ status: 'Rejected' })
  })

  test('without a connector the outlet with a waiting car is chosen', async () => {
    const rig = await Rig.start({ ...remote, evses: 3 })
    for (const evse of [1, 2, 3]) await rig.poll({ evse, pilot: evse === 2 ? 'B' : 'A' })
    await rig.request('RemoteStartTransaction', { idTag: 'APP' })
    expect(rig.csms.of('StartTransaction')[0]?.payload).toMatchObject({ connectorId: 2 })
  })
})

describe('a transaction survives', () => {
  test('a fault and an unreachable charger', async () => {
    const rig = await Rig.start()
    await rig.poll(CHARGING)
    await rig.poll({ fault: { code: '0x11', kind: 'HighTemperature', text: 'too hot' } })
    expect(rig.csms.of('StatusNotification').at(-1)?.payload).toMatchObject({
      status: 'Faulted',
      errorCode: 'HighTemperature',
      vendorErrorCode: '0x11',
    })
    await rig.poll({ online: false, quality: 'stale', fault: null })
    expect(rig.csms.of('StatusNotification').at(-1)?.payload).toMatchObject({ errorCode: 'InternalError' })
    await rig.poll({ ...CHARGING, online: true, quality: 'good' })
    expect(rig.csms.statuses(1).at(-1)).toBe('Charging')
    expect(rig.csms.of('StopTransaction')).toEqual([])
  })

  test('the death of the process: resumed with its old id', async () => {
    const rig = await Rig.start()
    await rig.poll({ ...CHARGING, energyWh: 1000 })
    await rig.restart()
    expect(rig.demand().wanted).toBe(false)
    await rig.poll({ energyWh: 1500 })
    expect(rig.demand().wanted).toBe(true)
    expect(await rig.request('RemoteStopTransaction', { transactionId: 1001 })).toEqual({ status: 'Accepted' })
    expect(rig.csms.of('StartTransaction')).toHaveLength(1)
    expect(rig.csms.of('StopTransaction')[0]?.payload).toMatchObject({ transactionId: 1001, meterStop: 1500 })
  })

  test('the death of the process while the car leaves: stopped exactly once', async () => {
    const rig = await Rig.start()
    await rig.poll({ ...CHARGING, energyWh: 1000 })
    await rig.restart()
    await rig.polls(5, { pilot: 'A', energyWh: 1800 })
    await rig.restart()
    await rig.polls(5, { pilot: 'A' })
    expect(rig.csms.of('StopTransaction').map(({ payload }) => payload)).toMatchObject([
      { meterStop: 1800, reason: 'EVDisconnected' },
    ])
  })

  test('a full disk at its end: it is ended when there is room, with the values of the moment', async () => {
    const rig = await Rig.start()
    await rig.poll({ ...CHARGING, energyWh: 1000 })
    rig.ledger.full = true
    await rig.unplug()
    const endedAt = new Date(rig.clock.now()).toISOString()
    expect(rig.demand().wanted).toBe(false)
    await rig.clock.advance(60_000)
    rig.ledger.full = false
    await rig.clock.advance(10_000)
    expect(rig.csms.of('StopTransaction')[0]?.payload).toMatchObject({ timestamp: endedAt })
  })

  test('registers that read 0 while the charger reboots', async () => {
    const rig = await Rig.start()
    await rig.poll({ ...CHARGING, energyWh: 5000 })
    await rig.polls(20, { pilot: 'A', energyWh: 0 })
    await rig.poll({ ...CHARGING, energyWh: 5010 })
    expect(rig.csms.of('StopTransaction')).toEqual([])
    await rig.unplug()
    expect(rig.csms.of('StopTransaction')[0]?.payload).toMatchObject({ meterStop: 5010 })
  })
})

describe('nothing is begun that could not be stored', () => {
  test('a full disk: no current until the start is on disk', async () => {
    const rig = await Rig.start()
    rig.ledger.full = true
    await rig.polls(3, { pilot: 'C' })
    expect(rig.demand().wanted).toBe(false)
    rig.ledger.full = false
    await rig.clock.advance(10_000)
    expect(rig.demand().wanted).toBe(true)
    expect(rig.csms.of('StartTransaction')).toHaveLength(1)
  })
})

describe('an identifier that the CSMS does not accept at the start', () => {
  test('StopTransactionOnInvalidId stops it', async () => {
    const rig = await refuses({})
    expect(rig.csms.of('StopTransaction')[0]?.payload).toMatchObject({ transactionId: 7, reason: 'DeAuthorized' })
  })

  test('without it the transaction runs on without current', async () => {
    const rig = await refuses({ stopTransactionOnInvalidId: 'false' })
    await rig.polls(5)
    expect(rig.csms.of('StopTransaction')).toEqual([])
    expect(rig.demand().wanted).toBe(false)
    expect(rig.csms.statuses(1).at(-1)).toBe('SuspendedEVSE')
  })

  test('MaxEnergyOnInvalidId lets it have a little first', async () => {
    const rig = await refuses({ maxEnergyOnInvalidId: '500' })
    await rig.poll({ energyWh: 1400 })
    expect(rig.demand().wanted).toBe(true)
    await rig.poll({ energyWh: 1500 })
    expect(rig.csms.of('StopTransaction')[0]?.payload).toMatchObject({ meterStop: 1500, reason: 'DeAuthorized' })
  })
})

test('StopTransactionOnEVSideDisconnect off: the transaction waits for the car', async () => {
  const rig = await Rig.start({ settings: { stopTransactionOnEVSideDisconnect: 'false' } })
  await rig.poll(CHARGING)
  await rig.unplug()
  await rig.polls(7)
  expect(rig.csms.statuses(1).at(-1)).toBe('SuspendedEV')
  expect(rig.demand()).toMatchObject({ wanted: false, refusal: 'no-vehicle' })
  await rig.poll(CHARGING)
  expect(rig.demand().wanted).toBe(true)
  expect(rig.csms.of('StartTransaction')).toHaveLength(1)
})

describe('the cable at the charger’s side when it is pulled from the car (§4.10)', () => {
  test.each([
    ['true', 'true', [1]],
    ['true', 'false', []],
    ['false', 'true', []],
  ])('stop: %s, unlock: %s', async (stop, unlock, unlocked) => {
    const rig = await Rig.start({
      settings: { stopTransactionOnEVSideDisconnect: stop, unlockConnectorOnEVSideDisconnect: unlock },
    })
    await rig.poll(CHARGING)
    await rig.unplug()
    expect(rig.unlocked).toEqual(unlocked)
  })

  test('of a session that goes on it is let go with the authorised stop', async () => {
    const rig = await Rig.start({
      authorization: { way: 'card' },
      settings: { stopTransactionOnEVSideDisconnect: 'false' },
    })
    await rig.poll({ pilot: 'B' })
    await rig.card('CARD')
    await rig.unplug()
    await rig.card('STRANGER')
    expect(rig.unlocked).toEqual([])
    await rig.card('CARD')
    expect(rig.unlocked).toEqual([1])
    expect(rig.csms.of('StopTransaction')[0]?.payload).toMatchObject({ reason: 'Local' })
    expect(rig.csms.statuses(1).at(-1)).toBe('Available')
  })
})

describe('why a transaction ended', () => {
  test.each<[string, (rig: Rig) => Promise<unknown>, string]>([
    ['the car left', (rig) => rig.unplug(), 'EVDisconnected'],
    ['a remote stop', (rig) => rig.request('RemoteStopTransaction', { transactionId: 1001 }), 'Remote'],
    ['a hard reset', (rig) => rig.request('Reset', { type: 'Hard' }), 'HardReset'],
    ['a soft reset', (rig) => rig.request('Reset', { type: 'Soft' }), 'SoftReset'],
    ['the cable was unlocked', (rig) => rig.request('UnlockConnector', { connectorId: 1 }), 'UnlockCommand'],
    ['somebody at the page', (rig) => rig.station.stop(1, 'local'), 'Local'],
    ['an emergency', (rig) => rig.station.stop(1, 'emergency-stop'), 'EmergencyStop'],
    [
      'the charger came up again without the car',
      async (rig) => {
        await rig.polls(3, { pilot: 'A', energyWh: 0 })
        await rig.polls(3, { pilot: 'A', energyWh: 5000 })
      },
      'PowerLoss',
    ],
  ])('%s', async (_, happens, reason) => {
    const rig = await Rig.start()
    await rig.poll({ ...CHARGING, energyWh: 5000 })
    await happens(rig)
    await rig.clock.advance(20_000)
    expect(rig.csms.of('StopTransaction').map(({ payload }) => payload)).toMatchObject([
      { transactionId: 1001, reason },
    ])
  })
})

describe('meter values', () => {
  test('sampled: every MeterValueSampleInterval during a transaction', async () => {
    const rig = await Rig.start({
      settings: { meterValueSampleInterval: '10', meterValuesSampledData: 'Energy.Active.Import.Register' },
    })
    await rig.poll({ ...CHARGING, energyWh: 1000 })
    await rig.polls(31)
    const values = rig.csms.of('MeterValues')
    expect(values).toHaveLength(3)
    expect(values[0]?.payload).toMatchObject({ connectorId: 1, transactionId: 1001 })
    await rig.request('ChangeConfiguration', { key: 'MeterValueSampleInterval', value: '0' })
    await rig.polls(30)
    expect(rig.csms.of('MeterValues')).toHaveLength(3)
  })

  test('clock-aligned: on the grid, with and without a transaction', async () => {
    const rig = await Rig.start({
      evses: 2,
      settings: {
        clockAlignedDataInterval: '900',
        meterValuesAlignedData: 'Energy.Active.Import.Register',
        meterValueSampleInterval: '0',
      },
    })
    await rig.clock.advance(100_000)
    await rig.poll({ evse: 1, ...CHARGING })
    await rig.poll({ evse: 2, pilot: 'A' })
    await rig.clock.advance(900_000)
    const values = rig.csms.of('MeterValues').map(({ payload }) => payload)
    expect(values).toHaveLength(2)
    for (const value of values)
      expect(value).toMatchObject({
        meterValue: [{ timestamp: '2026-03-02T08:15:00.000Z', sampledValue: [{ context: 'Sample.Clock' }] }],
      })
    expect(values.map((value) => value['transactionId'])).toEqual(expect.arrayContaining([1001, undefined]))
  })

  test('clock-aligned ones wait for a CSMS that is away, with and without a transaction (§3.7)', async () => {
    const rig = await Rig.start({
      evses: 2,
      settings: { clockAlignedDataInterval: '900', meterValueSampleInterval: '0' },
    })
    await rig.poll({ evse: 1, ...CHARGING })
    await rig.poll({ evse: 2, pilot: 'A' })
    rig.csms.goDown()
    await rig.clock.advance(1_800_000)
    rig.csms.goUp()
    await rig.clock.advance(1000)
    const values = rig.csms.of('MeterValues').map(({ payload }) => payload)
    expect(values.map(({ connectorId }) => connectorId)).toEqual([1, 2, 1, 2])
    expect(values.map(({ transactionId }) => transactionId)).toEqual([1001, undefined, 1001, undefined])
  })

  test('StopTxnSampledData: the stop carries begin, samples and end', async () => {
    const rig = await Rig.start({
      settings: { stopTxnSampledData: 'Energy.Active.Import.Register', meterValueSampleInterval: '60' },
    })
    await rig.poll({ ...CHARGING, energyWh: 1000 })
    await rig.clock.advance(60_000)
    await rig.poll({ energyWh: 1200 })
    await rig.unplug()
    const data = rig.csms.of('StopTransaction')[0]?.payload['transactionData']
    expect(data).toMatchObject([
      { sampledValue: [{ value: '1000', context: 'Transaction.Begin' }] },
      { sampledValue: [{ context: 'Sample.Periodic' }] },
      { sampledValue: [{ value: '1200', context: 'Transaction.End' }] },
    ])
  })

  test('StopTxnSampledData: the value of the begin is there after a restart as well (errata 3.14)', async () => {
    const rig = await Rig.start({
      settings: { stopTxnSampledData: 'Power.Active.Import,Energy.Active.Import.Register' },
    })
    await rig.poll({ ...CHARGING, energyWh: 1000 })
    await rig.polls(30, { energyWh: 1100 })
    await rig.restart()
    await rig.polls(10, { energyWh: 1200 })
    await rig.unplug()
    await rig.clock.advance(1000)
    expect(rig.csms.of('StopTransaction')[0]?.payload).toMatchObject({
      transactionData: [
        {
          timestamp: rig.csms.of('StartTransaction')[0]?.payload['timestamp'],
          sampledValue: [{ value: '1000', measurand: 'Energy.Active.Import.Register', context: 'Transaction.Begin' }],
        },
        { sampledValue: [{ context: 'Transaction.End' }, { context: 'Transaction.End' }] },
      ],
    })
  })

  test('a charger that is away gives none', async () => {
    const rig = await Rig.start({ settings: { meterValueSampleInterval: '10' } })
    await rig.poll(CHARGING)
    await rig.poll({ online: false, quality: 'stale' })
    await rig.clock.advance(60_000)
    expect(rig.csms.of('MeterValues')).toEqual([])
  })
})

test('a second upstream gets copies and may not decide', async () => {
  const rig = await Rig.start({ upstreams: ['operator', 'fleet'] })
  const fleet = rig.csmses.get('fleet')
  await rig.poll(CHARGING)
  expect(fleet?.of('StartTransaction')).toHaveLength(1)
  expect(fleet?.of('Authorize')).toEqual([])
  expect(await fleet?.send('RemoteStopTransaction', { transactionId: 1001 })).toEqual({ status: 'Rejected' })
  expect(await fleet?.send('Reset', { type: 'Hard' })).toEqual({ status: 'Rejected' })
  rig.csms.goDown()
  await rig.unplug()
  await rig.clock.settle()
  expect(fleet?.of('StopTransaction')).toHaveLength(1)
})

test('a station without a CSMS charges whom it may', async () => {
  const rig = await Rig.start({ upstreams: [] })
  await rig.poll(CHARGING)
  expect(rig.demand().wanted).toBe(true)
  await rig.unplug()
  expect([...rig.ledger.transactions.values()]).toMatchObject([{ stopReason: 'ev-disconnected' }])
})

/** A station whose CSMS does not accept the identifier of the transaction that begins. */
async function refuses(settings: Readonly<Record<string, string>>): Promise<Rig> {
  const rig = await Rig.start({ settings })
  rig.csms.react = (action) =>
    action === 'StartTransaction' ? { transactionId: 7, idTagInfo: { status: 'Invalid' } } : undefined
  await rig.poll({ ...CHARGING, energyWh: 1000 })
  return rig
}

describe('what a transaction shows until current flows', () => {
  const WAITS = { pilot: 'C', measuredAmps: [0, 0, 0], offeredAmps: 0 } as const

  test('still Preparing, then Charging: nobody has refused current', async () => {
    const rig = await Rig.start()
    await rig.poll({ pilot: 'A' })
    await rig.poll(WAITS)
    expect(rig.csms.of('StartTransaction')).toHaveLength(1)
    await rig.clock.advance(5000)
    await rig.offer(16)
    await rig.poll({ ...WAITS, offeredAmps: 16, measuredAmps: [16, 16, 16] })
    expect(rig.csms.statuses(1).slice(-2)).toEqual(['Preparing', 'Charging'])
  })

  test('SuspendedEVSE when nothing is offered within 6 s', async () => {
    const rig = await Rig.start()
    await rig.poll({ pilot: 'A' })
    await rig.poll(WAITS)
    await rig.clock.advance(5900)
    expect(rig.csms.statuses(1).at(-1)).toBe('Preparing')
    await rig.clock.advance(200)
    expect(rig.csms.statuses(1).at(-1)).toBe('SuspendedEVSE')
  })

  test('unplugged at the vehicle while the transaction goes on: the vehicle is what is missing (TC_005_3)', async () => {
    const rig = await Rig.start({ settings: { stopTransactionOnEVSideDisconnect: 'false' } })
    await rig.poll(CHARGING)
    await rig.offer(16)
    await rig.unplug()
    await rig.offer(0)
    await rig.clock.advance(7000)
    expect(rig.csms.statuses(1).slice(-2)).toEqual(['Charging', 'SuspendedEV'])
  })
})
