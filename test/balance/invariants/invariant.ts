/**
 * Runs one invariant over random cases. A failure prints the smallest site found in words, the tick and the sum that was violated, and
 * how to run it again. AMPBRIDGE_CASES raises the number of cases, it never lowers it.
 */
import * as fc from 'fast-check'
import { it } from 'vitest'

const CASES = Math.max(10_000, Number(process.env['AMPBRIDGE_CASES'] ?? 0) || 0)

/** Throw this (or return its text) from a property: it is what a person reads. */
export class Violation extends Error {
  override readonly name = 'Violation'
}

export function violated(text: string): never {
  throw new Violation(text)
}

export interface Telling<T> {
  readonly tell: (value: T) => string
  /** One value holds so many cases. */
  readonly casesEach?: number
}

/** `text` is the invariant; it holds for every value of the arbitrary. */
export function invariant<T>(
  text: string,
  arbitrary: fc.Arbitrary<T>,
  { tell, casesEach = 1 }: Telling<T>,
  holds: (value: T) => void,
): void {
  it(
    text,
    () => {
      const run = fc.check(fc.property(arbitrary, holds), { numRuns: Math.ceil(CASES / casesEach) })
      if (!run.failed) return
      const value = run.counterexample?.[0]
      const cause = run.errorInstance
      const why =
        cause instanceof Error
          ? cause instanceof Violation
            ? cause.message
            : (cause.stack ?? cause.message)
          : String(cause)
      const site = value === undefined ? 'the cases ran out' : tell(value)
      throw new Error(
        `${text}\nis violated after ${run.numRuns} cases (shrunk ${run.numShrinks} times):\n${site}\n${why}\nagain: seed ${run.seed}, path ${run.counterexamplePath}`,
      )
    },
    600_000,
  )
}
