/** Which charging profiles a station takes, and which a clear request removes (OCPP 1.6 §3.13, §5.5, §5.16). Pure. */
import type { ChargingProfile, ProfilePurpose } from '../../../model/charging-profile.ts'
import type { StationDescription } from '../../../model/station.ts'
import { MAX_PERIODS, MAX_PROFILES, MAX_STACK_LEVEL } from '../settings.ts'

export interface RunningTransaction {
  readonly evse: number
  readonly csmsTransactionId: string | null
}

/** Null: the profile may be installed; otherwise why not. */
export function profileProblem(
  profile: ChargingProfile,
  installed: readonly ChargingProfile[],
  description: StationDescription,
  running: readonly RunningTransaction[],
): string | null {
  const known = profile.evse === 0 || description.evses.some((evse) => evse.evse === profile.evse)
  if (!known) return `there is no EVSE ${profile.evse}`
  return purposeProblem(profile, running) ?? scheduleProblem(profile) ?? roomProblem(profile, installed)
}

/** A profile that comes with a remote start: it is for the transaction that this start begins. */
export function remoteStartProfileProblem(profile: ChargingProfile): string | null {
  if (profile.purpose !== 'transaction') return 'only a transaction profile may come with a remote start'
  if (profile.csmsTransactionId !== null) return 'the transaction does not exist yet'
  return scheduleProblem(profile)
}

function purposeProblem(profile: ChargingProfile, running: readonly RunningTransaction[]): string | null {
  switch (profile.purpose) {
    case 'station-max':
      return profile.evse === 0 ? null : 'a station limit is set on EVSE 0'
    case 'transaction-default':
      return null
    case 'transaction': {
      if (profile.evse === 0) return 'a transaction profile needs an EVSE'
      const transaction = running.find((candidate) => candidate.evse === profile.evse)
      if (transaction === undefined) return `no transaction runs on EVSE ${profile.evse}`
      const fits = profile.csmsTransactionId === null || profile.csmsTransactionId === transaction.csmsTransactionId
      return fits ? null : 'another transaction runs'
    }
  }
}

function scheduleProblem(profile: ChargingProfile): string | null {
  const { periods } = profile
  if (profile.stackLevel < 0 || profile.stackLevel > MAX_STACK_LEVEL)
    return `stack levels go from 0 to ${MAX_STACK_LEVEL}`
  if (periods.length === 0 || periods.length > MAX_PERIODS) return `a schedule has 1 to ${MAX_PERIODS} periods`
  if (periods[0]?.startSeconds !== 0) return 'the first period starts at 0'
  const ascending = periods.every((period, index) => period.startSeconds > (periods[index - 1]?.startSeconds ?? -1))
  if (!ascending) return 'periods are in ascending order'
  if (periods.some((period) => !Number.isFinite(period.limit) || period.limit < 0)) return 'a limit is 0 or more'
  if (periods.some((period) => period.phases !== null && (period.phases < 1 || period.phases > 3)))
    return 'phases are 1 to 3'
  if (profile.durationSeconds !== null && profile.durationSeconds < 0) return 'a duration is not negative'
  if (profile.minChargingRate !== null && profile.minChargingRate < 0) return 'a minimum rate is not negative'
  if (profile.validFrom !== null && profile.validTo !== null && profile.validTo <= profile.validFrom)
    return 'it ends before it begins'
  if (profile.kind === 'recurring' && (profile.recurrency === null || profile.startSchedule === null))
    return 'a recurring schedule needs its kind and its start'
  return null
}

function roomProblem(profile: ChargingProfile, installed: readonly ChargingProfile[]): string | null {
  const staying = installed.filter((other) => !replaces(profile, other))
  return staying.length >= MAX_PROFILES ? `${MAX_PROFILES} profiles are installed already` : null
}

/** A new profile takes the place of its own id and of the one at its place in the stack (§5.16.1). */
export function replaces(profile: ChargingProfile, other: ChargingProfile): boolean {
  if (other.id === profile.id) return true
  return other.evse === profile.evse && other.purpose === profile.purpose && other.stackLevel === profile.stackLevel
}

export interface ClearRequest {
  readonly id: number | null
  readonly evse: number | null
  readonly purpose: ProfilePurpose | null
  readonly stackLevel: number | null
}

/** With an id only the id counts; otherwise all criteria that are given (§5.5). */
export function toClear(installed: readonly ChargingProfile[], request: ClearRequest): readonly ChargingProfile[] {
  if (request.id !== null) return installed.filter((profile) => profile.id === request.id)
  return installed.filter(
    (profile) =>
      (request.evse === null || profile.evse === request.evse) &&
      (request.purpose === null || profile.purpose === request.purpose) &&
      (request.stackLevel === null || profile.stackLevel === request.stackLevel),
  )
}
