/** `demand-target`: the quarter-hour mean that policy tries to stay under. */
import { kilowatts, reference, section } from '../fields.ts'

export const demandTargetSection = section({
  circuit: reference('a circuit').describe('A circuit with a `meter`.'),
  power: kilowatts(1, 100_000).describe('Mean of 15 minutes, of the building and the cars.'),
})
