/**
 * The last step before an order: decreases pass at once, increases only where every reserve leaves room for them. Reserves hold all
 * set-points that may still be followed, so an increase never leans on a decrease that is not confirmed.
 */
import type { BalanceSettings } from '../model/balance-input.ts'
import type { Capacity } from './capacity.ts'
import { floorToStep } from './grid.ts'
import type { KnownOutlet } from './known-outlet.ts'
import type { Standing } from './reserve.ts'
import type { OutletMemory } from './state.ts'
import { EPSILON_AMPS } from './timing.ts'
import { compareIds } from './tree.ts'

/** One chosen outlet with its share of what is there now (`cutAmps`) and of what increases may use (`riseAmps`), both on its grid. */
export interface Claim {
  readonly outlet: KnownOutlet
  readonly standing: Standing
  readonly memory: OutletMemory | undefined
  readonly cutAmps: number
  readonly riseAmps: number
}

export interface Passed {
  readonly amps: number
  /** Why it is below its share; null: it is not. */
  readonly held: string | null
}

export function gate(
  claims: readonly Claim[],
  capacity: Capacity,
  taken: Float64Array,
  reserved: Float64Array,
  settings: BalanceSettings,
  at: number,
): ReadonlyMap<Claim, Passed> {
  const passed = new Map<Claim, Passed>()
  const planned = taken.slice()
  for (const { outlet, cutAmps } of claims) addTo(planned, outlet, cutAmps)
  const rising: Claim[] = []

  for (const claim of claims) {
    const { outlet, standing, cutAmps, riseAmps } = claim
    const held = standing.heldAmps
    if (held !== null && held > cutAmps) {
      const kept = held - cutAmps < settings.deadBandAmps && isSettable(outlet, held)
      if (kept && fits(planned, capacity.cutAmps, outlet, held - cutAmps)) {
        addTo(planned, outlet, held - cutAmps)
        passed.set(claim, { amps: held, held: null })
      } else passed.set(claim, { amps: cutAmps, held: null })
      continue
    }
    const target = Math.min(riseAmps, cutAmps)
    const stay = held === null ? 0 : settable(outlet, held)
    passed.set(claim, { amps: stay, held: null })
    if (target > stay + EPSILON_AMPS) rising.push(claim)
  }

  const room = capacity.riseAmps.map((amps, slot) => amps - (reserved[slot] ?? 0))
  for (const claim of rising.toSorted(byRise)) {
    const { outlet, standing, memory } = claim
    const stay = passed.get(claim)?.amps ?? 0
    const share = Math.min(claim.riseAmps, claim.cutAmps)
    const reason = holdReason(claim, capacity, share, stay, settings, at)
    if (reason !== null) {
      passed.set(claim, { amps: stay, held: reason === '' ? null : reason })
      continue
    }
    // Where nothing is known of the set-point in force, our order replaces it: others' reserves and the order must fit.
    const own = standing.heldAmps === null ? 0 : standing.reserveAmps
    const spare = standing.heldAmps === null ? standing.reserveAmps : 0
    const slack = outlet.slots.reduce((least, slot) => Math.min(least, (room[slot] ?? 0) + spare), Infinity)
    const most = slack < -EPSILON_AMPS ? 0 : floorToStep(own + slack, outlet.stepAmps)
    const amps = Math.min(share, most)
    const worth = stay === 0 || amps - stay >= settings.deadBandAmps || already(memory, amps)
    if (amps < outlet.minAmps || amps <= stay || !worth) {
      passed.set(claim, { amps: stay, held: 'waits until reductions of others are in force' })
      continue
    }
    const growth = Math.max(0, amps - standing.reserveAmps)
    for (const slot of outlet.slots) room[slot] = (room[slot] ?? 0) - growth
    passed.set(claim, { amps, held: amps < share ? 'waits until reductions of others are in force' : null })
  }
  return passed
}

/** Why this outlet may not rise now: null: it may; empty: the difference is not worth a command. */
function holdReason(
  claim: Claim,
  capacity: Capacity,
  share: number,
  stay: number,
  settings: BalanceSettings,
  at: number,
): string | null {
  const { outlet, memory } = claim
  for (const place of outlet.path) {
    const reason = capacity.hold[place] ?? null
    if (reason !== null) return reason
  }
  if (memory === undefined) return 'waits until it was seen twice after the start'
  if (already(memory, share)) return null
  if (stay > 0 && share - stay < settings.deadBandAmps) return ''
  if (memory.raisedAt !== null && at - memory.raisedAt < settings.riseIntervalMs) return 'rose a moment ago'
  return null
}

/** An increase that was granted and not sent yet is not a new one. */
function already(memory: OutletMemory | undefined, amps: number): boolean {
  return memory !== undefined && memory.orderedAmps !== null && amps <= memory.orderedAmps && amps > 0
}

function isSettable(outlet: KnownOutlet, amps: number): boolean {
  return amps >= outlet.minAmps && amps <= outlet.capAmps && floorToStep(amps, outlet.stepAmps) === amps
}

/** The highest set-point not above `amps` that the charger knows; 0 when there is none. */
function settable(outlet: KnownOutlet, amps: number): number {
  const lower = floorToStep(Math.min(amps, outlet.capAmps), outlet.stepAmps)
  return lower >= outlet.minAmps ? lower : 0
}

function fits(load: Float64Array, room: Float64Array, outlet: KnownOutlet, amps: number): boolean {
  return outlet.slots.every((slot) => (load[slot] ?? 0) + amps <= (room[slot] ?? 0) + EPSILON_AMPS)
}

function addTo(values: Float64Array, outlet: KnownOutlet, amps: number): void {
  for (const slot of outlet.slots) values[slot] = (values[slot] ?? 0) + amps
}

/** Charging ones first, the lowest first; then starts, the longest waiting first. */
function byRise(a: Claim, b: Claim): number {
  const heldA = a.standing.heldAmps ?? 0
  const heldB = b.standing.heldAmps ?? 0
  if (heldA > 0 !== heldB > 0) return heldA > 0 ? -1 : 1
  return (
    heldA - heldB ||
    (a.memory?.waitingSince ?? Number.MAX_VALUE) - (b.memory?.waitingSince ?? Number.MAX_VALUE) ||
    compareIds(a.outlet.id, b.outlet.id)
  )
}
