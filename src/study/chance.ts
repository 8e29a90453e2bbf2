/** Chance from a seed: the same seed gives the same numbers on every machine, so that a study can be repeated. */

/** In [0, 1). */
export type Chance = () => number

/** @param seed any text; another text is another stream */
export function chance(seed: string): Chance {
  // FNV-1a over the text, then Mulberry32: plenty for cars and buildings, nothing for secrets.
  let state = 0x81_1c_9d_c5
  for (let index = 0; index < seed.length; index++) state = Math.imul(state ^ seed.charCodeAt(index), 0x01_00_01_93)
  return () => {
    state = (state + 0x6d_2b_79_f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

export function between(next: Chance, low: number, high: number): number {
  return low + (high - low) * next()
}

/** Bell-shaped around `mean`, cut at three times `spread`. */
export function around(next: Chance, mean: number, spread: number): number {
  // Sum of twelve uniform numbers: mean 6, standard deviation 1.
  let sum = -6
  for (let count = 0; count < 12; count++) sum += next()
  return mean + spread * Math.min(3, Math.max(-3, sum))
}

/** One of `choices`; each as likely as its weight says. */
export function oneOf<Choice extends { readonly weight: number }>(
  next: Chance,
  choices: readonly [Choice, ...Choice[]],
): Choice {
  let left = next() * choices.reduce((sum, { weight }) => sum + weight, 0)
  for (const choice of choices) {
    left -= choice.weight
    if (left < 0) return choice
  }
  return choices[0]
}
