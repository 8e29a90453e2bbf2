/**
 * Which promises can be kept together, and how hard they press: the demand test of earliest deadlines on the tree. Up to each deadline, on
 * each slot, the energy promised until then is held against what the slot gives until then. Where it is too much, the one that asks for
 * most is given up: so most are kept. What a driver declared without a promise counts as a wish, which gives way to promises.
 */
import type { KnownOutlet } from '../known/known-outlet.ts'
import type { Loading } from '../known/loading.ts'
import { USUAL_CAR_AMPS } from '../timing.ts'
import { compareIds } from '../known/tree.ts'
import type { CarMemory } from '../state.ts'

export interface Seeker {
  readonly outlet: KnownOutlet
  readonly loading: Loading
  readonly car: CarMemory
  /** What it is given at most. */
  readonly capAmps: number
}

export interface Promised {
  /** Needed current from now until the deadline over the car's own most. */
  readonly needRatio: number
  /** The higher of that and of the fullest slot's demand until the deadline over what it gives: it must have its turn now. */
  readonly ownPressure: number
  /** The same with later deadlines, too: others that nothing was promised to must give way. */
  readonly pressure: number
  /** It can be kept beside the others. */
  readonly kept: boolean
  /** Promised; false: only declared. */
  readonly firm: boolean
}

interface Deadline {
  readonly seeker: Seeker
  readonly byAt: number
  readonly ampHours: number
  readonly needRatio: number
  /** The same for a car that takes no more than most. */
  readonly carefulRatio: number
  readonly firm: boolean
  /** The most that is asked until this deadline of what one of its slots gives. */
  untilShare: number
  dropped: boolean
}

/** Of a car whose phases are not known yet: between one and three. */
export const UNKNOWN_PHASES = 1.7
/** A car that needs more than all of its power is late already, a little more may be our reckoning. */
const LOST_RATIO = 1.1
/** The last part of a battery goes in slowly: it takes about as long as so much more. */
const TAPER_WH = 3000
const TAPER_FACTOR = 1.5
/** Of a slot's capacity, what may be promised: cars wake, taper and leave rounding over. */
const SURE_SHARE = 0.9

export function judgePromises(
  seekers: readonly Seeker[],
  roomAmps: Float64Array,
  voltage: number,
  at: number,
): ReadonlyMap<KnownOutlet, Promised> {
  const deadlines = seekers.flatMap((seeker) => deadlineOf(seeker, voltage, at))
  const judged = new Map<KnownOutlet, Promised>()
  if (deadlines.length === 0) return judged
  deadlines.sort((a, b) => a.byAt - b.byAt || compareIds(a.seeker.outlet.id, b.seeker.outlet.id))
  const promised = new Float64Array(roomAmps.length)
  const accepted = new Map<number, Deadline[]>()
  for (const deadline of deadlines) {
    if (!deadline.dropped) accept(deadline, promised, accepted, roomAmps, at)
  }
  // Whoever is due later shares in what is due before: the pressure of a slot is its worst up to each deadline.
  const worst = new Float64Array(roomAmps.length)
  const sums = new Float64Array(roomAmps.length)
  for (const deadline of deadlines) {
    if (deadline.dropped) continue
    const hours = Math.max(1 / 60, (deadline.byAt - at) / 3_600_000)
    forSlots(deadline.seeker.loading, (slot, weight) => {
      sums[slot] = (sums[slot] ?? 0) + deadline.ampHours * weight
      const share = (sums[slot] ?? 0) / (hours * Math.max(1, roomAmps[slot] ?? 0))
      worst[slot] = Math.max(worst[slot] ?? 0, share)
      deadline.untilShare = Math.max(deadline.untilShare, share)
    })
  }
  const later = new Float64Array(roomAmps.length)
  for (let i = deadlines.length - 1; i >= 0; i--) {
    const deadline = deadlines[i]
    if (deadline === undefined) continue
    let { carefulRatio: pressure, carefulRatio: ownPressure } = deadline
    if (!deadline.dropped) {
      forSlots(deadline.seeker.loading, (slot) => {
        later[slot] = Math.max(later[slot] ?? 0, worst[slot] ?? 0)
        pressure = Math.max(pressure, later[slot] ?? 0)
      })
      ownPressure = Math.max(ownPressure, deadline.untilShare)
    }
    judged.set(deadline.seeker.outlet, {
      needRatio: deadline.needRatio,
      ownPressure,
      pressure,
      kept: !deadline.dropped,
      firm: deadline.firm,
    })
  }
  return judged
}

