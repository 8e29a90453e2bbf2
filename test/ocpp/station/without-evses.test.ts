/** A station without EVSEs: it stands for something greater, and its maximum profile limits that. */
import { describe, expect, test } from 'vitest'
import { Rig } from './rig.ts'

const maximum = (limit: number, unit: 'A' | 'W' = 'A', changes: object = {}) => ({
  connectorId: 0,
  csChargingProfiles: {
    chargingProfileId: 7,
    stackLevel: 0,
    chargingProfilePurpose: 'ChargePointMaxProfile',
    chargingProfileKind: 'Absolute',
    chargingSchedule: {
      startSchedule: '2026-01-01T00:00:00Z',
      chargingRateUnit: unit,
      chargingSchedulePeriod: [{ startPeriod: 0, limit }],
    },
    ...changes,
  },
})

describe('at its CSMS', () => {
  test('it boots, tells its own status and nothing else', async () => {
    const rig = await Rig.start({ evses: 0 })
    expect(rig.csms.calls.map(({ action }) => action)).toEqual(['BootNotification', 'StatusNotification'])
    expect(rig.csms.calls[1]?.payload).toMatchObject({ connectorId: 0, status: 'Available', errorCode: 'NoError' })
  })

  test.each<[action: string, payload: object, answer: object]>([
    ['RemoteStartTransaction', { idTag: 'A' }, { status: 'Rejected' }],
    ['RemoteStartTransaction', { idTag: 'A', connectorId: 1 }, { status: 'Rejected' }],
    ['RemoteStopTransaction', { transactionId: 1 }, { status: 'Rejected' }],
    ['UnlockConnector', { connectorId: 1 }, { status: 'NotSupported' }],
    ['ChangeAvailability', { connectorId: 1, type: 'Inoperative' }, { status: 'Rejected' }],
    // Nothing can charge here that could be taken out of service.
    ['ChangeAvailability', { connectorId: 0, type: 'Inoperative' }, { status: 'Rejected' }],
    [
      'ReserveNow',
      { connectorId: 0, expiryDate: '2099-01-01T00:00:00Z', idTag: 'A', reservationId: 1 },
      { status: 'Rejected' },
    ],
    ['CancelReservation', { reservationId: 1 }, { status: 'Rejected' }],
    ['SendLocalList', { listVersion: 1, updateType: 'Full' }, { status: 'NotSupported' }],
    ['GetLocalListVersion', {}, { listVersion: -1 }],
    ['ClearChargingProfile', {}, { status: 'Unknown' }],
    ['GetCompositeSchedule', { connectorId: 0, duration: 60 }, { status: 'Rejected' }],
    ['TriggerMessage', { requestedMessage: 'MeterValues' }, { status: 'Rejected' }],
    ['TriggerMessage', { requestedMessage: 'StatusNotification' }, { status: 'Accepted' }],
    ['TriggerMessage', { requestedMessage: 'StatusNotification', connectorId: 1 }, { status: 'Rejected' }],
    ['TriggerMessage', { requestedMessage: 'BootNotification' }, { status: 'Accepted' }],
    ['TriggerMessage', { requestedMessage: 'Heartbeat' }, { status: 'Accepted' }],
    ['DataTransfer', { vendorId: 'v' }, { status: 'UnknownVendorId' }],
    ['Reset', { type: 'Soft' }, { status: 'Accepted' }],
    [
      'GetConfiguration',
      { key: ['NumberOfConnectors', 'SupportedFeatureProfiles', 'ConnectorPhaseRotation'] },
      {
        configurationKey: [
          { key: 'NumberOfConnectors', readonly: true, value: '0' },
          { key: 'SupportedFeatureProfiles', readonly: true, value: 'Core,RemoteTrigger' },
          { key: 'ConnectorPhaseRotation', readonly: false, value: '0.Unknown' },
        ],
      },
    ],
  ])('%s %j', async (action, payload, answer) => {
    const rig = await Rig.start({
      evses: 0,
      settings: { localAuthListEnabled: 'false', reserveConnectorZeroSupported: 'false' },
    })
    expect(await rig.request(action, payload)).toEqual(answer)
  })

  test('profiles are not for one that stands for nothing', async () => {
    const rig = await Rig.start({ evses: 0 })
    await expect(rig.request('SetChargingProfile', maximum(40))).rejects.toThrow(
      'this station takes no charging profiles',
    )
    expect(rig.station.wholeLimit(rig.clock.now())).toBeNull()
  })
})

