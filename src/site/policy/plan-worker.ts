/** A thread of its own that solves the plan's linear programme: what takes seconds must not hold up the control loop. */
import { parentPort } from 'node:worker_threads'
import { z } from 'zod'
import type { PlanSolution } from './plan-problem.ts'

export interface PlanQuestion {
  readonly id: number
  readonly text: string
  readonly timeLimitSeconds: number
}

/** `problem`: why there is no solution. */
export type PlanAnswer =
  | { readonly id: number; readonly solution: PlanSolution }
  | { readonly id: number; readonly problem: string }

const question = z.object({ id: z.number(), text: z.string(), timeLimitSeconds: z.number() })

/** What is used of npm `highs`; its own types describe a CommonJS module and do not fit the one that Node loads here. */
interface Solver {
  solve(text: string, options: { readonly output_flag: boolean; readonly time_limit: number }): unknown
}

const library = z.object({ default: z.custom<() => Promise<Solver>>((value) => typeof value === 'function') })
const result = z.object({
  Status: z.string(),
  Columns: z.record(z.string(), z.looseObject({ Primal: z.number().optional() })),
})

const port = parentPort
if (port !== null) {
  const solver = library.parse({ ...(await import('highs')) }).default()
  port.on('message', (message: unknown) => {
    // what fails ends the thread, and whoever asked hears of it
    void solver.then((highs) => port.postMessage(answer(question.parse(message), highs)))
  })
}

function answer({ id, text, timeLimitSeconds }: PlanQuestion, solver: Solver): PlanAnswer {
  const { Status, Columns } = result.parse(solver.solve(text, { output_flag: false, time_limit: timeLimitSeconds }))
  if (Status !== 'Optimal') return { id, problem: Status }
  const solution: Record<string, number> = {}
  for (const [name, { Primal }] of Object.entries(Columns)) if (Primal !== undefined) solution[name] = Primal
  return { id, solution }
}