function deadlineOf(seeker: Seeker, voltage: number, at: number): readonly Deadline[] {
  const { outlet, loading, car, capAmps } = seeker
  const { session } = outlet
  if (session === null) return []
  const { commitment } = session
  const firm = commitment !== null && at < commitment.byAt && commitment.energyWh > session.energyWh
  const byAt = firm ? commitment.byAt : session.departsAt
  const totalWh = firm ? commitment.energyWh : session.wantedWh
  if (byAt === null || totalWh === null || at >= byAt || !(totalWh > session.energyWh)) return []
  const wh = totalWh - session.energyWh
  // Rotated chargers spread cars of one phase over all: on a fuse the mean counts, for the car itself the worse case.
  const ampHours = wh / voltage / Math.max(1, loading.phases)
  const phases = car.phases === 0 && outlet.terminals.length === 3 ? UNKNOWN_PHASES : Math.max(1, loading.phases)
  const hours = Math.max(1 / 60, (byAt - at) / 3_600_000)
  const fullAmpHours = hours * Math.max(1, capAmps)
  // What the car takes is not known before it was measured: most take 16 A.
  const sureAmps = car.ceilingAmps === null && !car.charged ? Math.min(capAmps, USUAL_CAR_AMPS) : capAmps
  const slowed = (wh + Math.min(wh, TAPER_WH) * TAPER_FACTOR) / voltage / phases
  return [
    {
      seeker,
      byAt,
      ampHours,
      needRatio: Math.min(1, slowed / fullAmpHours),
      carefulRatio: Math.min(1, slowed / hours / Math.max(1, sureAmps)),
      firm,
      untilShare: 0,
      dropped: ampHours / fullAmpHours > LOST_RATIO,
    },
  ]
}

function accept(
  deadline: Deadline,
  promised: Float64Array,
  accepted: Map<number, Deadline[]>,
  roomAmps: Float64Array,
  at: number,
): void {
  const hours = Math.max(1 / 60, (deadline.byAt - at) / 3_600_000)
  const add = (one: Deadline, sign: 1 | -1): void =>
    forSlots(one.seeker.loading, (slot, weight) => {
      promised[slot] = (promised[slot] ?? 0) + sign * one.ampHours * weight
    })
  add(deadline, 1)
  const { slots } = deadline.seeker.loading
  for (const slot of slots) {
    const list = accepted.get(slot)
    if (list === undefined) accepted.set(slot, [deadline])
    else list.push(deadline)
  }
  for (const slot of slots) {
    while ((promised[slot] ?? 0) > (roomAmps[slot] ?? 0) * hours * SURE_SHARE) {
      let largest: Deadline | null = null
      for (const one of accepted.get(slot) ?? [])
        if (!one.dropped && (largest === null || givesWay(one, largest))) largest = one
      if (largest === null) break
      largest.dropped = true
      add(largest, -1)
    }
  }
}

function givesWay(one: Deadline, other: Deadline): boolean {
  return one.firm === other.firm ? one.ampHours > other.ampHours : other.firm
}

function forSlots({ slots, weights }: Loading, visit: (slot: number, weight: number) => void): void {
  for (let i = 0; i < slots.length; i++) visit(slots[i] ?? 0, weights[i] ?? 1)
}
