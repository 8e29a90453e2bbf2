/** Which charging profiles a station takes, and which a clear request removes (OCPP 1.6 §3.13, §5.5, §5.16). Pure. */
import type { ChargingProfile, ProfilePurpose } from '../../../model/charging-profile.ts'
import type { StationDescription } from '../../../model/station.ts'
import { MAX_PERIODS, MAX_PROFILES, MAX_STACK_LEVEL } from '../settings-table.ts'

/** Ms of 9999-12-31: what OCPP's times can say. */
const LAST_MOMENT = 253_402_300_800_000

export interface RunningTransaction {
  readonly evse: number
  readonly csmsTransactionId: string | null
}

/** Null: the profile may be installed; otherwise a sentence that says why not. */
export function profileProblem(
  profile: ChargingProfile,
  installed: readonly ChargingProfile[],
  description: StationDescription,
  running: readonly RunningTransaction[],
): string | null {
  const known = profile.evse === 0 || description.evses.some((evse) => evse.evse === profile.evse)
  if (!known) return `There is no EVSE ${profile.evse}.`
  if (description.evses.length === 0 && profile.purpose !== 'station-max')
    return 'This station has no EVSEs: only its maximum can be set.'
  return purposeProblem(profile, running) ?? formProblem(profile) ?? roomProblem(profile, installed)
}

/** A profile that comes with a remote start: it is for the transaction that this start begins (§5.16.2, errata 3.41). */
export function remoteStartProfileProblem(
  profile: ChargingProfile,
  installed: readonly ChargingProfile[],
): string | null {
  if (profile.purpose !== 'transaction') return 'Only a transaction profile may come with a remote start.'
  if (profile.csmsTransactionId !== null)
    return `Transaction ${profile.csmsTransactionId} cannot be named: the one that this start begins has no id yet.`
  return formProblem(profile) ?? roomProblem(profile, installed)
}

function purposeProblem(profile: ChargingProfile, running: readonly RunningTransaction[]): string | null {
  switch (profile.purpose) {
    case 'station-max':
      // §3.13.1: "ChargePointMaxProfile can only be set at Charge Point ConnectorId 0".
      return profile.evse === 0 ? null : `The station’s maximum is set on EVSE 0, not on EVSE ${profile.evse}.`
    case 'transaction-default':
      return null
    case 'transaction': {
      // §3.13.1: only above 0, and without a transaction there it is discarded with an error status.
      if (profile.evse === 0) return 'A transaction profile is set on one EVSE, not on EVSE 0.'
      const transaction = running.find((candidate) => candidate.evse === profile.evse)
      if (transaction === undefined) return `No transaction runs on EVSE ${profile.evse}.`
      const fits = profile.csmsTransactionId === null || profile.csmsTransactionId === transaction.csmsTransactionId
      if (fits) return null
      return `Not transaction ${profile.csmsTransactionId} runs on EVSE ${profile.evse}, but ${transaction.csmsTransactionId ?? 'one that the CSMS has not named yet'}.`
    }
  }
}

function formProblem(profile: ChargingProfile): string | null {
  return placeProblem(profile) ?? timeProblem(profile) ?? scheduleProblem(profile)
}

function placeProblem({ id, stackLevel }: ChargingProfile): string | null {
  if (!Number.isSafeInteger(id)) return `${id} is no id of a profile: it is a whole number.`
  if (!Number.isInteger(stackLevel) || stackLevel < 0 || stackLevel > MAX_STACK_LEVEL)
    return `Stack level ${stackLevel} is not one of 0 to ${MAX_STACK_LEVEL}.`
  return null
}

function timeProblem(profile: ChargingProfile): string | null {
  const { validFrom, validTo, startSchedule, durationSeconds } = profile
  if ([validFrom, validTo, startSchedule].some((time) => time !== null && !(Math.abs(time) <= LAST_MOMENT)))
    return 'A time of the profile is outside the calendar.'
  if (validFrom !== null && validTo !== null && validTo <= validFrom) return 'The profile ends before it begins.'
  if (durationSeconds !== null && !(Number.isSafeInteger(durationSeconds) && durationSeconds > 0))
    return `A duration of ${durationSeconds} s is no time to charge: it is a whole number above 0.`
  if (profile.kind !== 'recurring') return null
  if (profile.recurrency === null) return 'A recurring schedule says whether it recurs daily or weekly.'
  // §7.37, errata 3.79: it restarts "at the same time as in the startSchedule"; without that there is no such time.
  return startSchedule === null ? 'A recurring schedule says when it begins.' : null
}

function scheduleProblem({ periods, minChargingRate }: ChargingProfile): string | null {
  if (periods.length === 0) return 'The schedule has no period.'
  if (periods.length > MAX_PERIODS)
    return `The schedule has ${periods.length} periods; ${MAX_PERIODS} are the most (ChargingScheduleMaxPeriods).`
  // §7.13, errata 3.70.
  if (periods[0]?.startSeconds !== 0) return `The first period begins at ${periods[0]?.startSeconds} s, not at 0.`
  for (const [index, { startSeconds, limit, phases }] of periods.entries()) {
    if (!Number.isSafeInteger(startSeconds) || startSeconds <= (periods[index - 1]?.startSeconds ?? -1))
      return `The periods are not in ascending order: period ${index + 1} begins at ${startSeconds} s.`
    if (!isRate(limit)) return `Period ${index + 1} has the limit ${limit}: it is 0 or more.`
    if (phases !== null && ![1, 2, 3].includes(phases))
      return `Period ${index + 1} is for ${phases} phases: it is 1, 2 or 3.`
  }
  if (minChargingRate !== null && !isRate(minChargingRate))
    return `A minimum charging rate of ${minChargingRate} is not possible: it is 0 or more.`
  return null
}

function isRate(rate: number): boolean {
  return Number.isFinite(rate) && rate >= 0
}

function roomProblem(profile: ChargingProfile, installed: readonly ChargingProfile[]): string | null {
  const staying = installed.filter((other) => !replaces(profile, other))
  if (staying.length < MAX_PROFILES) return null
  return `${MAX_PROFILES} profiles are installed already (MaxChargingProfilesInstalled).`
}

/** A new profile takes the place of its own id and of the one at its place in the stack (§3.13.2, §5.16.3, §5.16.4). */
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

/** With an id only the id counts; otherwise all criteria that are given; without any, all go (§5.5, §6.13, errata 3.25 and 3.26). */
export function toClear(installed: readonly ChargingProfile[], request: ClearRequest): readonly ChargingProfile[] {
  if (request.id !== null) return installed.filter((profile) => profile.id === request.id)
  return installed.filter(
    (profile) =>
      (request.evse === null || profile.evse === request.evse) &&
      (request.purpose === null || profile.purpose === request.purpose) &&
      (request.stackLevel === null || profile.stackLevel === request.stackLevel),
  )
}
