import type { ChargingProfile, ProfilePurpose } from '../../model/charging-profile.ts'
import { timeOrNull } from './date-time.ts'
import type { WireChargingProfile } from './payloads.ts'
import { isCount, isInteger } from './ranges.ts'

const PURPOSE_OF: Readonly<Record<WireChargingProfile['chargingProfilePurpose'], ProfilePurpose>> = {
  ChargePointMaxProfile: 'station-max',
  TxDefaultProfile: 'transaction-default',
  TxProfile: 'transaction',
}
const KIND_OF = { Absolute: 'absolute', Recurring: 'recurring', Relative: 'relative' } as const
const RECURRENCY_OF = { Daily: 'daily', Weekly: 'weekly' } as const

/** A bound before a schedule is walked through; a station advertises fewer (ChargingScheduleMaxPeriods). */
const MAX_PERIODS = 1024
/** A or W; more than any station. */
const MAX_LIMIT = 10_000_000

/**
 * The field whose number is out of range, or null. Whether the profile makes sense on this station is the station's
 * to say, with status Rejected.
 */
export function profileRangeFault(profile: WireChargingProfile): string | null {
  if (!isInteger(profile.chargingProfileId)) return 'chargingProfileId'
  if (profile.transactionId !== undefined && !isInteger(profile.transactionId)) return 'transactionId'
  if (!isCount(profile.stackLevel)) return 'stackLevel'
  const { duration, minChargingRate, chargingSchedulePeriod: periods } = profile.chargingSchedule
  if (duration !== undefined && (duration === 0 || !isCount(duration))) return 'duration'
  if (minChargingRate !== undefined && !isLimit(minChargingRate)) return 'minChargingRate'
  if (periods.length === 0 || periods.length > MAX_PERIODS) return 'the number of chargingSchedulePeriod'
  for (const { startPeriod, limit, numberPhases } of periods) {
    if (!isCount(startPeriod)) return 'startPeriod'
    if (!isLimit(limit)) return 'limit'
    if (numberPhases !== undefined && (numberPhases < 1 || numberPhases > 3)) return 'numberPhases'
  }
  return null
}

function isLimit(limit: number): boolean {
  return limit >= 0 && limit <= MAX_LIMIT
}

/** A profile that the schema has passed, made neutral. `evse` is the connector of the request around it. */
export function chargingProfile(evse: number, profile: WireChargingProfile): ChargingProfile {
  const schedule = profile.chargingSchedule
  return {
    id: profile.chargingProfileId,
    evse,
    purpose: PURPOSE_OF[profile.chargingProfilePurpose],
    stackLevel: profile.stackLevel,
    kind: KIND_OF[profile.chargingProfileKind],
    recurrency: profile.recurrencyKind === undefined ? null : RECURRENCY_OF[profile.recurrencyKind],
    csmsTransactionId: profile.transactionId === undefined ? null : String(profile.transactionId),
    validFrom: timeOrNull(profile.validFrom),
    validTo: timeOrNull(profile.validTo),
    unit: schedule.chargingRateUnit,
    startSchedule: timeOrNull(schedule.startSchedule),
    durationSeconds: schedule.duration ?? null,
    minChargingRate: schedule.minChargingRate ?? null,
    periods: schedule.chargingSchedulePeriod.map((period) => ({
      startSeconds: period.startPeriod,
      limit: period.limit,
      phases: period.numberPhases ?? null,
    })),
  }
}
