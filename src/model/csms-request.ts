/** What a CSMS may ask of a station, and the answers. `CsmsRequest` comes down, `CsmsResponse` is our answer. Wall times in ms. */
import type { ChargingProfile, CompositeSchedule, ProfilePurpose } from './charging-profile.ts'
import type { IdTokenInfo } from './csms.ts'
import type { OwnSettingValue, SettingName, SettingOutcome, SettingValue } from './setting.ts'
import type { CertificateHash, CertificateUse } from './upstream-access.ts'

export type TriggerTarget =
  | 'boot'
  | 'heartbeat'
  | 'meter-values'
  | 'status'
  | 'diagnostics-status'
  | 'firmware-status'
  | 'signed-firmware-status'
  | 'log-status'
  | 'sign-certificate'

/** One line of a local authorisation list; `info` null takes the identifier out (only in a differential update, §5.15). */
export interface LocalListEntry {
  readonly idToken: string
  readonly info: IdTokenInfo | null
}

/** Where a file is fetched or brought to, and how stubbornly. The address may hold a login: never for logs. */
export interface FileOrder {
  readonly location: string
  /** Null: our own choice. */
  readonly retries: number | null
  readonly retryIntervalSeconds: number | null
}

/** Each request that a CSMS may make of a station, with its answer. */
export interface CsmsExchange {
  'remote-start': {
    readonly request: {
      readonly idToken: string
      readonly evse: number | null
      readonly profile: ChargingProfile | null
    }
    readonly response: { readonly accepted: boolean }
  }
  'remote-stop': {
    readonly request: { readonly csmsTransactionId: string }
    readonly response: { readonly accepted: boolean }
  }
  unlock: {
    readonly request: { readonly evse: number }
    readonly response: { readonly status: 'unlocked' | 'failed' | 'not-supported' }
  }
  reset: { readonly request: { readonly type: 'hard' | 'soft' }; readonly response: { readonly accepted: boolean } }
  'change-availability': {
    readonly request: { readonly evse: number; readonly operative: boolean }
    readonly response: { readonly status: 'accepted' | 'rejected' | 'scheduled' }
  }
  'get-settings': {
    /** `settings` null: all of them. `unknown`: names that the version does not know, handed back. */
    readonly request: { readonly settings: readonly SettingName[] | null; readonly unknown: readonly string[] }
    readonly response: {
      readonly values: readonly SettingValue[]
      readonly own?: readonly OwnSettingValue[]
      readonly unknown: readonly string[]
    }
  }
  'change-setting': {
    /** `setting` null: a name that the version does not know. `key` is the name as the CSMS wrote it. */
    readonly request: { readonly setting: SettingName | null; readonly key: string; readonly value: string }
    readonly response: { readonly outcome: SettingOutcome }
  }
  'clear-cache': { readonly request: object; readonly response: { readonly accepted: boolean } }
  trigger: {
    /** `target` null: a message that nobody knows. `extended`: asked by the whitepaper's ExtendedTriggerMessage. */
    readonly request: {
      readonly target: TriggerTarget | null
      readonly evse: number | null
      readonly extended: boolean
    }
    readonly response: { readonly status: 'accepted' | 'rejected' | 'not-implemented' }
  }
  'data-transfer': {
    readonly request: { readonly vendorId: string; readonly messageId: string | null; readonly data: string | null }
    readonly response: {
      readonly status: 'accepted' | 'rejected' | 'unknown-message' | 'unknown-vendor'
      readonly data: string | null
    }
  }
  'set-profile': {
    readonly request: { readonly profile: ChargingProfile }
    readonly response: { readonly status: 'accepted' | 'rejected' | 'not-supported' }
  }
  'clear-profile': {
    readonly request: {
      readonly id: number | null
      readonly evse: number | null
      readonly purpose: ProfilePurpose | null
      readonly stackLevel: number | null
    }
    readonly response: { readonly cleared: boolean }
  }
  'get-composite-schedule': {
    readonly request: { readonly evse: number; readonly durationSeconds: number; readonly unit: 'A' | 'W' | null }
    readonly response: { readonly schedule: CompositeSchedule | null }
  }

  // local authorisation list
  'local-list-version': {
    readonly request: object
    /** 0: the list is empty. Null: this station keeps none. */
    readonly response: { readonly version: number | null }
  }
  'send-local-list': {
    readonly request: {
      readonly version: number
      readonly update: 'full' | 'differential'
      readonly entries: readonly LocalListEntry[]
    }
    readonly response: { readonly status: 'accepted' | 'failed' | 'not-supported' | 'version-mismatch' }
  }

  // reservation
  reserve: {
    readonly request: {
      readonly reservationId: number
      /** 0: any EVSE of the station. */
      readonly evse: number
      readonly expiresAt: number
      readonly idToken: string
      readonly parentIdToken: string | null
    }
    readonly response: { readonly status: 'accepted' | 'faulted' | 'occupied' | 'rejected' | 'unavailable' }
  }
  'cancel-reservation': {
    readonly request: { readonly reservationId: number }
    readonly response: { readonly accepted: boolean }
  }

  // firmware and diagnostics
  'get-diagnostics': {
    readonly request: FileOrder & { readonly from: number | null; readonly to: number | null }
    /** Null: there is nothing to upload. */
    readonly response: { readonly fileName: string | null }
  }
  'update-firmware': {
    readonly request: FileOrder & { readonly retrieveAt: number }
    readonly response: object
  }
  'get-log': {
    readonly request: FileOrder & {
      readonly log: 'diagnostics' | 'security'
      readonly requestId: number
      readonly from: number | null
      readonly to: number | null
    }
    /** `accepted-canceled`: accepted, and an upload that ran was given up for it. */
    readonly response: {
      readonly status: 'accepted' | 'rejected' | 'accepted-canceled'
      readonly fileName: string | null
    }
  }
  'signed-update-firmware': {
    readonly request: FileOrder & {
      readonly requestId: number
      readonly retrieveAt: number
      readonly installAt: number | null
      /** PEM. */
      readonly signingCertificate: string
      /** Base64. */
      readonly signature: string
    }
    readonly response: {
      readonly status: 'accepted' | 'rejected' | 'accepted-canceled' | 'invalid-certificate' | 'revoked-certificate'
    }
  }

  // certificates
  'certificate-signed': {
    /** PEM: leaf first. */
    readonly request: { readonly chain: string }
    readonly response: { readonly accepted: boolean }
  }
  'install-certificate': {
    readonly request: { readonly use: CertificateUse; readonly certificate: string }
    readonly response: { readonly status: 'accepted' | 'failed' | 'rejected' }
  }
  'installed-certificates': {
    readonly request: { readonly use: CertificateUse }
    readonly response: { readonly certificates: readonly CertificateHash[] }
  }
  'delete-certificate': {
    readonly request: { readonly hash: CertificateHash }
    readonly response: { readonly status: 'accepted' | 'failed' | 'not-found' }
  }
}

export type CsmsRequestKind = keyof CsmsExchange
export type CsmsRequest = {
  [Kind in CsmsRequestKind]: { readonly kind: Kind } & CsmsExchange[Kind]['request']
}[CsmsRequestKind]
export type CsmsResponse = {
  [Kind in CsmsRequestKind]: { readonly kind: Kind } & CsmsExchange[Kind]['response']
}[CsmsRequestKind]
