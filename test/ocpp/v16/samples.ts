/** One of each: messages of a station, requests of a CSMS with what they mean, and every answer to a request. */
import type { ChargingProfile } from '../../../src/model/charging-profile.ts'
import type { ConnectorStatus, FirmwareStatus, StationMessage, UploadStatus } from '../../../src/model/csms.ts'
import type { CsmsRequest, CsmsResponse } from '../../../src/model/csms-request.ts'
import type { MeterSample } from '../../../src/model/reading.ts'
import { SECURITY_EVENTS } from '../../../src/model/security-event.ts'
import type { SecurityEventType } from '../../../src/model/security-event.ts'
import type { StationIdentity } from '../../../src/model/station.ts'
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

const FIRMWARE_STATUSES: readonly FirmwareStatus[] = [
  'idle',
  'download-scheduled',
  'downloading',
  'download-paused',
  'downloaded',
  'download-failed',
  'signature-verified',
  'invalid-signature',
  'install-scheduled',
  'installing',
  'install-rebooting',
  'install-verification-failed',
  'installation-failed',
  'installed',
]
const UPLOAD_STATUSES: readonly UploadStatus[] = [
  'idle',
  'uploading',
  'uploaded',
  'upload-failed',
  'bad-message',
  'not-supported',
  'permission-denied',
]

/** A station of which only the maker and the model are known. */
export const NO_MORE_THAN_A_NAME: StationIdentity = {
  vendor: 'Heidelberg',
  model: 'Energy Control',
  serial: null,
  firmware: null,
  meterType: null,
  meterSerial: null,
}

export const EVERY_MESSAGE: readonly StationMessage[] = [
  {
    kind: 'boot',
    identity: {
      vendor: 'KEBA',
      model: 'P30',
      serial: '17619300',
      firmware: '1.10.16',
      meterType: 'EM340',
      meterSerial: 'KX0123456789',
    },
  },
  { kind: 'boot', identity: NO_MORE_THAN_A_NAME },
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
  ...[null, 33].map((reservationId): StationMessage => ({
    kind: 'transaction-started',
    transactionId: 't-1',
    evse: 1,
    idToken: '04A2B3C4',
    reservationId,
    meterWh: 1000.4,
    at: NOON,
  })),
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
  ...(['idle', 'uploading', 'uploaded', 'upload-failed'] as const).map((status): StationMessage => ({
    kind: 'diagnostics-status',
    status,
  })),
  ...UPLOAD_STATUSES.map((status): StationMessage => ({
    kind: 'log-status',
    status,
    requestId: status === 'idle' ? null : 5,
  })),
  ...FIRMWARE_STATUSES.flatMap((status): readonly StationMessage[] => [
    { kind: 'firmware-status', status },
    { kind: 'signed-firmware-status', status, requestId: status === 'idle' ? null : 5 },
  ]),
  ...Object.keys(SECURITY_EVENTS).map((type, index): StationMessage => ({
    kind: 'security-event',
    type: type as SecurityEventType,
    at: NOON,
    techInfo: index % 2 === 0 ? null : 'cover opened '.repeat(30),
  })),
  { kind: 'sign-certificate', signingRequest: pem('CERTIFICATE REQUEST', 5500) },
]

