/** What a session still needs, by when, and how fast it can take it: each time the cautious reading. Pure. */
import { isMeasured, likelyPhases, likelyShares, surePhases } from './fleet.ts'
import type { Fleet } from './fleet.ts'
import type { PolicyInput, PolicySession } from './policy-input.ts'

export interface Need {
  readonly session: PolicySession
  /** Energy that is still to come, Wh. */
  readonly wh: number
  /** When it must be there, ms. */
  readonly by: number
  /** What the car takes at full current, W. */
  readonly watts: number
  /** What it takes at full current if it is one of the slow ones, W. */
  readonly slowWatts: number
  /** What it takes at the least current that there is, W. */
  readonly leastWatts: number
  /** Shares of its energy on L1, L2, L3; they add up to 1. */
  readonly shares: readonly number[]
}

/** A driver may leave earlier than he said, and a promise is kept with time to spare. */
const DEPARTURE_MARGIN_MS = 1_800_000
const PROMISE_MARGIN_MS = 900_000
/** IEC 61851-1: nothing between 0 and 6 A. */
const LEAST_AMPS = 6
/** Few cars take more per phase, whatever their charger offers. */
const CAR_AMPS = 16
/** Who has stayed longer than is usual is taken to leave so much later. */
const OVERSTAY_MS = 3_600_000
/** A car that still wants current when its energy is in: so much of the usual energy may be missing. */
const REST_SHARE = 0.25

export function needOf(session: PolicySession, input: PolicyInput, fleet: Fleet): Need {
  const { commitment, energyWh, phases } = session
  const wanted = Math.max(
    session.wantedWh ?? (commitment === null ? input.usualWh : 0),
    commitment === null ? 0 : commitment.energyWh,
  )
  const known = isMeasured(session)
  // A promise counts on what is sure, a wish on what is likely.
  const used = known ? phases.length : commitment === null ? likelyPhases(fleet) : surePhases(fleet)
  const slow = known ? phases.length : surePhases(fleet)
  const perPhase = Math.min(Math.max(0, session.maxAmps), CAR_AMPS) * input.voltage
  const likely = likelyShares(fleet)
  const shares = [0, 0, 0]
  for (const [terminal, phase] of phases.entries()) shares[phase] = known ? 1 / phases.length : (likely[terminal] ?? 0)
  return {
    session,
    wh: Math.max(wanted - energyWh, REST_SHARE * input.usualWh),
    by: deadline(session, input.usualStayMs, input.at),
    watts: perPhase * used,
    slowWatts: perPhase * slow,
    leastWatts: LEAST_AMPS * input.voltage * used,
    shares,
  }
}

function deadline({ commitment, departsAt, startedAt }: PolicySession, usualStayMs: number, at: number): number {
  const leaves = departsAt === null ? Infinity : departsAt
  if (commitment !== null) return Math.min(commitment.byAt, leaves) - PROMISE_MARGIN_MS
  return departsAt === null ? Math.max(startedAt + usualStayMs, at + OVERSTAY_MS) : leaves - DEPARTURE_MARGIN_MS
}
