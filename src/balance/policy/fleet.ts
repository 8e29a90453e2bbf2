/** On how many phases the cars of this site charge, learned from those that were measured. Pure. */
import type { PolicySession } from './policy-input.ts'

export interface Fleet {
  /** Cars measured on one, two and three phases. */
  readonly counts: readonly [number, number, number]
  /** Sessions that are counted already and still there. */
  readonly counted: ReadonlySet<string>
}

export const UNKNOWN_FLEET: Fleet = { counts: [0, 0, 0], counted: new Set() }

/** From here on the phases of a car have been measured. */
const MEASURED_WH = 200
/** What is believed of European cars before any was measured, as if of ten cars. */
const BELIEVED: readonly [number, number, number] = [3, 1, 6]
/** One car in ten may be slower than what is called sure. */
const DOUBT = 0.1
/** Older cars count half as soon as there are so many. */
const ENOUGH = 200

export function isMeasured({ phases, energyWh, isMeasured: told }: PolicySession): boolean {
  return told ?? (phases.length < 3 || energyWh >= MEASURED_WH)
}

/** Counts each car once, as soon as it was measured. */
export function learnFleet(fleet: Fleet, sessions: readonly PolicySession[]): Fleet {
  const counted = new Set<string>()
  let [one, two, three] = fleet.counts
  for (const session of sessions) {
    if (fleet.counted.has(session.id)) counted.add(session.id)
    else if (session.energyWh >= MEASURED_WH && isMeasured(session)) {
      counted.add(session.id)
      if (session.phases.length === 1) one++
      else if (session.phases.length === 2) two++
      else three++
    }
  }
  const scale = one + two + three > ENOUGH ? 0.5 : 1
  return { counts: [one * scale, two * scale, three * scale], counted }
}

/** Phases that nine of ten cars use at least; one until enough cars were measured. */
export function surePhases({ counts: [one, two, three] }: Fleet): number {
  const cars = one + two + three + 2
  if ((one + two + 1) / cars < DOUBT) return 3
  return (one + 1) / cars < DOUBT ? 2 : 1
}

/** Phases of the middle car, rounded down. */
export function likelyPhases(fleet: Fleet): number {
  const [one, two, three] = mix(fleet)
  return Math.floor(one + 2 * two + 3 * three)
}

/** How the energy of cars not yet measured spreads over the charger's terminals L1, L2, L3. */
export function likelyShares(fleet: Fleet): readonly [number, number, number] {
  const [one, two, three] = mix(fleet)
  return [one + two / 2 + three / 3, two / 2 + three / 3, three / 3]
}

function mix({ counts }: Fleet): readonly [number, number, number] {
  const [one, two, three] = [counts[0] + BELIEVED[0], counts[1] + BELIEVED[1], counts[2] + BELIEVED[2]]
  const cars = one + two + three
  return [one / cars, two / cars, three / cars]
}
