/**
 * The neutral conversation with a CSMS. A version folder words it: `StationMessage` goes up, `StationAnswer` comes back,
 * `CsmsRequest` comes down, `CsmsResponse` is our answer. Shapes follow OCPP 2.x; 1.6 is a projection.
 */
import type { ChargingProfile, CompositeSchedule, ProfilePurpose } from './charging-profile.ts'
import type { MeterSample } from './reading.ts'
import type { SettingName, SettingOutcome, SettingValue } from './setting.ts'
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

export type TriggerTarget = 'boot' | 'heartbeat' | 'meter-values' | 'status' | 'diagnostics-status' | 'firmware-status'

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
    readonly response: { readonly values: readonly SettingValue[]; readonly unknown: readonly string[] }
  }
  'change-setting': {
    /** `setting` null: a name that the version does not know. */
    readonly request: { readonly setting: SettingName | null; readonly value: string }
    readonly response: { readonly outcome: SettingOutcome }
  }
  'clear-cache': { readonly request: object; readonly response: { readonly accepted: boolean } }
  trigger: {
    readonly request: { readonly target: TriggerTarget; readonly evse: number | null }
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
}

export type CsmsRequestKind = keyof CsmsExchange
export type CsmsRequest = {
  [Kind in CsmsRequestKind]: { readonly kind: Kind } & CsmsExchange[Kind]['request']
}[CsmsRequestKind]
export type CsmsResponse = {
  [Kind in CsmsRequestKind]: { readonly kind: Kind } & CsmsExchange[Kind]['response']
}[CsmsRequestKind]