/** Something in the shape of PEM, of this length. */
export function pem(label: string, length: number): string {
  const frame = `-----BEGIN ${label}-----\n\n-----END ${label}-----\n`
  return frame.replace('\n\n', `\n${'A'.repeat(length - frame.length)}\n`)
}

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
    { kind: 'change-setting', setting: 'heartbeatInterval', key: 'HeartbeatInterval', value: '60' },
  ],
  [
    'ChangeConfiguration',
    { key: 'Colour', value: 'red' },
    { kind: 'change-setting', setting: null, key: 'Colour', value: 'red' },
  ],
  ['ClearCache', {}, { kind: 'clear-cache' }],
  [
    'TriggerMessage',
    { requestedMessage: 'Heartbeat' },
    { kind: 'trigger', target: 'heartbeat', evse: null, extended: false },
  ],
  [
    'TriggerMessage',
    { requestedMessage: 'StatusNotification', connectorId: 1 },
    { kind: 'trigger', target: 'status', evse: 1, extended: false },
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
  ...['DiagnosticsStatusNotification', 'FirmwareStatusNotification'].map(
    (requestedMessage, index): [string, object, CsmsRequest] => [
      'TriggerMessage',
      { requestedMessage },
      { kind: 'trigger', target: index === 0 ? 'diagnostics-status' : 'firmware-status', evse: null, extended: false },
    ],
  ),
  ...(
    [
      ['BootNotification', 'boot'],
      ['LogStatusNotification', 'log-status'],
      ['FirmwareStatusNotification', 'signed-firmware-status'],
      ['Heartbeat', 'heartbeat'],
      ['MeterValues', 'meter-values'],
      ['SignChargePointCertificate', 'sign-certificate'],
      ['StatusNotification', 'status'],
    ] as const
  ).map(([requestedMessage, target]): [string, object, CsmsRequest] => [
    'ExtendedTriggerMessage',
    { requestedMessage, connectorId: 1 },
    { kind: 'trigger', target, evse: 1, extended: true },
  ]),

  ['GetLocalListVersion', {}, { kind: 'local-list-version' }],
  [
    'SendLocalList',
    { listVersion: 0, updateType: 'Full' },
    { kind: 'send-local-list', version: 0, update: 'full', entries: [] },
  ],
  [
    'SendLocalList',
    {
      listVersion: 12,
      updateType: 'Differential',
      localAuthorizationList: [
        { idTag: 'A1', idTagInfo: { status: 'Accepted', expiryDate: '2026-03-01T12:00:00Z', parentIdTag: 'P' } },
        { idTag: 'a1', idTagInfo: { status: 'Blocked', parentIdTag: '' } },
        { idTag: 'A3' },
      ],
    },
    {
      kind: 'send-local-list',
      version: 12,
      update: 'differential',
      entries: [
        { idToken: 'A1', info: { status: 'accepted', expiresAt: NOON, parentIdToken: 'P' } },
        { idToken: 'a1', info: { status: 'blocked', expiresAt: null, parentIdToken: null } },
        { idToken: 'A3', info: null },
      ],
    },
  ],
  [
    'ReserveNow',
    { connectorId: 0, expiryDate: '2026-03-01T12:00:00Z', idTag: 'A1', parentIdTag: 'P', reservationId: -7 },
    { kind: 'reserve', reservationId: -7, evse: 0, expiresAt: NOON, idToken: 'A1', parentIdToken: 'P' },
  ],
  ['CancelReservation', { reservationId: 7 }, { kind: 'cancel-reservation', reservationId: 7 }],

  [
    'GetDiagnostics',
    { location: 'ftp://user:pass@files.example.com/up/' },
    {
      kind: 'get-diagnostics',
      location: 'ftp://user:pass@files.example.com/up/',
      retries: null,
      retryIntervalSeconds: null,
      from: null,
      to: null,
    },
  ],
  [
    'GetDiagnostics',
    {
      location: 'sftp://files.example.com:2222/up',
      retries: 0,
      retryInterval: 60,
      startTime: '2026-03-01T12:00:00Z',
      stopTime: '2026-03-01T13:00:00Z',
    },
    {
      kind: 'get-diagnostics',
      location: 'sftp://files.example.com:2222/up',
      retries: 0,
      retryIntervalSeconds: 60,
      from: NOON,
      to: NOON + 3600_000,
    },
  ],
  [
    'UpdateFirmware',
    { location: 'https://files.example.com/fw.bin', retrieveDate: '2026-03-01T12:00:00Z', retries: 3 },
    {
      kind: 'update-firmware',
      location: 'https://files.example.com/fw.bin',
      retries: 3,
      retryIntervalSeconds: null,
      retrieveAt: NOON,
    },
  ],
  [
    'GetLog',
    { logType: 'SecurityLog', requestId: 5, log: { remoteLocation: 'https://files.example.com/up' } },
    {
      kind: 'get-log',
      location: 'https://files.example.com/up',
      retries: null,
      retryIntervalSeconds: null,
      log: 'security',
      requestId: 5,
      from: null,
      to: null,
    },
  ],
  [
    'GetLog',
    {
      logType: 'DiagnosticsLog',
      requestId: 6,
      retries: 2,
      retryInterval: 30,
      log: {
        remoteLocation: 'ftps://files.example.com/up',
        oldestTimestamp: '2026-03-01T12:00:00Z',
        latestTimestamp: '2026-03-01T13:00:00Z',
      },
    },
    {
      kind: 'get-log',
      location: 'ftps://files.example.com/up',
      retries: 2,
      retryIntervalSeconds: 30,
      log: 'diagnostics',
      requestId: 6,
      from: NOON,
      to: NOON + 3600_000,
    },
  ],
  [
    'SignedUpdateFirmware',
    {
      requestId: 7,
      retries: 2,
      retryInterval: 30,
      firmware: {
        location: 'https://files.example.com/fw.bin',
        retrieveDateTime: '2026-03-01T12:00:00Z',
        installDateTime: '2026-03-01T13:00:00Z',
        signingCertificate: pem('CERTIFICATE', 5500),
        signature: 'c'.repeat(800),
      },
    },
    {
      kind: 'signed-update-firmware',
      location: 'https://files.example.com/fw.bin',
      retries: 2,
      retryIntervalSeconds: 30,
      requestId: 7,
      retrieveAt: NOON,
      installAt: NOON + 3600_000,
      signingCertificate: pem('CERTIFICATE', 5500),
      signature: 'c'.repeat(800),
    },
  ],

  [
    'CertificateSigned',
    { certificateChain: pem('CERTIFICATE', 10_000) },
    { kind: 'certificate-signed', chain: pem('CERTIFICATE', 10_000) },
  ],
  [
    'InstallCertificate',
    { certificateType: 'CentralSystemRootCertificate', certificate: pem('CERTIFICATE', 5500) },
    { kind: 'install-certificate', use: 'csms-root', certificate: pem('CERTIFICATE', 5500) },
  ],
  [
    'InstallCertificate',
    { certificateType: 'ManufacturerRootCertificate', certificate: pem('CERTIFICATE', 100) },
    { kind: 'install-certificate', use: 'manufacturer-root', certificate: pem('CERTIFICATE', 100) },
  ],
  [
    'GetInstalledCertificateIds',
    { certificateType: 'ManufacturerRootCertificate' },
    { kind: 'installed-certificates', use: 'manufacturer-root' },
  ],
  [
    'DeleteCertificate',
    {
      certificateHashData: {
        hashAlgorithm: 'SHA256',
        issuerNameHash: 'AB12',
        issuerKeyHash: 'cd34',
        serialNumber: '00F1',
      },
    },
    {
      kind: 'delete-certificate',
      hash: { algorithm: 'SHA256', issuerNameHash: 'ab12', issuerKeyHash: 'cd34', serialNumber: 'f1' },
    },
  ],
]

