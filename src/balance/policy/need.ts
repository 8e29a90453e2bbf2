/** What a session still needs, by when, and how fast it can take it: each time the cautious reading. Pure. */
import type { PolicyInput, PolicySession } from './policy-input.ts'

export interface Need {
  readonly session: PolicySession
  /** Energy that is still to come, Wh. */
  readonly wh: number
  /** When it must be there, ms. */
  readonly by: number
  /** What the car surely takes, W: one phase until it was measured. */
  readonly watts: number
  /** Share of its energy on L1, L2, L3. */
  readonly shares: readonly number[]
}

/** A driver may leave earlier than he said, and a promise is kept with time to spare. */
const DEPARTURE_MARGIN_MS = 1_800_000
const PROMISE_MARGIN_MS = 900_000
/** What a car takes per phase is seldom more, whatever its charger offers. */
const CAR_AMPS = 16
/** From here on its phases have been measured. */
const MEASURED_WH = 200
/** A car that still wants current after its energy is in: some more of it. */
const REST_SHARE = 0.25
/** Of unknown cars: how the energy of a fleet spreads over the terminals L1, L2, L3 (about a third are one-phase, a tenth two-phase). */
const UNKNOWN_SHARES: readonly number[] = [0.55, 0.25, 0.2]

export function needOf(session: PolicySession, input: PolicyInput): Need {
  const { commitment, energyWh, wantedWh, departsAt, startedAt, phases } = session
  const wanted = Math.max(wantedWh ?? (commitment === null ? input.usualWh : 0), commitment?.energyWh ?? 0)
  const by =
    commitment !== null
      ? Math.min(commitment.byAt - PROMISE_MARGIN_MS, departsAt === null ? Infinity : departsAt - PROMISE_MARGIN_MS)
      : departsAt !== null
        ? departsAt - DEPARTURE_MARGIN_MS
        : startedAt + input.usualStayMs
  const isMeasured = phases.length < 3 || energyWh >= MEASURED_WH
  const amps = Math.min(Math.max(0, session.maxAmps), CAR_AMPS)
  const shares = [0, 0, 0]
  for (const [terminal, phase] of phases.entries())
    if (phase in shares) shares[phase] = isMeasured ? 1 / phases.length : (UNKNOWN_SHARES[terminal] ?? 0)
  return {
    session,
    wh: Math.max(wanted - energyWh, REST_SHARE * Math.min(wanted, input.usualWh), 0),
    by,
    watts: amps * input.voltage * (isMeasured ? phases.length : 1),
    shares,
  }
}
