/**
 * The settings of a station, one row each: what a CSMS may put there, what stands there at first, and what it does.
 * OCPP 1.6 §9 and the security whitepaper; docs/ocpp-keys.md is printed from here.
 */
import type { NumberRule } from '../../model/number-rule.ts'
import type { Measurand } from '../../model/reading.ts'
import { SETTINGS, type SettingName } from '../../model/setting.ts'
import { ACCESS_LIMITS } from '../../model/upstream-access.ts'

export type SettingRule =
  | NumberRule
  | { readonly type: 'boolean' }
  | { readonly type: 'measurands' }
  | { readonly type: 'rotations' }
  | { readonly type: 'text'; readonly max: number }
  | { readonly type: 'fixed' }
  | { readonly type: 'secret' }

export interface SettingRow {
  readonly rule: SettingRule
  readonly standard: string
  /** What it does, for a person. */
  readonly meaning: string
}

/** Measurands that an EVSE can give; another one in a list is rejected, as OCPP 1.6 §9.1 wants. */
export const SAMPLED_MEASURANDS: readonly Measurand[] = [
  'Current.Import',
  'Current.Offered',
  'Energy.Active.Import.Register',
  'Frequency',
  'Power.Active.Import',
  'Power.Offered',
  'SoC',
  'Temperature',
  'Voltage',
]

export const MAX_STACK_LEVEL = 99
export const MAX_PERIODS = 24
export const MAX_PROFILES = 32
export const MAX_LOCAL_LIST = 10_000
export const MAX_LOCAL_LIST_UPDATE = 500
/** All of them, and those with phases by phase. */
export const MAX_MEASURANDS = 20
const DAY_S = 86_400

const integer = (meaning: string, standard: number, min: number, max: number): SettingRow => ({
  rule: { type: 'integer', min, max },
  standard: String(standard),
  meaning,
})
const seconds = (meaning: string, standard: number, max: number = DAY_S, min: number = 0): SettingRow =>
  integer(`${meaning}, in s`, standard, min, max)
const yesNo = (meaning: string, standard: boolean): SettingRow => ({
  rule: { type: 'boolean' },
  standard: String(standard),
  meaning,
})
const measurands = (meaning: string, standard: string): SettingRow => ({
  rule: { type: 'measurands' },
  standard,
  meaning,
})
const fixed = (meaning: string, value: string | number): SettingRow => ({
  rule: { type: 'fixed' },
  standard: String(value),
  meaning,
})
const longest = (of: string): SettingRow => fixed(`How many entries ${of} takes`, MAX_MEASURANDS)

const EVERYDAY = 'Energy.Active.Import.Register,Power.Active.Import,Current.Import,Voltage'