describe('its maximum profile', () => {
  test.each([
    ['A', 40],
    ['W', 22_000],
  ] as const)('in %s is the limit of the whole, until it is cleared', async (unit, limit) => {
    const rig = await Rig.start({ evses: 0, wholeMaxAmps: 100 })
    expect(rig.station.wholeLimit(rig.clock.now())).toBeNull()
    expect(await rig.request('SetChargingProfile', maximum(limit, unit))).toEqual({ status: 'Accepted' })
    expect(rig.station.wholeLimit(rig.clock.now())).toEqual({ limit, unit, profileId: 7 })
    await rig.restart()
    expect(rig.station.wholeLimit(rig.clock.now())).toEqual({ limit, unit, profileId: 7 })
    expect(await rig.request('ClearChargingProfile', { id: 7 })).toEqual({ status: 'Accepted' })
    expect(rig.station.wholeLimit(rig.clock.now())).toBeNull()
  })

  test('holds from its beginning to its end', async () => {
    const rig = await Rig.start({ evses: 0, wholeMaxAmps: 100, startAt: Date.parse('2026-03-01T12:00:00Z') })
    const hour = {
      chargingSchedule: {
        startSchedule: '2026-03-01T13:00:00Z',
        duration: 3600,
        chargingRateUnit: 'A',
        chargingSchedulePeriod: [{ startPeriod: 0, limit: 20 }],
      },
    }
    await rig.request('SetChargingProfile', maximum(20, 'A', hour))
    const at = (time: string) => rig.station.wholeLimit(Date.parse(`2026-03-01T${time}Z`))?.limit ?? null
    expect(['12:59:59', '13:00:00', '13:59:59', '14:00:00'].map(at)).toEqual([null, 20, 20, null])
    expect(rig.station.wholeLimitEnd(Date.parse('2026-03-01T13:10:00Z'))).toBe(Date.parse('2026-03-01T14:00:00Z'))
  })

  test('is told by the composite schedule, never above what the whole can take', async () => {
    const rig = await Rig.start({ evses: 0, wholeMaxAmps: 100 })
    const limitOf = async (unit: 'A' | 'W'): Promise<unknown> => {
      const request = { connectorId: 0, duration: 600, chargingRateUnit: unit }
      const answer = await rig.request('GetCompositeSchedule', request)
      return (answer as { readonly chargingSchedule?: { readonly chargingSchedulePeriod?: unknown } }).chargingSchedule
        ?.chargingSchedulePeriod
    }
    expect(await limitOf('A')).toEqual([{ startPeriod: 0, limit: 100 }])
    await rig.request('SetChargingProfile', maximum(40))
    expect(await limitOf('A')).toEqual([{ startPeriod: 0, limit: 40 }])
    expect(await limitOf('W')).toEqual([{ startPeriod: 0, limit: 27_600 }])
    await rig.request('SetChargingProfile', maximum(160))
    expect(await limitOf('A')).toEqual([{ startPeriod: 0, limit: 100 }])
  })

  test('a default profile has no car to hold for', async () => {
    const rig = await Rig.start({ evses: 0, wholeMaxAmps: 100 })
    const profile = maximum(16, 'A', { chargingProfilePurpose: 'TxDefaultProfile' })
    expect(await rig.request('SetChargingProfile', profile)).toEqual({ status: 'Rejected' })
    expect(rig.events).toContainEqual(expect.objectContaining({ kind: 'station-fault', code: 'PROFILE_REFUSED' }))
  })
})
