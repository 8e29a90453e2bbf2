/** What the outlets below each circuit may take together, per slot. */
import type { BalanceSettings } from '../../model/balance-input.ts'
import type { PhaseAmps } from '../../model/phase.ts'
import { PHASES } from '../../model/phase.ts'
import type { KnownOutlet } from '../known/known-outlet.ts'
import type { Limits } from '../known/limits.ts'
import { perSlot, powerSlotOf, slotOf, unbalanceSlotOf } from '../known/tree.ts'
import type { Tree } from '../known/tree.ts'
import type { CircuitMemory } from '../state.ts'
import { buildingLoad } from './building-load.ts'
import type { Draw } from './draw.ts'
import { evenedAmps } from './evening.ts'
import type { CircuitMeter } from './meters.ts'

export interface Capacity {
  /** What set-points must stay within, at once. */
  readonly cutAmps: Float64Array
  /** What set-points may expect when a short peak of the building is over; never less than `cutAmps`. */
  readonly calmAmps: Float64Array
  /** What shares must stay within; never more than `cutAmps`. */
  readonly riseAmps: Float64Array
  /** What reserves must stay within when something rises; never more than `riseAmps`. */
  readonly gateAmps: Float64Array
  /** Room that the minima of all that charge must fit in for another one to start; never more than `riseAmps`. */
  readonly startAmps: Float64Array
  /** Per circuit: why nothing may rise below it now; null: it may. */
  readonly hold: readonly (string | null)[]
  readonly failSafe: readonly boolean[]
  /** Per circuit; null where no meter sees it. */
  readonly building: readonly (PhaseAmps | null)[]
  readonly memory: ReadonlyMap<string, CircuitMemory>
}

/** Of the headroom, this much stays free before anything is cut: between the two nothing moves. */
const CUT_SHARE = 0.4
/** W limits are held with this margin: the voltage that we reckon with is not the one that is there. */
const POWER_SHARE = 0.99

export function capacityOf(
  tree: Tree,
  limits: Limits,
  meters: readonly (CircuitMeter | null)[],
  draw: Draw,
  eveningAmps: Float64Array,
  before: ReadonlyMap<string, CircuitMemory>,
  settings: BalanceSettings,
  at: number,
): Capacity {
  const cutAmps = perSlot(tree)
  const calmAmps = perSlot(tree)
  const riseAmps = perSlot(tree)
  const startAmps = perSlot(tree)
  const gateAmps = perSlot(tree)
  const hold: (string | null)[] = []
  const failSafe: boolean[] = []
  const building: (PhaseAmps | null)[] = []
  const memory = new Map<string, CircuitMemory>()
  tree.circuits.forEach((circuit, place) => {
    const meter = meters[place] ?? null
    const blind = meter !== null && (meter.amps === null || meter.trust === 'frozen')
    const limitAmps = PHASES.map((_, phase) => limits.phaseAmps[slotOf(place, phase)] ?? 0)
    const load =
      meter === null || meter.amps === null
        ? null
        : buildingLoad(meter.amps, meter.takenAt, limitAmps, draw, place, before.get(circuit.id), settings, at)
    if (load !== null) memory.set(circuit.id, load.memory)
    PHASES.forEach((phase, index) => {
      const limit = limitAmps[index] ?? 0
      const slot = slotOf(place, index)
      const headroom = load === null ? 0 : limit * settings.headroomShare
      const left = Math.max(0, limit - headroom * CUT_SHARE - (load?.amps[phase] ?? 0))
      const cut = blind ? Math.min(left, circuit.failSafeAmps) : left
      const usable = limit - headroom
      cutAmps[slot] = cut
      calmAmps[slot] = blind ? cut : Math.max(cut, usable - (load?.calmAmps[phase] ?? 0))
      riseAmps[slot] = Math.min(cut, Math.max(0, usable - (load?.peakAmps[phase] ?? 0)))
      gateAmps[slot] = Math.min(cut, Math.max(0, usable - (load?.mostAmps[phase] ?? 0)))
      startAmps[slot] = Math.min(cut, Math.max(0, usable - (load?.longPeakAmps[phase] ?? 0)))
    })
    everywhere(powerSlotOf(place), (limits.carsAmps[place] ?? Infinity) * POWER_SHARE)
    for (let phase = 0; phase < 3; phase++) {
      everywhere(unbalanceSlotOf(place, phase), circuit.unbalanceAmps + evenedAmps(eveningAmps, place, phase))
    }
    hold.push(holdReason(meter, load?.memory ?? null))
    failSafe.push(blind)
    building.push(blind ? null : (load?.amps ?? null))
  })
  return { cutAmps, calmAmps, riseAmps, gateAmps, startAmps, hold, failSafe, building, memory }

  function everywhere(slot: number, amps: number): void {
    cutAmps[slot] = amps
    calmAmps[slot] = amps
    riseAmps[slot] = amps
    startAmps[slot] = amps
    gateAmps[slot] = amps
  }
}

function holdReason(meter: CircuitMeter | null, memory: CircuitMemory | null): string | null {
  if (meter === null) return null
  if (meter.trust === 'awaited') return 'waits for the first value of the meter'
  if (meter.trust === 'ageing') return 'waits for a fresh value of the meter'
  if (memory !== null && !memory.trusted) return 'waits until meter and chargers were measured once'
  return null
}

/** Nothing may rise below one of its circuits now. */
export function isHeld({ path }: KnownOutlet, { hold }: Pick<Capacity, 'hold'>): boolean {
  for (const place of path) if ((hold[place] ?? null) !== null) return true
  return false
}
