/** An outlet with every number checked: what is missing or absurd has become the worst it can mean. */
import type { BalanceInput, ChargingSession, Outlet } from '../../model/balance-input.ts'
import type { ControllerParameters } from '../../model/controller-parameters.ts'
import { PHASES } from '../../model/phase.ts'
import type { PhaseRotation } from '../../model/phase.ts'
import { CREDIBLE_AMPS, LARGEST_OUTLET_AMPS, LOWEST_PILOT_AMPS, READ_BACK_AMPS } from '../timing.ts'
import { ceilToStep, floorToStep } from './grid.ts'
import { knownSession } from './known-session.ts'
import type { PhaseMask } from './loading.ts'
import { compareIds } from './tree.ts'
import type { Tree } from './tree.ts'

export interface KnownOutlet {
  readonly id: string
  /** Its place among all outlets, sorted by id. */
  readonly index: number
  /** False: its place in the wiring or its range is not known, so it gets nothing (and counts on all phases). */
  readonly sound: boolean
  /** Its circuit's place in the tree; -1: none. */
  readonly place: number
  /** Places of the circuits above it. */
  readonly path: readonly number[]
  /** Site phases that it may load. */
  readonly wiredMask: PhaseMask
  /** Site phase (0 to 2) of each terminal. */
  readonly terminals: readonly number[]
  readonly minAmps: number
  readonly stepAmps: number
  /** The most it may be given, on the grid: device, controller and profile. Below `minAmps` it gets 0. */
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
  /** The highest of them; null: none is known. */
  readonly highestAmps: number | null
  /** Null: not measured. */
  readonly measuredAt: number | null
  readonly session: ChargingSession | null
  /** What it is started with if others must wait for it. */
  readonly softMinAmps: number | null
}

/** Finer steps drown in the dust of binary fractions; no charger has them. */
const FINEST_STEP_AMPS = 0.001

/** All outlets, sorted by id. Two with the same id are both unsound. */
export function knownOutlets(input: BalanceInput, tree: Tree): readonly KnownOutlet[] {
  const sorted = isSorted(input.outlets) ? input.outlets : input.outlets.toSorted((a, b) => compareIds(a.id, b.id))
  return sorted.map((outlet, index) => {
    const twice = sorted[index - 1]?.id === outlet.id || sorted[index + 1]?.id === outlet.id
    return known(outlet, index, tree, input.at, !twice, input.parameters)
  })
}

function isSorted(outlets: readonly Outlet[]): boolean {
  for (let i = 1; i < outlets.length; i++) if ((outlets[i - 1]?.id ?? '') > (outlets[i]?.id ?? '')) return false
  return true
}

