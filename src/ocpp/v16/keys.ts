/** Configuration keys of OCPP 1.6 §9 (and of the security extension) by their neutral names. Keys are case-insensitive (CiString). */
import { SETTINGS } from '../../model/setting.ts'
import type { SettingName } from '../../model/setting.ts'

const KEYS: Readonly<Record<SettingName, string>> = {
  allowOfflineTxForUnknownId: 'AllowOfflineTxForUnknownId',
  authorizationCacheEnabled: 'AuthorizationCacheEnabled',
  authorizeRemoteTxRequests: 'AuthorizeRemoteTxRequests',
  clockAlignedDataInterval: 'ClockAlignedDataInterval',
  connectionTimeOut: 'ConnectionTimeOut',
  connectorPhaseRotation: 'ConnectorPhaseRotation',
  connectorPhaseRotationMaxLength: 'ConnectorPhaseRotationMaxLength',
  getConfigurationMaxKeys: 'GetConfigurationMaxKeys',
  heartbeatInterval: 'HeartbeatInterval',
  localAuthorizeOffline: 'LocalAuthorizeOffline',
  localPreAuthorize: 'LocalPreAuthorize',
  maxEnergyOnInvalidId: 'MaxEnergyOnInvalidId',
  meterValuesAlignedData: 'MeterValuesAlignedData',
  meterValuesAlignedDataMaxLength: 'MeterValuesAlignedDataMaxLength',
  meterValuesSampledData: 'MeterValuesSampledData',
  meterValuesSampledDataMaxLength: 'MeterValuesSampledDataMaxLength',
  meterValueSampleInterval: 'MeterValueSampleInterval',
  minimumStatusDuration: 'MinimumStatusDuration',
  numberOfConnectors: 'NumberOfConnectors',
  resetRetries: 'ResetRetries',
  stopTransactionOnEVSideDisconnect: 'StopTransactionOnEVSideDisconnect',
  stopTransactionOnInvalidId: 'StopTransactionOnInvalidId',
  stopTxnAlignedData: 'StopTxnAlignedData',
  stopTxnAlignedDataMaxLength: 'StopTxnAlignedDataMaxLength',
  stopTxnSampledData: 'StopTxnSampledData',
  stopTxnSampledDataMaxLength: 'StopTxnSampledDataMaxLength',
  supportedFeatureProfiles: 'SupportedFeatureProfiles',
  supportedFeatureProfilesMaxLength: 'SupportedFeatureProfilesMaxLength',
  transactionMessageAttempts: 'TransactionMessageAttempts',
  transactionMessageRetryInterval: 'TransactionMessageRetryInterval',
  unlockConnectorOnEVSideDisconnect: 'UnlockConnectorOnEVSideDisconnect',
  webSocketPingInterval: 'WebSocketPingInterval',
  chargeProfileMaxStackLevel: 'ChargeProfileMaxStackLevel',
  chargingScheduleAllowedChargingRateUnit: 'ChargingScheduleAllowedChargingRateUnit',
  chargingScheduleMaxPeriods: 'ChargingScheduleMaxPeriods',
  connectorSwitch3to1PhaseSupported: 'ConnectorSwitch3to1PhaseSupported',
  maxChargingProfilesInstalled: 'MaxChargingProfilesInstalled',
  localAuthListEnabled: 'LocalAuthListEnabled',
  localAuthListMaxLength: 'LocalAuthListMaxLength',
  sendLocalListMaxLength: 'SendLocalListMaxLength',
  reserveConnectorZeroSupported: 'ReserveConnectorZeroSupported',
  supportedFileTransferProtocols: 'SupportedFileTransferProtocols',
  authorizationKey: 'AuthorizationKey',
  securityProfile: 'SecurityProfile',
  cpoName: 'CpoName',
  additionalRootCertificateCheck: 'AdditionalRootCertificateCheck',
  certificateSignedMaxChainSize: 'CertificateSignedMaxChainSize',
  certificateStoreMaxLength: 'CertificateStoreMaxLength',
  retryBackOffRepeatTimes: 'RetryBackOffRepeatTimes',
  retryBackOffRandomRange: 'RetryBackOffRandomRange',
  retryBackOffWaitMinimum: 'RetryBackOffWaitMinimum',
}

const SETTING_OF_KEY: ReadonlyMap<string, SettingName> = new Map(
  SETTINGS.map((setting) => [KEYS[setting].toLowerCase(), setting]),
)

export function settingOfKey(key: string): SettingName | null {
  return SETTING_OF_KEY.get(key.toLowerCase()) ?? null
}

export function keyOfSetting(setting: SettingName): string | null {
  return KEYS[setting]
}
