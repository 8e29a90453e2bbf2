/** Payloads that the schemas have passed, as types: what `schemas.json` says, for the messages that we read. */

export interface IdTagInfo {
  readonly status: string
  readonly expiryDate?: string
  readonly parentIdTag?: string
}

export interface AuthorizeConf {
  readonly idTagInfo: IdTagInfo
}
export interface BootNotificationConf {
  readonly status: string
  readonly currentTime: string
  readonly interval: number
}
export interface HeartbeatConf {
  readonly currentTime: string
}
export interface StartTransactionConf {
  readonly idTagInfo: IdTagInfo
  readonly transactionId: number
}
export interface StopTransactionConf {
  readonly idTagInfo?: IdTagInfo
}
export interface DataTransferConf {
  readonly status: string
  readonly data?: string
}

/** An answer that is a status and nothing else. */
export interface StatusConf {
  readonly status: string
}

interface ChargingSchedulePeriod {
  readonly startPeriod: number
  readonly limit: number
  readonly numberPhases?: number
}
export interface WireChargingProfile {
  readonly chargingProfileId: number
  readonly transactionId?: number
  readonly stackLevel: number
  readonly chargingProfilePurpose: 'ChargePointMaxProfile' | 'TxDefaultProfile' | 'TxProfile'
  readonly chargingProfileKind: 'Absolute' | 'Recurring' | 'Relative'
  readonly recurrencyKind?: 'Daily' | 'Weekly'
  readonly validFrom?: string
  readonly validTo?: string
  readonly chargingSchedule: {
    readonly duration?: number
    readonly startSchedule?: string
    readonly chargingRateUnit: 'A' | 'W'
    readonly chargingSchedulePeriod: readonly ChargingSchedulePeriod[]
    readonly minChargingRate?: number
  }
}

export interface RemoteStartTransactionReq {
  readonly idTag: string
  readonly connectorId?: number
  readonly chargingProfile?: WireChargingProfile
}
export interface RemoteStopTransactionReq {
  readonly transactionId: number
}
export interface UnlockConnectorReq {
  readonly connectorId: number
}
export interface ResetReq {
  readonly type: 'Hard' | 'Soft'
}
export interface ChangeAvailabilityReq {
  readonly connectorId: number
  readonly type: 'Inoperative' | 'Operative'
}
export interface GetConfigurationReq {
  readonly key?: readonly string[]
}
export interface ChangeConfigurationReq {
  readonly key: string
  readonly value: string
}
export interface TriggerMessageReq {
  readonly requestedMessage: string
  readonly connectorId?: number
}
export interface DataTransferReq {
  readonly vendorId: string
  readonly messageId?: string
  readonly data?: string
}
export interface SetChargingProfileReq {
  readonly connectorId: number
  readonly csChargingProfiles: WireChargingProfile
}
export interface ClearChargingProfileReq {
  readonly id?: number
  readonly connectorId?: number
  readonly chargingProfilePurpose?: string
  readonly stackLevel?: number
}
export interface GetCompositeScheduleReq {
  readonly connectorId: number
  readonly duration: number
  readonly chargingRateUnit?: 'A' | 'W'
}
export interface SendLocalListReq {
  readonly listVersion: number
  readonly updateType: 'Differential' | 'Full'
  readonly localAuthorizationList?: readonly { readonly idTag: string; readonly idTagInfo?: IdTagInfo }[]
}
export interface ReserveNowReq {
  readonly connectorId: number
  readonly expiryDate: string
  readonly idTag: string
  readonly parentIdTag?: string
  readonly reservationId: number
}
export interface CancelReservationReq {
  readonly reservationId: number
}
/** How stubbornly a file is fetched or brought. */
export interface WireRetries {
  readonly retries?: number
  readonly retryInterval?: number
}
export interface GetDiagnosticsReq extends WireRetries {
  readonly location: string
  readonly startTime?: string
  readonly stopTime?: string
}
export interface UpdateFirmwareReq extends WireRetries {
  readonly location: string
  readonly retrieveDate: string
}
export interface GetLogReq extends WireRetries {
  readonly logType: 'DiagnosticsLog' | 'SecurityLog'
  readonly requestId: number
  readonly log: {
    readonly remoteLocation: string
    readonly oldestTimestamp?: string
    readonly latestTimestamp?: string
  }
}
export interface SignedUpdateFirmwareReq extends WireRetries {
  readonly requestId: number
  readonly firmware: {
    readonly location: string
    readonly retrieveDateTime: string
    readonly installDateTime?: string
    readonly signingCertificate: string
    readonly signature: string
  }
}
export interface CertificateSignedReq {
  readonly certificateChain: string
}
export interface InstallCertificateReq {
  readonly certificateType: string
  readonly certificate: string
}
export interface GetInstalledCertificateIdsReq {
  readonly certificateType: string
}
export interface DeleteCertificateReq {
  readonly certificateHashData: {
    readonly hashAlgorithm: 'SHA256' | 'SHA384' | 'SHA512'
    readonly issuerNameHash: string
    readonly issuerKeyHash: string
    readonly serialNumber: string
  }
}
