/**
 * Cars of one and two phases even out what others draw on the other phases. Counted is only most of their minimum, which they draw as long
 * as they charge: room that moved with the shares of others would move those shares in turn, and never come to rest.
 */
import type { BalanceSettings } from '../../model/balance-input.ts'
import type { KnownOutlet } from '../known/known-outlet.ts'
import type { PhaseMask } from '../known/loading.ts'
import { phasesOf } from '../known/loading.ts'
import { perSlot, unbalanceSlotOf } from '../known/tree.ts'
import type { Tree } from '../known/tree.ts'
import type { CarMemory } from '../state.ts'
import { sampleLife } from './draw.ts'

/** At a pilot of 6 A cars draw 5.3 to 6 A, hardly ever less than this share. */
const SURE_SHARE = 2 / 3

/** A car that charges on one or two phases below an unbalance limit. */
export interface Evener {
  readonly outlet: KnownOutlet
  readonly phases: PhaseMask
}

export interface Evening {
  readonly cars: readonly Evener[]
  /** What they draw at least, per unbalance slot. */
  readonly amps: Float64Array
}

/** @param charging what may charge on: it is online, obeys, and its range and profile allow its minimum */
export function eveningOf(
  tree: Tree,
  charging: Iterable<{ readonly outlet: KnownOutlet; readonly car: CarMemory | null }>,
  settings: BalanceSettings,
  at: number,
): Evening {
  const amps = perSlot(tree)
  if (!tree.hasUnbalanceLimit) return { cars: [], amps }
  const cars: Evener[] = []
  for (const { outlet, car } of charging) {
    if (car === null || car.phases === 0 || car.phases === 7) continue
    // An old value says nothing of now.
    if (outlet.measuredAt === null || at - outlet.measuredAt > sampleLife(settings)) continue
    if (!evensOut(outlet, car.phases)) continue
    const evener = { outlet, phases: car.phases }
    cars.push(evener)
    add(amps, evener, 1)
  }
  return { cars, amps }
}

/** By which the unbalance on a phase may be higher: what surely flows on both others. A */
export function evenedAmps(amps: Float64Array, place: number, phase: number): number {
  const other = (turn: number): number => amps[unbalanceSlotOf(place, (phase + turn) % 3)] ?? 0
  return Math.min(other(1), other(2))
}

/** Takes off `room` what cars evened out that do not go on. */
export function withoutStopped(
  room: Float64Array,
  { cars, amps }: Evening,
  goesOn: (outlet: KnownOutlet) => boolean,
): void {
  const stopped = cars.filter(({ outlet }) => !goesOn(outlet))
  if (stopped.length === 0) return
  const left = amps.slice()
  for (const car of stopped) add(left, car, -1)
  const places = new Set(stopped.flatMap(({ outlet }) => outlet.path))
  for (const place of places)
    for (let phase = 0; phase < 3; phase++) {
      const slot = unbalanceSlotOf(place, phase)
      room[slot] = (room[slot] ?? 0) - evenedAmps(amps, place, phase) + evenedAmps(left, place, phase)
    }
}

/** It charges, and on each of its phases draws what is counted of it. */
function evensOut(outlet: KnownOutlet, phases: PhaseMask): boolean {
  const { minAmps, confirmedAmps, pendingAmps, measuredAmps } = outlet
  if ((confirmedAmps ?? 0) < minAmps || (pendingAmps ?? Infinity) < minAmps) return false
  return phasesOf(phases).every((phase) => (measuredAmps[phase] ?? 0) >= minAmps * SURE_SHARE)
}

function add(amps: Float64Array, { outlet, phases }: Evener, sign: 1 | -1): void {
  for (const place of outlet.path)
    for (const phase of phasesOf(phases)) {
      const slot = unbalanceSlotOf(place, phase)
      amps[slot] = (amps[slot] ?? 0) + sign * outlet.minAmps * SURE_SHARE
    }
}
