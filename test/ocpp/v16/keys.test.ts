import { expect, test } from 'vitest'
import { SETTINGS } from '../../../src/model/setting.ts'
import { keyOfSetting, settingOfKey } from '../../../src/ocpp/v16/keys.ts'

/** OCPP 1.6 §9.1 to §9.4 and the security whitepaper: what a station with all of it must have. */
const REQUIRED = [
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
  'ChargeProfileMaxStackLevel',
  'ChargingScheduleAllowedChargingRateUnit',
  'ChargingScheduleMaxPeriods',
  'MaxChargingProfilesInstalled',
  'LocalAuthListEnabled',
  'LocalAuthListMaxLength',
  'SendLocalListMaxLength',
  'ReserveConnectorZeroSupported',
  'SupportedFileTransferProtocols',
  'AdditionalRootCertificateCheck',
  'AuthorizationKey',
  'CertificateSignedMaxChainSize',
  'CertificateStoreMaxLength',
  'CpoName',
  'SecurityProfile',
]

test.each(REQUIRED)('%s is a setting, in any case', (key) => {
  const setting = settingOfKey(key.toUpperCase())
  expect(setting).not.toBeNull()
  expect(setting === null ? null : keyOfSetting(setting)).toBe(key)
})

test('each setting has a key of its own', () => {
  const keys = SETTINGS.map((setting) => keyOfSetting(setting))
  expect(new Set(keys).size).toBe(SETTINGS.length)
  expect(SETTINGS.map((setting) => settingOfKey(keyOfSetting(setting) ?? ''))).toEqual(SETTINGS)
})

test.each(['', 'Colour', '__proto__', 'constructor', 'toString'])('%j is none', (key) => {
  expect(settingOfKey(key)).toBeNull()
})