/** Every answer that a station may give to a request. */
export function respondTo(request: CsmsRequest): readonly CsmsResponse[] {
  switch (request.kind) {
    case 'remote-start':
    case 'remote-stop':
    case 'reset':
    case 'clear-cache':
    case 'cancel-reservation':
    case 'certificate-signed': {
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
        { kind: 'get-settings', values: [], own: [{ key: 'percentsupplyuseable', value: '80' }], unknown: [] },
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
    case 'local-list-version':
      return [12, 0, null].map((version) => ({ kind: 'local-list-version', version }))
    case 'send-local-list':
      return (['accepted', 'failed', 'not-supported', 'version-mismatch'] as const).map((status) => ({
        kind: 'send-local-list',
        status,
      }))
    case 'reserve':
      return (['accepted', 'faulted', 'occupied', 'rejected', 'unavailable'] as const).map((status) => ({
        kind: 'reserve',
        status,
      }))
    case 'get-diagnostics':
      return ['diagnostics.zip', 'x'.repeat(300), null].map((fileName) => ({ kind: 'get-diagnostics', fileName }))
    case 'update-firmware':
      return [{ kind: 'update-firmware' }]
    case 'get-log':
      return (['accepted', 'rejected', 'accepted-canceled'] as const).map((status) => ({
        kind: 'get-log',
        status,
        fileName: status === 'rejected' ? null : 'log.zip',
      }))
    case 'signed-update-firmware':
      return (['accepted', 'rejected', 'accepted-canceled', 'invalid-certificate', 'revoked-certificate'] as const).map(
        (status) => ({ kind: 'signed-update-firmware', status }),
      )
    case 'install-certificate':
      return (['accepted', 'failed', 'rejected'] as const).map((status) => ({ kind: 'install-certificate', status }))
    case 'installed-certificates': {
      const hash = {
        algorithm: 'SHA512',
        issuerNameHash: 'a'.repeat(128),
        issuerKeyHash: 'b'.repeat(128),
        serialNumber: 'c'.repeat(40),
      } as const
      return [[], [hash, hash]].map((certificates) => ({ kind: 'installed-certificates', certificates }))
    }
    case 'delete-certificate':
      return (['accepted', 'failed', 'not-found'] as const).map((status) => ({ kind: 'delete-certificate', status }))
  }
}
