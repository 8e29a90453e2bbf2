/**
 * What a CSMS may read and change on a station, by neutral names. Each OCPP version maps its own keys or variables to these.
 * Values travel as text, as OCPP does; the station's settings table knows type, range and effect.
 */
export const SETTINGS = [
  'allowOfflineTxForUnknownId',
  'authorizationCacheEnabled',
  'authorizeRemoteTxRequests',
  'clockAlignedDataInterval',
  'connectionTimeOut',
  'connectorPhaseRotation',
  'connectorPhaseRotationMaxLength',
  'getConfigurationMaxKeys',
  'heartbeatInterval',
  'localAuthorizeOffline',
  'localPreAuthorize',
  'maxEnergyOnInvalidId',
  'meterValuesAlignedData',
  'meterValuesAlignedDataMaxLength',
  'meterValuesSampledData',
  'meterValuesSampledDataMaxLength',
  'meterValueSampleInterval',
  'minimumStatusDuration',
  'numberOfConnectors',
  'resetRetries',
  'stopTransactionOnEVSideDisconnect',
  'stopTransactionOnInvalidId',
  'stopTxnAlignedData',
  'stopTxnAlignedDataMaxLength',
  'stopTxnSampledData',
  'stopTxnSampledDataMaxLength',
  'supportedFeatureProfiles',
  'supportedFeatureProfilesMaxLength',
  'transactionMessageAttempts',
  'transactionMessageRetryInterval',
  'unlockConnectorOnEVSideDisconnect',
  'webSocketPingInterval',
  'chargeProfileMaxStackLevel',
  'chargingScheduleAllowedChargingRateUnit',
  'chargingScheduleMaxPeriods',
  'connectorSwitch3to1PhaseSupported',
  'maxChargingProfilesInstalled',
  // local authorisation list, reservation
  'localAuthListEnabled',
  'localAuthListMaxLength',
  'sendLocalListMaxLength',
  'reserveConnectorZeroSupported',
  // firmware and diagnostics
  'supportedFileTransferProtocols',
  // security whitepaper
  'authorizationKey',
  'securityProfile',
  'cpoName',
  'additionalRootCertificateCheck',
  'certificateSignedMaxChainSize',
  'certificateStoreMaxLength',
  // how long to wait before a lost connection is tried again (as OCPP 2.0.1 names it)
  'retryBackOffRepeatTimes',
  'retryBackOffRandomRange',
  'retryBackOffWaitMinimum',
] as const
export type SettingName = (typeof SETTINGS)[number]

export interface SettingValue {
  readonly setting: SettingName
  readonly readOnly: boolean
  /** Null for write-only values such as passwords. */
  readonly value: string | null
}

/** A setting that no OCPP version has: the maker's own, under the key that a CSMS uses as it is. Keys compare without case. */
export interface OwnSettingValue {
  readonly key: string
  readonly value: string
}

export type SettingOutcome = 'accepted' | 'rejected' | 'reboot-required' | 'not-supported'
