/** Which clock stamps follow: the system's, corrected by the CSMS's `currentTime` (OCPP 1.6 §4.2, §4.6) within reason. Pure. */

export interface ClockVerdict {
  readonly offsetMs: number
  readonly followed: boolean
}

/** `currentTime` often has whole seconds, and the answer took time: less than this is no difference. */
const NOISE_MS = 2_000
/** More than this is a CSMS with a wrong zone or clock, unless our own clock is plainly wrong. */
const BELIEVABLE_MS = 15 * 60_000
/** No bridge of this version runs before this day: a system clock that says so was never set. */
export const OWN_CLOCK_NOT_BEFORE = Date.parse('2025-01-01T00:00:00Z')

/**
 * @param currentTime what the CSMS said, wall ms
 * @param sentAt own wall time when we asked
 * @param receivedAt own wall time when the answer came
 */
export function judgeClock(currentTime: number, sentAt: number, receivedAt: number): ClockVerdict {
  const offsetMs = currentTime - (sentAt + receivedAt) / 2
  const noiseMs = NOISE_MS + Math.abs(receivedAt - sentAt) / 2
  if (Math.abs(offsetMs) <= noiseMs) return { offsetMs: 0, followed: true }
  const ownIsUnset = receivedAt < OWN_CLOCK_NOT_BEFORE && currentTime >= OWN_CLOCK_NOT_BEFORE
  if (Math.abs(offsetMs) <= BELIEVABLE_MS || ownIsUnset) return { offsetMs: Math.round(offsetMs), followed: true }
  return { offsetMs: Math.round(offsetMs), followed: false }
}
