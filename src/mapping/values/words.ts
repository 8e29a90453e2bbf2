import type { Word } from '../mapping.ts'

/** Words of registers, or null when something stands there that no register can hold. */
export function numbersIn(words: readonly Word[]): readonly number[] | null {
  return words.every((word) => typeof word === 'number') ? words : null
}
