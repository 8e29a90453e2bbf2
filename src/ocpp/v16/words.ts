/** Neutral words and OCPP 1.6's, both ways. */
import { FAULT_KINDS } from '../../model/fault-kind.ts'
import type { ConnectorStatus, FirmwareStatus, IdTokenInfo, UploadStatus } from '../../model/csms.ts'
import type { TriggerTarget } from '../../model/csms-request.ts'
import type { ProfilePurpose } from '../../model/charging-profile.ts'
import type { Feature } from '../../model/ocpp-version.ts'
import type { StopReason } from '../../model/transaction.ts'
import type { CertificateUse } from '../../model/upstream-access.ts'

export const STATUS_WORDS: Readonly<Record<ConnectorStatus, string>> = {
  available: 'Available',
  preparing: 'Preparing',
  charging: 'Charging',
  'suspended-ev': 'SuspendedEV',
  'suspended-evse': 'SuspendedEVSE',
  finishing: 'Finishing',
  reserved: 'Reserved',
  unavailable: 'Unavailable',
  faulted: 'Faulted',
}

/** ChargePointErrorCode (§7.6) without NoError: our neutral kinds are its words. */
export const ERROR_CODES: ReadonlySet<string> = new Set(FAULT_KINDS)

export const STOP_REASON_WORDS: Readonly<Record<StopReason, string>> = {
  'de-authorized': 'DeAuthorized',
  'emergency-stop': 'EmergencyStop',
  'ev-disconnected': 'EVDisconnected',
  'hard-reset': 'HardReset',
  local: 'Local',
  other: 'Other',
  'power-loss': 'PowerLoss',
  reboot: 'Reboot',
  remote: 'Remote',
  'soft-reset': 'SoftReset',
  'unlock-command': 'UnlockCommand',
}

export const ID_TAG_STATUS: ReadonlyMap<string, IdTokenInfo['status']> = new Map([
  ['Accepted', 'accepted'],
  ['Blocked', 'blocked'],
  ['Expired', 'expired'],
  ['Invalid', 'invalid'],
  ['ConcurrentTx', 'concurrent-tx'],
])

export const BOOT_STATUS: ReadonlyMap<string, 'accepted' | 'pending' | 'rejected'> = new Map([
  ['Accepted', 'accepted'],
  ['Pending', 'pending'],
  ['Rejected', 'rejected'],
])

export const TRIGGER_TARGETS: ReadonlyMap<string, TriggerTarget> = new Map([
  ['BootNotification', 'boot'],
  ['DiagnosticsStatusNotification', 'diagnostics-status'],
  ['FirmwareStatusNotification', 'firmware-status'],
  ['Heartbeat', 'heartbeat'],
  ['MeterValues', 'meter-values'],
  ['StatusNotification', 'status'],
])

/** ExtendedTriggerMessage: its firmware status is the signed one, which the older TriggerMessage cannot name. */
export const EXTENDED_TRIGGER_TARGETS: ReadonlyMap<string, TriggerTarget> = new Map([
  ['BootNotification', 'boot'],
  ['LogStatusNotification', 'log-status'],
  ['FirmwareStatusNotification', 'signed-firmware-status'],
  ['Heartbeat', 'heartbeat'],
  ['MeterValues', 'meter-values'],
  ['SignChargePointCertificate', 'sign-certificate'],
  ['StatusNotification', 'status'],
])

/** FirmwareStatus (§7.25) of an update without signature has seven words: each finer one goes by the last of them that is true. */
export const FIRMWARE_WORDS: Readonly<Record<FirmwareStatus, string>> = {
  idle: 'Idle',
  // Nothing happens yet.
  'download-scheduled': 'Idle',
  downloading: 'Downloading',
  'download-paused': 'Downloading',
  downloaded: 'Downloaded',
  'download-failed': 'DownloadFailed',
  'signature-verified': 'Downloaded',
  // The file came whole, but will never be installed.
  'invalid-signature': 'InstallationFailed',
  'install-scheduled': 'Downloaded',
  installing: 'Installing',
  'install-rebooting': 'Installing',
  'install-verification-failed': 'InstallationFailed',
  'installation-failed': 'InstallationFailed',
  installed: 'Installed',
}

export const UPLOAD_WORDS: Readonly<Record<UploadStatus, string>> = {
  idle: 'Idle',
  uploading: 'Uploading',
  uploaded: 'Uploaded',
  'upload-failed': 'UploadFailure',
  'bad-message': 'BadMessage',
  'not-supported': 'NotSupportedOperation',
  'permission-denied': 'PermissionDenied',
}

/** In the order in which SupportedFeatureProfiles shows them. */
export const FEATURE_WORDS: readonly (readonly [Feature, string])[] = [
  ['core', 'Core'],
  ['firmware', 'FirmwareManagement'],
  ['local-list', 'LocalAuthListManagement'],
  ['remote-trigger', 'RemoteTrigger'],
  ['reservation', 'Reservation'],
  ['smart-charging', 'SmartCharging'],
]

export const CERTIFICATE_USES: ReadonlyMap<string, CertificateUse> = new Map([
  ['CentralSystemRootCertificate', 'csms-root'],
  ['ManufacturerRootCertificate', 'manufacturer-root'],
])

export const PURPOSES: ReadonlyMap<string, ProfilePurpose> = new Map([
  ['ChargePointMaxProfile', 'station-max'],
  ['TxDefaultProfile', 'transaction-default'],
  ['TxProfile', 'transaction'],
])

/** `not-supported` -> `NotSupported`: answers whose 1.6 word is the neutral one in another dress. */
export function pascalCase(word: string): string {
  return word
    .split('-')
    .map((part) => part.charAt(0).toUpperCase() + part.slice(1))
    .join('')
}
