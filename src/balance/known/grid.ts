/** The step grid of a charger: multiples of its step. */

/** Steps are kept to the microampere (100 W are no round number of amperes): a value of the grid must stay where it is. */
const DUST_AMPS = 1e-6

/** The highest step not above `amps`. */
export function floorToStep(amps: number, step: number): number {
  // Most chargers know whole amperes, and those leave no dust.
  if (step === 1) return Math.floor(amps + 1e-9)
  const rounded = stepAt(Math.floor((amps + DUST_AMPS) / step), step)
  return rounded > amps + DUST_AMPS ? stepAt(Math.floor(amps / step), step) : rounded
}

/** The lowest step not below `amps`. */
export function ceilToStep(amps: number, step: number): number {
  const rounded = stepAt(Math.ceil((amps - DUST_AMPS) / step), step)
  return rounded < amps - DUST_AMPS ? stepAt(Math.ceil(amps / step), step) : rounded
}

/** `count` steps, without the dust of binary fractions (61 x 0.1 is 6.1). */
function stepAt(count: number, step: number): number {
  return Math.round(count * step * 1e6) / 1e6
}
