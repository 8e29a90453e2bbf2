/** An outlet with every number checked: what is missing or absurd has become the worst it can mean. */
import type { BalanceInput, Outlet } from '../model/balance-input.ts'
import { PHASES } from '../model/phase.ts'
import { ceilToStep, floorToStep } from './grid.ts'
import { LARGEST_OUTLET_AMPS, LOWEST_PILOT_AMPS, READ_BACK_AMPS } from './timing.ts'
import { compareIds, slotOf } from './tree.ts'
import type { Tree } from './tree.ts'

export interface KnownOutlet {
  readonly id: string
  /** False: its place in the wiring or its range is not known, so it gets nothing (and counts on all phases). */
  readonly sound: boolean
  /** Distinct site phases (0 to 2) that it may load. */
  readonly phases: readonly number[]
  /** All slots that it loads, from its circuit to the root. */
  readonly slots: readonly number[]
  /** Places of the circuits above it. */
  readonly path: readonly number[]
  readonly minAmps: number
  readonly stepAmps: number
  /** The most it may be given, on the grid: device and profile. Below `minAmps` it gets 0. */
  readonly capAmps: number
  /** The most the hardware can draw. */
  readonly hardwareAmps: number
  /** What `capAmps` comes from, if a profile. */
  readonly profileSource: string | null
  readonly wanted: boolean
  readonly refusal: Outlet['refusal']
  readonly online: boolean
  readonly fallbackAmps: number
  /** Null: the charger has not fallen back for sure. */
  readonly fallbackSureAt: number | null
  readonly confirmedAmps: number | null
  readonly confirmedAt: number
  readonly pendingAmps: number | null
  readonly previousAmps: number
  /** Measured per site phase; null where not known. */
  readonly measuredAmps: readonly (number | null)[]
  /** Null: not measured. */
  readonly measuredAt: number | null
}

/** All outlets, sorted by id. Two with the same id are both unsound. */
export function knownOutlets(input: BalanceInput, tree: Tree): readonly KnownOutlet[] {
  const sorted = input.outlets.toSorted((a, b) => compareIds(a.id, b.id))
  return sorted.map((outlet, place) => {
    const twice = sorted[place - 1]?.id === outlet.id || sorted[place + 1]?.id === outlet.id
    return known(outlet, tree, input.at, !twice)
  })
}

function known(outlet: Outlet, tree: Tree, at: number, unique: boolean): KnownOutlet {
  const place = tree.placeOf.get(outlet.circuitId)
  const path = place === undefined ? [] : (tree.circuits[place]?.path ?? [])
  const terminals = outlet.rotation.map((phase) => PHASES.indexOf(phase))
  const wired = terminals.length > 0 && !terminals.includes(-1) && new Set(terminals).size === terminals.length
  const phases = wired ? terminals.toSorted((a, b) => a - b) : [0, 1, 2]

  const stepAmps = Number.isFinite(outlet.stepAmps) && outlet.stepAmps > 0 ? outlet.stepAmps : 1
  const minAmps = ceilToStep(Math.max(LOWEST_PILOT_AMPS, positive(outlet.minAmps) ?? LOWEST_PILOT_AMPS), stepAmps)
  const maxAmps = positive(outlet.maxAmps)
  const profileAmps = outlet.profile === null ? Infinity : (positive(outlet.profile.amps) ?? 0)
  const hardwareAmps = maxAmps ?? LARGEST_OUTLET_AMPS
  // An order on its way that is no number may be any: then nothing is known of what is in force.
  const orderKnown = outlet.pendingAmps === null || positive(outlet.pendingAmps) !== null
  const onGrid = (amps: number | null): number | null => (amps === null ? null : snap(amps, stepAmps))

  const measuredAt = Number.isFinite(outlet.measuredAt) && outlet.measuredAt <= at ? outlet.measuredAt : null
  const measured = outlet.measuredAmps ?? []
  const perPhase: (number | null)[] = [null, null, null]
  if (wired) terminals.forEach((phase, terminal) => (perPhase[phase] = finite(measured[terminal])))
  return {
    id: outlet.id,
    sound: unique && wired && path.length > 0 && maxAmps !== null,
    phases,
    slots: path.flatMap((above) => phases.map((phase) => slotOf(above, phase))),
    path,
    minAmps,
    stepAmps,
    capAmps: floorToStep(Math.min(maxAmps ?? 0, profileAmps), stepAmps),
    hardwareAmps,
    profileSource: outlet.profile !== null && profileAmps < hardwareAmps ? outlet.profile.source : null,
    wanted: outlet.wanted,
    refusal: outlet.refusal,
    online: outlet.online,
    fallbackAmps: positive(outlet.fallbackAmps) ?? hardwareAmps,
    fallbackSureAt: finite(outlet.fallbackSureAt),
    confirmedAmps: onGrid(outlet.confirmedAmps === null || !orderKnown ? null : positive(outlet.confirmedAmps)),
    confirmedAt: Number.isFinite(outlet.confirmedAt) ? outlet.confirmedAt : at,
    pendingAmps: outlet.pendingAmps === null ? null : snap(positive(outlet.pendingAmps) ?? hardwareAmps, stepAmps),
    previousAmps: positive(outlet.previousAmps) ?? hardwareAmps,
    measuredAmps: measuredAt === null ? [null, null, null] : perPhase,
    measuredAt,
  }
}

/** A current of 0 or more, or null. */
function positive(amps: number): number | null {
  return Number.isFinite(amps) && amps >= 0 ? amps : null
}

function finite(value: number | null | undefined): number | null {
  return value !== null && value !== undefined && Number.isFinite(value) ? value : null
}

/** A read-back a hair beside a step is that step. */
function snap(amps: number, step: number): number {
  const near = floorToStep(amps + step / 2, step)
  return Math.abs(near - amps) <= Math.min(READ_BACK_AMPS, step / 2) ? near : amps
}
