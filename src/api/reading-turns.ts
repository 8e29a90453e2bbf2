/** Long answers from the ledger: some at once, for its thread has to store what happens meanwhile, and ours to control the site. */
import type { Call } from './keyed-calls.ts'
import { problem } from './problem.ts'

const MAX_AT_ONCE = 4

/** Wraps what answers; who comes while so many are being answered is told to come again. */
export type ReadingTurns = (answer: (c: Call) => Promise<Response>) => (c: Call) => Promise<Response>

export function readingTurns(): ReadingTurns {
  let asking = 0
  return (answer) => async (c) => {
    if (asking >= MAX_AT_ONCE) return problem(503, 'API_TOO_MANY_READERS', `${asking} others are asking`)
    asking += 1
    try {
      return await answer(c)
    } finally {
      asking -= 1
    }
  }
}
