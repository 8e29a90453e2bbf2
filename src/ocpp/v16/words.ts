/** Neutral words and OCPP 1.6's, both ways. */
import { FAULT_KINDS } from '../../model/fault-kind.ts'
import type { ConnectorStatus, IdTokenInfo } from '../../model/csms.ts'
import type { TriggerTarget } from '../../model/csms-request.ts'
import type { ProfilePurpose } from '../../model/charging-profile.ts'
import type { StopReason } from '../../model/transaction.ts'

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
