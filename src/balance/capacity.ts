/** What the outlets below each circuit may take together. */
import type { BalanceSettings } from '../model/balance-input.ts'
import type { PhaseAmps } from '../model/phase.ts'
import { PHASES } from '../model/phase.ts'
import { buildingLoad } from './building-load.ts'
import type { Draw } from './draw.ts'
import type { CircuitMeter } from './meters.ts'
import type { CircuitMemory } from './state.ts'
import { perSlot } from './tree.ts'
import type { Tree } from './tree.ts'

export interface Capacity {
  /** Per slot: what set-points must stay within, at once. */
  readonly cutAmps: Float64Array
  /** Per slot: what increases and starts must stay within; never more than `cutAmps`. */
  readonly riseAmps: Float64Array
  /** Per circuit: why nothing may rise below it now; null: it may. */
  readonly hold: readonly (string | null)[]
  readonly failSafe: readonly boolean[]
  /** Per circuit; null where no meter sees it. */
  readonly building: readonly (PhaseAmps | null)[]
  readonly memory: ReadonlyMap<string, CircuitMemory>
}

export function capacityOf(
  tree: Tree,
  meters: readonly (CircuitMeter | null)[],
  draw: Draw,
  before: ReadonlyMap<string, CircuitMemory>,
  settings: BalanceSettings,
  at: number,
): Capacity {
  const cutAmps = perSlot(tree)
  const riseAmps = perSlot(tree)
  const hold: (string | null)[] = []
  const failSafe: boolean[] = []
  const building: (PhaseAmps | null)[] = []
  const memory = new Map<string, CircuitMemory>()
  tree.circuits.forEach((circuit, place) => {
    const meter = meters[place] ?? null
    const blind = meter !== null && (meter.amps === null || meter.trust === 'frozen')
    const load =
      meter === null || meter.amps === null
        ? null
        : buildingLoad(meter.amps, meter.takenAt, circuit.limitAmps, draw, place, before.get(circuit.id), settings, at)
    if (load !== null) memory.set(circuit.id, load.memory)
    PHASES.forEach((phase, index) => {
      const limit = circuit.limitAmps[index] ?? 0
      const slot = place * 3 + index
      const usable = load === null ? limit : limit * (1 - settings.headroomShare)
      const left = Math.max(0, usable - (load?.amps[phase] ?? 0))
      const cut = blind ? Math.min(left, circuit.failSafeAmps) : left
      cutAmps[slot] = cut
      riseAmps[slot] = Math.min(cut, Math.max(0, usable - (load?.peakAmps[phase] ?? 0)))
    })
    hold.push(holdReason(meter, load?.memory ?? null))
    failSafe.push(blind)
    building.push(blind ? null : (load?.amps ?? null))
  })
  return { cutAmps, riseAmps, hold, failSafe, building, memory }
}

function holdReason(meter: CircuitMeter | null, memory: CircuitMemory | null): string | null {
  if (meter === null) return null
  if (meter.trust === 'awaited') return 'waits for the first value of the meter'
  if (meter.trust === 'ageing') return 'waits for a fresh value of the meter'
  if (memory !== null && !memory.trusted) return 'waits until meter and chargers were measured once'
  return null
}
