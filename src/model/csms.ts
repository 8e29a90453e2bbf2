/**
 * The neutral conversation with a CSMS, upward. A version folder words it: `StationMessage` goes up, `StationAnswer` comes back.
 * What comes down is in `csms-request.ts`. Shapes follow OCPP 2.x; 1.6 is a projection.
 */
import type { MeterSample } from './reading.ts'
import type { SecurityEventType } from './security-event.ts'
import type { DeviceFault } from './signal.ts'
import type { StationIdentity } from './station.ts'
import type { StopReason } from './transaction.ts'

/** What a connector shows (the finer 1.6 words; a 2.x version folds them). */
export type ConnectorStatus =
  | 'available'
  | 'preparing'
  | 'charging'
  | 'suspended-ev'
  | 'suspended-evse'
  | 'finishing'
  | 'reserved'
  | 'unavailable'
  | 'faulted'

/** How far a firmware is (1.6 FirmwareStatus; the later words only in the signed form of the whitepaper). */
export type FirmwareStatus =
  | 'idle'
  | 'download-scheduled'
  | 'downloading'
  | 'download-paused'
  | 'downloaded'
  | 'download-failed'
  | 'signature-verified'
  | 'invalid-signature'
  | 'install-scheduled'
  | 'installing'
  | 'install-rebooting'
  | 'install-verification-failed'
  | 'installation-failed'
  | 'installed'

/** How far an upload is. `bad-message`, `not-supported` and `permission-denied` exist for GetLog only. */
export type UploadStatus =
  | 'idle'
  | 'uploading'
  | 'uploaded'
  | 'upload-failed'
  | 'bad-message'
  | 'not-supported'
  | 'permission-denied'

/** Messages that go up. Wall times in ms. */
export type StationMessage =
  | { readonly kind: 'boot'; readonly identity: StationIdentity }
  | { readonly kind: 'heartbeat' }
  | {
      readonly kind: 'status'
      /** 0: the station itself. */
      readonly evse: number
      readonly status: ConnectorStatus
      readonly fault: DeviceFault | null
      readonly info: string | null
      readonly at: number
    }
  | { readonly kind: 'authorize'; readonly idToken: string }
  | {
      readonly kind: 'transaction-started'
      readonly transactionId: string
      readonly evse: number
      readonly idToken: string
      /** The reservation that the transaction uses up (§5.13), or null. */
      readonly reservationId: number | null
      readonly meterWh: number
      readonly at: number
    }
  | {
      readonly kind: 'transaction-ended'
      readonly transactionId: string
      readonly evse: number
      readonly idToken: string | null
      readonly meterWh: number
      readonly at: number
      readonly reason: StopReason
      readonly samples: readonly MeterSample[]
    }
  | {
      readonly kind: 'meter-values'
      readonly evse: number
      /** Null outside a transaction. */
      readonly transactionId: string | null
      readonly samples: readonly MeterSample[]
    }
  | {
      readonly kind: 'data-transfer'
      readonly vendorId: string
      readonly messageId: string | null
      readonly data: string | null
    }
  | { readonly kind: 'diagnostics-status'; readonly status: 'idle' | 'uploading' | 'uploaded' | 'upload-failed' }
  | { readonly kind: 'log-status'; readonly status: UploadStatus; readonly requestId: number | null }
  /** Of an update without a signature: the words of the core standard only. */
  | { readonly kind: 'firmware-status'; readonly status: FirmwareStatus }
  | { readonly kind: 'signed-firmware-status'; readonly status: FirmwareStatus; readonly requestId: number | null }
  | {
      readonly kind: 'security-event'
      readonly type: SecurityEventType
      readonly at: number
      readonly techInfo: string | null
    }
  /** PEM. */
  | { readonly kind: 'sign-certificate'; readonly signingRequest: string }

export interface IdTokenInfo {
  readonly status: 'accepted' | 'blocked' | 'expired' | 'invalid' | 'concurrent-tx'
  readonly expiresAt: number | null
  readonly parentIdToken: string | null
}

export type StationAnswer =
  | {
      readonly kind: 'boot'
      readonly status: 'accepted' | 'pending' | 'rejected'
      readonly intervalSeconds: number
      readonly currentTime: number
    }
  | { readonly kind: 'heartbeat'; readonly currentTime: number }
  | { readonly kind: 'status' }
  | { readonly kind: 'authorize'; readonly info: IdTokenInfo }
  | { readonly kind: 'transaction-started'; readonly csmsTransactionId: string; readonly info: IdTokenInfo }
  | { readonly kind: 'transaction-ended'; readonly info: IdTokenInfo | null }
  | { readonly kind: 'meter-values' }
  | { readonly kind: 'data-transfer'; readonly status: string; readonly data: string | null }
  | { readonly kind: 'diagnostics-status' }
  | { readonly kind: 'log-status' }
  | { readonly kind: 'firmware-status' }
  | { readonly kind: 'signed-firmware-status' }
  | { readonly kind: 'security-event' }
  | { readonly kind: 'sign-certificate'; readonly accepted: boolean }
