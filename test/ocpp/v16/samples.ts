/** One of each: messages of a station, requests of a CSMS with what they mean, and every answer to a request. */
import type { ChargingProfile } from '../../../src/model/charging-profile.ts'
import type { ConnectorStatus, StationMessage } from '../../../src/model/csms.ts'
import type { CsmsRequest, CsmsResponse } from '../../../src/model/csms-request.ts'
import type { MeterSample } from '../../../src/model/reading.ts'
import type { StopReason } from '../../../src/model/transaction.ts'

/** 2026-03-01T12:00:00Z */
export const NOON = Date.UTC(2026, 2, 1, 12)

export const SAMPLE: MeterSample = {
  at: NOON,
  readings: [
    reading('Energy.Active.Import.Register', 'Wh', 123456.7),
    { ...reading('Current.Import', 'A', 15.9), phase: 'L1' },
    { ...reading('Current.Import', 'A', 0.1 + 0.2), phase: 'L2' },
    { ...reading('Voltage', 'V', 230.4), phase: 'L1-N' },
    reading('Power.Active.Import', 'W', 10987.65),
    reading('Frequency', 'Hz', 49.98),
    { ...reading('Temperature', 'Celsius', -3.5), location: 'Body' },
    { ...reading('SoC', 'Percent', 55), location: 'EV' },
  ],
}

function reading(
  measurand: MeterSample['readings'][number]['measurand'],
  unit: MeterSample['readings'][number]['unit'],
  value: number,
): MeterSample['readings'][number] {
  return { measurand, unit, value, phase: null, context: 'Sample.Periodic', location: 'Outlet' }
}

const STATUSES: readonly ConnectorStatus[] = [
  'available',
  'preparing',
  'charging',
  'suspended-ev',
  'suspended-evse',
  'finishing',
  'reserved',
  'unavailable',
  'faulted',
]
const STOP_REASONS: readonly StopReason[] = [
  'de-authorized',
  'emergency-stop',
  'ev-disconnected',
  'hard-reset',
  'local',
  'other',
  'power-loss',
  'reboot',
  'remote',
  'soft-reset',
  'unlock-command',
]

export const EVERY_MESSAGE: readonly StationMessage[] = [
  { kind: 'boot', identity: { vendor: 'KEBA', model: 'P30', serial: '17619300', firmware: '1.10.16' } },
  { kind: 'boot', identity: { vendor: 'Heidelberg', model: 'Energy Control', serial: null, firmware: null } },
  { kind: 'heartbeat' },
  ...STATUSES.map((status): StationMessage => ({ kind: 'status', evse: 1, status, fault: null, info: null, at: NOON })),
  {
    kind: 'status',
    evse: 1,
    status: 'faulted',
    fault: { code: '0x0102', kind: 'GroundFailure', text: 'Residual current' },
    info: null,
    at: NOON,
  },
  { kind: 'authorize', idToken: '04A2B3C4D5E680' },
  { kind: 'transaction-started', transactionId: 't-1', evse: 1, idToken: '04A2B3C4', meterWh: 1000.4, at: NOON },
  { kind: 'meter-values', evse: 1, transactionId: 't-1', samples: [SAMPLE] },
  { kind: 'meter-values', evse: 0, transactionId: null, samples: [SAMPLE] },
  ...STOP_REASONS.map((reason): StationMessage => ({
    kind: 'transaction-ended',
    transactionId: 't-1',
    evse: 1,
    idToken: reason === 'remote' ? null : '04A2B3C4',
    meterWh: 2000,
    at: NOON + 3600_000,
    reason,
    samples: reason === 'local' ? [SAMPLE] : [],
  })),
  { kind: 'data-transfer', vendorId: 'org.example', messageId: 'hello', data: '{"a":1}' },
]

const PROFILE: ChargingProfile = {
  id: 7,
  evse: 1,
  purpose: 'transaction',
  stackLevel: 2,
  kind: 'absolute',
  recurrency: null,
  csmsTransactionId: '1000',
  validFrom: NOON,
  validTo: NOON + 86400_000,
  unit: 'A',
  startSchedule: NOON,
  durationSeconds: 3600,
  minChargingRate: 6.1,
  periods: [
    { startSeconds: 0, limit: 21.4, phases: 3 },
    { startSeconds: 600, limit: 0.3, phases: null },
  ],
}

const WIRE_PROFILE = {
  chargingProfileId: 7,
  transactionId: 1000,
  stackLevel: 2,
  chargingProfilePurpose: 'TxProfile',
  chargingProfileKind: 'Absolute',
  validFrom: '2026-03-01T12:00:00Z',
  validTo: '2026-03-02T13:00:00.000+01:00',
  chargingSchedule: {
    duration: 3600,
    startSchedule: '2026-03-01T12:00:00.000Z',
    chargingRateUnit: 'A',
    minChargingRate: 6.1,
    chargingSchedulePeriod: [
      { startPeriod: 0, limit: 21.4, numberPhases: 3 },
      { startPeriod: 600, limit: 0.3 },
    ],
  },
}

