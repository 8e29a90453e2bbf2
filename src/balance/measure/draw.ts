/** What the outlets may have been drawing when a circuit's meter was read: least, most, and the most that is possible at all. */
import type { BalanceSettings } from '../../model/balance-input.ts'
import type { KnownOutlet } from '../known/known-outlet.ts'
import type { PhaseMask } from '../known/loading.ts'
import type { OutletMemory } from '../state.ts'
import type { Standing } from './reserve.ts'
import { perSlot, slotOf } from '../known/tree.ts'
import type { Tree } from '../known/tree.ts'

/** Sums over all outlets below, per slot. */
export interface Draw {
  readonly leastAmps: Float64Array
  readonly mostAmps: Float64Array
  readonly reservedAmps: Float64Array
  /** As if no command were on its way: the last measured, or what is in force where nothing is measured. */
  readonly seenAmps: Float64Array
  /** Sum of what is measured now, and how many outlets measure. */
  readonly measuredAmps: Float64Array
  readonly measuredOutlets: Int32Array
  /** Per circuit: outlets below that may draw and are not measured now. */
  readonly unmeasuredOutlets: Int32Array
  /** Per circuit: when the outlet below that was measured longest ago was measured; Infinity: none measures. */
  readonly oldestSampleAt: Float64Array
}

/** An outlet that may draw. */
export interface Drawer {
  readonly outlet: KnownOutlet
  readonly memory: Pick<OutletMemory, 'raisedAt'> | undefined
  readonly standing: Standing
  /** Phases that its car may load. */
  readonly mask: PhaseMask
}

export function drawOf(tree: Tree, drawers: readonly Drawer[], settings: BalanceSettings, at: number): Draw {
  const draw: Draw = {
    leastAmps: perSlot(tree),
    mostAmps: perSlot(tree),
    reservedAmps: perSlot(tree),
    seenAmps: perSlot(tree),
    measuredAmps: perSlot(tree),
    measuredOutlets: new Int32Array(tree.circuits.length),
    unmeasuredOutlets: new Int32Array(tree.circuits.length),
    oldestSampleAt: new Float64Array(tree.circuits.length).fill(Infinity),
  }
  for (const drawer of drawers) {
    const { outlet } = drawer
    const current = outlet.online && outlet.measuredAt !== null && at - outlet.measuredAt <= sampleLife(settings)
    addDraw(draw, drawer, current, settings)
    count(draw, drawer, current)
  }
  return draw
}

/** Whether it is measured, and when. */
function count(draw: Draw, { outlet, standing }: Drawer, current: boolean): void {
  if (current && outlet.highestAmps !== null) {
    for (const place of outlet.path) {
      draw.measuredOutlets[place] = (draw.measuredOutlets[place] ?? 0) + 1
      draw.oldestSampleAt[place] = Math.min(draw.oldestSampleAt[place] ?? Infinity, outlet.measuredAt ?? 0)
    }
  } else if (standing.reserveAmps > 0) {
    for (const place of outlet.path) draw.unmeasuredOutlets[place] = (draw.unmeasuredOutlets[place] ?? 0) + 1
  }
}

/**
 * A value measured after the last command settled is what the car draws. While a command is on its way the car may already follow it or
 * not yet; a charger that does not measure, or is offline, may draw anything up to its reserve.
 */
function addDraw(draw: Draw, drawer: Drawer, current: boolean, settings: BalanceSettings): void {
  const { outlet, standing, mask } = drawer
  const { reserveAmps } = standing
  const rises = mayRise(drawer, settings)
  const inFlight = outlet.pendingAmps !== null || (outlet.measuredAt ?? 0) < outlet.confirmedAt + settings.settleMs
  const lowestOrder = Math.min(outlet.confirmedAmps ?? 0, outlet.pendingAmps ?? Infinity)
  for (let phase = 0; phase < 3; phase++) {
    if ((mask & (1 << phase)) === 0) continue
    const measured = current ? (outlet.measuredAmps[phase] ?? null) : null
    let least = 0
    let most = reserveAmps
    if (measured !== null) {
      least = inFlight ? Math.min(measured, lowestOrder) : measured
      most = inFlight && rises ? Math.max(measured, reserveAmps) : measured
    }
    const seen = measured ?? Math.min(reserveAmps, standing.inForceAmps)
    for (const place of outlet.path) {
      const slot = slotOf(place, phase)
      add(draw.leastAmps, slot, least)
      add(draw.mostAmps, slot, most)
      add(draw.reservedAmps, slot, reserveAmps)
      add(draw.seenAmps, slot, seen)
      if (measured !== null) add(draw.measuredAmps, slot, measured)
    }
  }
}

/**
 * A car that draws less than it is cut to, long after the last increase, keeps that: a cut on its way makes no car take more. (It may wake;
 * its pilot stays reserved.)
 */
function mayRise({ outlet, memory }: Drawer, settings: BalanceSettings): boolean {
  const { confirmedAmps, pendingAmps, previousAmps, highestAmps, measuredAt } = outlet
  if (confirmedAmps === null || highestAmps === null || measuredAt === null) return true
  const isCut = previousAmps > confirmedAmps && (pendingAmps ?? 0) <= confirmedAmps
  const settledAt = (memory?.raisedAt ?? -Infinity) + settings.settleMs
  return !isCut || highestAmps > Math.min(confirmedAmps, pendingAmps ?? Infinity) || measuredAt < settledAt
}

/** A charger's own values are polled less often than a grid meter; older ones say nothing of now. */
export function sampleLife(settings: BalanceSettings): number {
  return settings.meterStaleMs + settings.settleMs
}

function add(values: Float64Array, slot: number, amps: number): void {
  values[slot] = (values[slot] ?? 0) + amps
}
