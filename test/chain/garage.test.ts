/** `members`: several chargers are the connectors of one station, and stay chargers of their own where wires are concerned. */
import { expect, it } from 'vitest'
import { forbidden } from './box.ts'
import { until } from './chain.ts'
import { Garage, STATION } from './garage.ts'

it('is one station with three connectors, wired as the site file says', async () => {
  const garage = await Garage.open()
  expect(await garage.hears('BootNotification')).toMatchObject({
    chargePointVendor: 'ampbridge',
    chargePointModel: '3 connectors',
    chargePointSerialNumber: 'G-7',
  })
  for (const connectorId of [0, 1, 2, 3]) await garage.statusIs(connectorId, 'Available')
  expect(garage.csms.calls.every(({ stationId }) => stationId === STATION)).toBe(true)
  expect(await garage.ask('GetConfiguration', { key: ['NumberOfConnectors', 'ConnectorPhaseRotation'] })).toMatchObject(
    {
      configurationKey: expect.arrayContaining([
        { key: 'NumberOfConnectors', readonly: true, value: '3' },
        expect.objectContaining({ key: 'ConnectorPhaseRotation', value: '0.Unknown,1.RST,2.STR,3.TRS' }),
      ]),
    },
  )

  // the page shows chargers; what is said of the session is the station's
  const { stations, upstreams } = garage.site.snapshot()
  expect(stations.map(({ id, stationId, evses }) => [id, stationId, evses.map(({ evse }) => evse)])).toEqual([
    ['CP-001', STATION, [1]],
    ['CP-002', STATION, [2]],
    ['CP-003', STATION, [3]],
  ])
  expect(stations[0]).toMatchObject({ vendor: 'KEBA', model: 'KeContact P30' })
  expect(upstreams).toMatchObject([{ id: 'operator', stationId: STATION, state: 'accepted' }])
})

it('charges where the CSMS says, under one limit for all', async () => {
  const garage = await Garage.open()
  const third = await garage.charge(3, 'TAG-3')
  await until('32 A at the third box', () => garage.offered(3) === 32)
  expect([garage.offered(1), garage.offered(2)]).toEqual([0, 0])
  expect(garage.site.snapshot().stations.map(({ evses: [evse] }) => evse?.transaction?.idToken ?? null)).toEqual([
    null,
    null,
    'TAG-3',
  ])

  await garage.charge(1, 'TAG-1')
  const limit = {
    chargingProfileId: 1,
    stackLevel: 0,
    chargingProfilePurpose: 'ChargePointMaxProfile',
    chargingProfileKind: 'Absolute',
    chargingSchedule: {
      startSchedule: new Date(garage.clock.now() - 60_000).toISOString(),
      chargingRateUnit: 'A',
      chargingSchedulePeriod: [{ startPeriod: 0, limit: 20 }],
    },
  }
  expect(await garage.ask('SetChargingProfile', { connectorId: 0, csChargingProfiles: limit })).toEqual({
    status: 'Accepted',
  })
  await until('both share 20 A', () => {
    const sum = garage.offered(1) + garage.offered(3)
    return sum <= 20 && garage.offered(1) >= 6 && garage.offered(3) >= 6
  })

  expect(await garage.ask('RemoteStopTransaction', { transactionId: third })).toEqual({ status: 'Accepted' })
  const stop = await garage.hears('StopTransaction', { transactionId: third })
  expect(stop).toMatchObject({ reason: 'Remote' })
  // billed to the last watt-hour that flowed before the pause
  expect(Math.abs(Number(stop['meterStop']) - garage.boxes[2].charger.energyWh)).toBeLessThan(2)
  expect(garage.csms.transactions.find(({ connectorId }) => connectorId === 1)?.stops).toEqual([])
  for (const box of garage.boxes) expect(forbidden(box)).toEqual([])
})