export const SETTINGS_TABLE: Readonly<Record<SettingName, SettingRow>> = {
  allowOfflineTxForUnknownId: yesNo('While the CSMS is away, an unknown card may charge', false),
  authorizationCacheEnabled: yesNo('What the CSMS says of a card is kept for the time it is away', true),
  authorizeRemoteTxRequests: yesNo('A remote start asks for authorisation as a card does', false),
  clockAlignedDataInterval: seconds(
    'Clock-aligned meter values go out so often, counted from midnight UTC; 0: never',
    0,
  ),
  connectionTimeOut: seconds('An accepted card waits so long for a vehicle; 0: for ever', 60, 3600),
  connectorPhaseRotation: {
    rule: { type: 'rotations' },
    standard: '',
    meaning: 'How the connectors are wired to the grid; stands as the site file has it',
  },
  connectorPhaseRotationMaxLength: fixed('How many entries ConnectorPhaseRotation takes', 0),
  getConfigurationMaxKeys: fixed('How many keys one GetConfiguration may name', SETTINGS.length),
  heartbeatInterval: seconds('Time between heartbeats; BootNotification sets it too; 0: one a day', 300),
  localAuthorizeOffline: yesNo('While the CSMS is away, cards of the list and the cache may charge', true),
  localPreAuthorize: yesNo('Cards of the list and the cache charge at once, without asking the CSMS', false),
  maxEnergyOnInvalidId: integer('Energy that a card may still take after the CSMS refused it, in Wh', 0, 0, 1_000_000),
  meterValuesAlignedData: measurands('What clock-aligned meter values hold', EVERYDAY),
  meterValuesAlignedDataMaxLength: longest('MeterValuesAlignedData'),
  meterValuesSampledData: measurands('What the meter values of a transaction hold', EVERYDAY),
  meterValuesSampledDataMaxLength: longest('MeterValuesSampledData'),
  meterValueSampleInterval: seconds('Meter values of a transaction go out so often; 0: never', 60),
  minimumStatusDuration: seconds('A status must last so long before it is told', 0, 3600),
  numberOfConnectors: fixed('Connectors of this station', 0),
  resetRetries: integer('Kept for the CSMS; a reset of the bridge’s station does not fail', 0, 0, 100),
  stopTransactionOnEVSideDisconnect: yesNo('Pulling the plug at the car ends the transaction', true),
  stopTransactionOnInvalidId: yesNo(
    'A card that the CSMS refuses afterwards ends the transaction; otherwise it only stops the current',
    true,
  ),
  stopTxnAlignedData: measurands('Clock-aligned values that the end of a transaction carries', ''),
  stopTxnAlignedDataMaxLength: longest('StopTxnAlignedData'),
  stopTxnSampledData: measurands('Sampled values that the end of a transaction carries', ''),
  stopTxnSampledDataMaxLength: longest('StopTxnSampledData'),
  supportedFeatureProfiles: fixed(
    'What this station can do; FirmwareManagement only where the site names a program for it',
    '',
  ),
  supportedFeatureProfilesMaxLength: fixed('How many entries SupportedFeatureProfiles has', 0),
  transactionMessageAttempts: integer(
    'How often a message of a transaction is tried when the CSMS fails to process it',
    3,
    1,
    100,
  ),
  transactionMessageRetryInterval: seconds('Rest before such a try, times the tries so far', 60, 3600),
  unlockConnectorOnEVSideDisconnect: yesNo('Pulling the plug at the car opens the lock of the socket', false),
  webSocketPingInterval: seconds('Time between pings on the connection; 0: none', 60, 3600),
  chargeProfileMaxStackLevel: fixed('Highest stack level of a charging profile', MAX_STACK_LEVEL),
  chargingScheduleAllowedChargingRateUnit: fixed('Units of charging schedules', 'Current,Power'),
  chargingScheduleMaxPeriods: fixed('Periods of one charging schedule', MAX_PERIODS),
  connectorSwitch3to1PhaseSupported: fixed('Whether a profile can change the number of phases', 'false'),
  maxChargingProfilesInstalled: fixed('Charging profiles that are kept', MAX_PROFILES),
  localAuthListEnabled: yesNo('The local authorisation list counts', true),
  localAuthListMaxLength: fixed('Cards of the local list', MAX_LOCAL_LIST),
  sendLocalListMaxLength: fixed('Cards of one SendLocalList', MAX_LOCAL_LIST_UPDATE),
  reserveConnectorZeroSupported: fixed('Any connector of the station can be reserved', 'true'),
  supportedFileTransferProtocols: fixed('How logs and firmware travel', 'FTP,FTPS,HTTP,HTTPS,SFTP'),
  // Write-only (security whitepaper A01); the upstream's access keeps it, never this table.
  authorizationKey: {
    rule: { type: 'secret' },
    standard: '',
    meaning:
      'The password of the connection, 16 bytes at least; the old one stays until the CSMS has taken the new one',
  },
  // Changed through the upstream's access, upward only (A05).
  securityProfile: integer('Security profile of the connection; can only be raised', 0, 0, 3),
  cpoName: {
    rule: { type: 'text', max: 64 },
    standard: '',
    meaning: 'Organisation in the station’s certificate',
  },
  additionalRootCertificateCheck: fixed(
    'Whether a new root certificate of the CSMS must be signed by the old one',
    'false',
  ),
  certificateSignedMaxChainSize: fixed('Characters of a certificate chain', ACCESS_LIMITS.chainCharacters),
  certificateStoreMaxLength: fixed('Certificates that are kept', ACCESS_LIMITS.certificates),
  retryBackOffRepeatTimes: integer('How often the rest before a new connection is doubled', 4, 0, 10),
  retryBackOffRandomRange: seconds('A random time up to this comes on top', 10, 600),
  retryBackOffWaitMinimum: seconds('Rest before the first new connection', 10, 600, 1),
}
