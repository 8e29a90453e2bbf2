/** Neutral charging profiles (OCPP 1.6 §3.13, OCPP 2.0.1 K). `limitAt` and `compositeSchedule` are pure functions over the stack. */

export type ProfilePurpose = 'station-max' | 'transaction-default' | 'transaction'

export interface SchedulePeriod {
  readonly startSeconds: number
  readonly limit: number
  readonly phases: number | null
}

export interface ChargingProfile {
  readonly id: number
  /** 0: the whole station. */
  readonly evse: number
  readonly purpose: ProfilePurpose
  readonly stackLevel: number
  readonly kind: 'absolute' | 'recurring' | 'relative'
  /** Looked at only when `kind` is `recurring` (OCPP 1.6 §7.8, errata 3.56). */
  readonly recurrency: 'daily' | 'weekly' | null
  /** The CSMS's transaction id for purpose `transaction`, or null (then the running transaction of the EVSE). */
  readonly csmsTransactionId: string | null
  /** Wall time, ms. */
  readonly validFrom: number | null
  readonly validTo: number | null
  readonly unit: 'A' | 'W'
  readonly startSchedule: number | null
  readonly durationSeconds: number | null
  /** In `unit`. A wish of the CSMS: charging with less is of little use. Told back in composite schedules; never raises a limit. */
  readonly minChargingRate: number | null
  readonly periods: readonly SchedulePeriod[]
}

export interface CompositeSchedule {
  readonly evse: number
  readonly start: number
  readonly durationSeconds: number
  readonly unit: 'A' | 'W'
  readonly periods: readonly SchedulePeriod[]
  /** In `unit`: the highest wish among the profiles that hold at `start`, or null. */
  readonly minChargingRate?: number | null
}