it('goes on at the others when one charger is dead, and tells which one it is', async () => {
  const garage = await Garage.open()
  await garage.charge(1, 'TAG-1')
  const [, second] = garage.boxes
  const from = garage.mark()
  second.fault = 'silent'
  await garage.statusIs(2, 'Faulted', from)
  expect(await garage.ask('RemoteStartTransaction', { connectorId: 2, idTag: 'TAG-2' })).toEqual({ status: 'Rejected' })
  await garage.charge(3, 'TAG-3')
  const told = garage.csms.calls.slice(from).filter(({ action }) => action === 'StatusNotification')
  expect(
    told.filter(({ payload }) => payload['status'] === 'Faulted').map(({ payload }) => payload['connectorId']),
  ).toEqual([2])
  expect(garage.site.snapshot().stations.map(({ online }) => online)).toEqual([true, false, true])

  const back = garage.mark()
  second.fault = null
  await garage.statusIs(2, 'Available', back)
})

it('unlocks the socket of the connector that is meant', async () => {
  const garage = await Garage.open()
  const writes = (index: 0 | 1 | 2): number => garage.boxes[index].requests.filter((one) => one === 'write 5012').length
  expect(await garage.ask('UnlockConnector', { connectorId: 2 })).toEqual({ status: 'Unlocked' })
  expect([writes(0), writes(1), writes(2)]).toEqual([0, 1, 0])
  expect(await garage.ask('UnlockConnector', { connectorId: 4 })).toEqual({ status: 'NotSupported' })
})

it('keeps its sessions over a restart, and ends them all at a reset', async () => {
  const garage = await Garage.open()
  const first = await garage.charge(1, 'TAG-1')
  const third = await garage.charge(3, 'TAG-3')
  await garage.stop()
  await garage.start()
  await until('both charge again', () => garage.offered(1) === 32 && garage.offered(3) === 32)
  expect(garage.csms.transactions).toHaveLength(2)
  expect(garage.csms.transactions.flatMap(({ stops }) => stops)).toEqual([])

  const from = garage.mark()
  expect(await garage.ask('Reset', { type: 'Soft' })).toEqual({ status: 'Accepted' })
  for (const transactionId of [first, third])
    expect(await garage.hears('StopTransaction', { transactionId }, from)).toMatchObject({ reason: 'SoftReset' })
  await garage.hears('BootNotification', {}, from)
  expect(garage.csms.transactions.map(({ stops }) => stops.length)).toEqual([1, 1])
})

it('takes a token from a kiosk at a connector, and an operator’s hand', async () => {
  const garage = await Garage.open()
  const { operations } = garage.site
  const [first, second] = garage.boxes
  second.charger.plug({ phases: 3, maxAmps: 32, energyWantedWh: 40_000 })
  await garage.statusIs(2, 'Preparing')
  expect(await operations.presentToken(STATION, 2, 'KIOSK-1')).toMatchObject({ outcome: 'started', evse: 2 })
  expect(await garage.hears('Authorize')).toEqual({ idTag: 'KIOSK-1' })
  await garage.hears('StartTransaction', { connectorId: 2, idTag: 'KIOSK-1' })
  await until('32 A at the second box', () => garage.offered(2) === 32)
  expect(await operations.stopSession(STATION, 2)).toBe('stopped')
  expect(await garage.hears('StopTransaction')).toMatchObject({ reason: 'Local' })
  expect(await operations.stopSession(STATION, 2)).toBe('no-session')

  // the plug comes later
  expect(await operations.presentToken(STATION, 1, 'KIOSK-2')).toMatchObject({ outcome: 'waiting-for-vehicle' })
  first.charger.plug({ phases: 3, maxAmps: 32, energyWantedWh: 40_000 })
  await garage.hears('StartTransaction', { connectorId: 1, idTag: 'KIOSK-2' })
  expect(await operations.unlock(STATION, 1)).toBe('unlocked')
  const later = garage.csms.transactions.find(({ idTag }) => idTag === 'KIOSK-2')
  await garage.hears('StopTransaction', { transactionId: later?.transactionId, reason: 'Local' })

  for (const [station, evse] of [
    ['CP-001', 1],
    ['nowhere', 1],
  ] as const)
    expect(await operations.presentToken(station, evse, 'X')).toBe('unknown-station')
  expect(await operations.unlock(STATION, 4)).toBe('unknown-evse')
})