/** Action, payload, and what it means. */
export const EVERY_REQUEST: readonly (readonly [string, object, CsmsRequest])[] = [
  ['RemoteStartTransaction', { idTag: 'A1' }, { kind: 'remote-start', idToken: 'A1', evse: null, profile: null }],
  [
    'RemoteStartTransaction',
    { idTag: 'A1', connectorId: 1, chargingProfile: WIRE_PROFILE },
    { kind: 'remote-start', idToken: 'A1', evse: 1, profile: PROFILE },
  ],
  ['RemoteStopTransaction', { transactionId: 1000 }, { kind: 'remote-stop', csmsTransactionId: '1000' }],
  ['UnlockConnector', { connectorId: 1 }, { kind: 'unlock', evse: 1 }],
  ['Reset', { type: 'Hard' }, { kind: 'reset', type: 'hard' }],
  ['Reset', { type: 'Soft' }, { kind: 'reset', type: 'soft' }],
  [
    'ChangeAvailability',
    { connectorId: 0, type: 'Inoperative' },
    { kind: 'change-availability', evse: 0, operative: false },
  ],
  ['GetConfiguration', {}, { kind: 'get-settings', settings: null, unknown: [] }],
  ['GetConfiguration', { key: [] }, { kind: 'get-settings', settings: null, unknown: [] }],
  [
    'GetConfiguration',
    { key: ['heartbeatinterval', 'ConnectionTimeout', 'ConnectionTimeOut', 'NoSuchKey'] },
    { kind: 'get-settings', settings: ['heartbeatInterval', 'connectionTimeOut'], unknown: ['NoSuchKey'] },
  ],
  [
    'ChangeConfiguration',
    { key: 'HeartbeatInterval', value: '60' },
    { kind: 'change-setting', setting: 'heartbeatInterval', value: '60' },
  ],
  ['ChangeConfiguration', { key: 'Colour', value: 'red' }, { kind: 'change-setting', setting: null, value: 'red' }],
  ['ClearCache', {}, { kind: 'clear-cache' }],
  ['TriggerMessage', { requestedMessage: 'Heartbeat' }, { kind: 'trigger', target: 'heartbeat', evse: null }],
  [
    'TriggerMessage',
    { requestedMessage: 'StatusNotification', connectorId: 1 },
    { kind: 'trigger', target: 'status', evse: 1 },
  ],
  [
    'DataTransfer',
    { vendorId: 'org.example', messageId: 'hello', data: 'x' },
    { kind: 'data-transfer', vendorId: 'org.example', messageId: 'hello', data: 'x' },
  ],
  [
    'SetChargingProfile',
    { connectorId: 1, csChargingProfiles: WIRE_PROFILE },
    { kind: 'set-profile', profile: PROFILE },
  ],
  ['ClearChargingProfile', {}, { kind: 'clear-profile', id: null, evse: null, purpose: null, stackLevel: null }],
  [
    'ClearChargingProfile',
    { id: 7, connectorId: 1, chargingProfilePurpose: 'TxDefaultProfile', stackLevel: 0 },
    { kind: 'clear-profile', id: 7, evse: 1, purpose: 'transaction-default', stackLevel: 0 },
  ],
  [
    'GetCompositeSchedule',
    { connectorId: 1, duration: 3600, chargingRateUnit: 'W' },
    { kind: 'get-composite-schedule', evse: 1, durationSeconds: 3600, unit: 'W' },
  ],
]

/** Every answer that a station may give to a request. */
export function respondTo(request: CsmsRequest): readonly CsmsResponse[] {
  switch (request.kind) {
    case 'remote-start':
    case 'remote-stop':
    case 'reset':
    case 'clear-cache': {
      const { kind } = request
      return [true, false].map((accepted) => ({ kind, accepted }))
    }
    case 'unlock':
      return (['unlocked', 'failed', 'not-supported'] as const).map((status) => ({ kind: 'unlock', status }))
    case 'change-availability':
      return (['accepted', 'rejected', 'scheduled'] as const).map((status) => ({ kind: 'change-availability', status }))
    case 'get-settings':
      return [
        {
          kind: 'get-settings',
          values: [
            { setting: 'heartbeatInterval', readOnly: false, value: '300' },
            { setting: 'authorizationKey', readOnly: false, value: null },
            { setting: 'connectorPhaseRotation', readOnly: true, value: 'x'.repeat(600) },
          ],
          unknown: ['NoSuchKey'],
        },
        { kind: 'get-settings', values: [], unknown: [] },
      ]
    case 'change-setting':
      return (['accepted', 'rejected', 'reboot-required', 'not-supported'] as const).map((outcome) => ({
        kind: 'change-setting',
        outcome,
      }))
    case 'trigger':
      return (['accepted', 'rejected', 'not-implemented'] as const).map((status) => ({ kind: 'trigger', status }))
    case 'data-transfer':
      return (['accepted', 'rejected', 'unknown-message', 'unknown-vendor'] as const).map((status) => ({
        kind: 'data-transfer',
        status,
        data: status === 'accepted' ? 'thanks' : null,
      }))
    case 'set-profile':
      return (['accepted', 'rejected', 'not-supported'] as const).map((status) => ({ kind: 'set-profile', status }))
    case 'clear-profile':
      return [true, false].map((cleared) => ({ kind: 'clear-profile', cleared }))
    case 'get-composite-schedule':
      return [
        { kind: 'get-composite-schedule', schedule: null },
        {
          kind: 'get-composite-schedule',
          schedule: {
            evse: 1,
            start: NOON,
            durationSeconds: 3600,
            unit: 'W',
            periods: [
              { startSeconds: 0, limit: 11039.999, phases: 3 },
              { startSeconds: 60, limit: 0, phases: null },
            ],
          },
        },
      ]
  }
}