function known(
  outlet: Outlet,
  index: number,
  tree: Tree,
  at: number,
  unique: boolean,
  { outletMaxAmps }: ControllerParameters,
): KnownOutlet {
  const place = tree.placeOf.get(outlet.circuitId) ?? -1
  const path = tree.circuits[place]?.path ?? []
  const { terminals, mask, wired } = wiringOf(outlet.rotation)

  const stepIsKnown = Number.isFinite(outlet.stepAmps) && outlet.stepAmps >= FINEST_STEP_AMPS
  const stepAmps = stepIsKnown ? outlet.stepAmps : 1
  const minAmps = ceilToStep(Math.max(LOWEST_PILOT_AMPS, positive(outlet.minAmps) ?? LOWEST_PILOT_AMPS), stepAmps)
  const maxAmps = credible(outlet.maxAmps)
  const profileAmps = outlet.profile === null ? Infinity : (positive(outlet.profile.amps) ?? 0)
  const setAmps = outletMaxAmps.size === 0 ? undefined : outletMaxAmps.get(outlet.id)
  const controllerAmps = setAmps === undefined ? Infinity : (positive(setAmps) ?? 0)
  const hardwareAmps = maxAmps ?? LARGEST_OUTLET_AMPS
  // An order on its way that is no number may be any: then nothing is known of what is in force.
  const orderKnown = outlet.pendingAmps === null || credible(outlet.pendingAmps) !== null
  const onGrid = (amps: number | null): number | null => (amps === null ? null : snap(amps, stepAmps))

  const measuredAt = Number.isFinite(outlet.measuredAt) && outlet.measuredAt <= at ? outlet.measuredAt : null
  const perPhase: (number | null)[] = [null, null, null]
  let highestAmps: number | null = null
  if (wired && measuredAt !== null && outlet.measuredAmps !== null) {
    for (let terminal = 0; terminal < terminals.length; terminal++) {
      const amps = finite(outlet.measuredAmps[terminal])
      perPhase[terminals[terminal] ?? 0] = amps
      if (amps !== null && (highestAmps === null || amps > highestAmps)) highestAmps = amps
    }
  }
  return {
    id: outlet.id,
    index,
    sound: unique && stepIsKnown && Number.isFinite(outlet.minAmps) && wired && path.length > 0 && maxAmps !== null,
    place,
    path,
    wiredMask: mask,
    terminals,
    minAmps,
    stepAmps,
    capAmps: floorToStep(Math.min(maxAmps ?? 0, profileAmps, controllerAmps), stepAmps),
    hardwareAmps,
    profileSource:
      outlet.profile !== null && profileAmps < hardwareAmps && profileAmps <= controllerAmps
        ? outlet.profile.source
        : controllerAmps < hardwareAmps
          ? 'the operator’s setting'
          : null,
    wanted: outlet.wanted,
    refusal: outlet.refusal,
    online: outlet.online,
    fallbackAmps: positive(outlet.fallbackAmps) ?? hardwareAmps,
    fallbackSureAt: finite(outlet.fallbackSureAt),
    confirmedAmps: onGrid(outlet.confirmedAmps === null || !orderKnown ? null : credible(outlet.confirmedAmps)),
    confirmedAt: Number.isFinite(outlet.confirmedAt) ? outlet.confirmedAt : at,
    pendingAmps: outlet.pendingAmps === null ? null : snap(credible(outlet.pendingAmps) ?? hardwareAmps, stepAmps),
    previousAmps: positive(outlet.previousAmps) ?? hardwareAmps,
    measuredAmps: perPhase,
    highestAmps,
    measuredAt,
    session: outlet.session === null ? null : knownSession(outlet.session, at),
    softMinAmps: outlet.softMinAmps === null ? null : positive(outlet.softMinAmps),
  }
}

interface Wiring {
  readonly terminals: readonly number[]
  readonly mask: PhaseMask
  readonly wired: boolean
}

const wirings = new WeakMap<PhaseRotation, Wiring>()

function wiringOf(rotation: PhaseRotation): Wiring {
  const before = wirings.get(rotation)
  if (before !== undefined) return before
  const terminals = rotation.map((phase) => PHASES.indexOf(phase))
  const wired = terminals.length > 0 && !terminals.includes(-1) && new Set(terminals).size === terminals.length
  const mask = wired ? terminals.reduce((bits, phase) => bits | (1 << phase), 0) : 7
  const wiring = { terminals, mask, wired }
  wirings.set(rotation, wiring)
  return wiring
}

/** A current of 0 or more, or null. */
function positive(amps: number): number | null {
  return Number.isFinite(amps) && amps >= 0 ? amps : null
}

/** A set-point that some outlet could have, or null. */
function credible(amps: number): number | null {
  return Number.isFinite(amps) && amps >= 0 && amps <= CREDIBLE_AMPS ? amps : null
}

function finite(value: number | null | undefined): number | null {
  return value !== null && value !== undefined && Number.isFinite(value) ? value : null
}

/** A read-back a hair beside a step is that step. */
function snap(amps: number, step: number): number {
  const near = floorToStep(amps + step / 2, step)
  return Math.abs(near - amps) <= Math.min(READ_BACK_AMPS, step / 2) ? near : amps
}

/** The highest set-point not above `amps` that the charger knows; 0 when there is none. */
export function settable(outlet: KnownOutlet, amps: number): number {
  const lower = floorToStep(Math.min(amps, outlet.capAmps), outlet.stepAmps)
  return lower >= outlet.minAmps ? lower : 0
}
