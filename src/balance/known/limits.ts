/** What counts as the limit of each circuit now, and who set it: the fuse, the station controller, or a signal from outside. */
import type { BalanceInput, BalanceSettings } from '../../model/balance-input.ts'
import { PHASES } from '../../model/phase.ts'
import type { LimitOrigin } from '../../model/set-point.ts'
import type { Tree } from './tree.ts'
import { amount, slotOf } from './tree.ts'

export interface Limits {
  /** Per phase slot (see `slotOf`), for all on the circuit. */
  readonly phaseAmps: Float64Array
  readonly phaseOrigin: readonly LimitOrigin[]
  /** Per circuit, for its cars, as A summed over phases; Infinity: none. */
  readonly carsAmps: Float64Array
  readonly carsOrigin: readonly LimitOrigin[]
}

export function limitsOf(input: BalanceInput, tree: Tree, settings: BalanceSettings): Limits {
  const phaseAmps = new Float64Array(tree.slotCount)
  const phaseOrigin: LimitOrigin[] = Array.from({ length: tree.slotCount }, () => 'fuse')
  const carsWatts = new Float64Array(tree.circuits.length)
  const carsOrigin: LimitOrigin[] = Array.from({ length: tree.circuits.length }, () => 'fuse')
  const { parameters, limits } = input
  const lower = (place: number, phase: number, amps: number, origin: LimitOrigin): void => {
    const slot = slotOf(place, phase)
    if (amps >= (phaseAmps[slot] ?? 0)) return
    phaseAmps[slot] = amps
    phaseOrigin[slot] = origin
  }
  const share = Math.min(100, amount(parameters.usableSharePercent)) / 100
  tree.circuits.forEach((circuit, place) => {
    carsWatts[place] = circuit.carsMaxWatts
    const own = parameters.circuitMaxAmps.get(circuit.id)
    for (let phase = 0; phase < 3; phase++) {
      phaseAmps[slotOf(place, phase)] = circuit.fuseAmps[phase] ?? 0
      if (circuit.path.length === 1) lower(place, phase, (circuit.fuseAmps[phase] ?? 0) * share, 'controller')
      if (own !== undefined) lower(place, phase, amount(own), 'controller')
    }
  })
  for (const limit of limits) {
    const place = tree.placeOf.get(limit.circuitId)
    if (place === undefined) continue
    const { maxAmps, carsMaxWatts, source } = limit
    // What is no number is not infinite: a broken limit allows nothing.
    if (maxAmps !== null) PHASES.forEach((phase, index) => lower(place, index, amount(maxAmps[phase]), source))
    if (carsMaxWatts !== null && amount(carsMaxWatts) < (carsWatts[place] ?? 0)) {
      carsWatts[place] = amount(carsMaxWatts)
      carsOrigin[place] = source
    }
  }
  return { phaseAmps, phaseOrigin, carsAmps: carsWatts.map((watts) => watts / settings.voltage), carsOrigin }
}
