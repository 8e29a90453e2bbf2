/**
 * A thread of its own that words and solves the plan's linear programme: what takes seconds must not hold up the control loop, and for a
 * thousand cars the words alone are ten million letters.
 */
import { parentPort } from 'node:worker_threads'
import { z } from 'zod'
import type { Fleet } from '../../balance/policy/fleet.ts'
import type { PolicyInput, Wait } from '../../balance/policy/policy-input.ts'
import { planProblem, type PlanSolution, waitsOf } from './plan-problem.ts'

export interface PlanQuestion {
  readonly id: number
  readonly input: PolicyInput
  readonly fleet: Fleet
  /** Price of a kW of the site's highest quarter hour, for one day; 0: none. */
  readonly demandPerKWDay: number
  readonly timeLimitSeconds: number
}

/** `waits`: who waits, by session; `problem`: why there is no plan. */
export type PlanAnswer =
  | { readonly id: number; readonly waits: ReadonlyMap<string, Wait> }
  | { readonly id: number; readonly problem: string }

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null
/** Our own thread asks: only that it is a question is checked. */
const question = z.object({
  id: z.number(),
  input: z.custom<PolicyInput>(isObject),
  fleet: z.custom<Fleet>(isObject),
  demandPerKWDay: z.number(),
  timeLimitSeconds: z.number(),
})

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

function answer({ id, input, fleet, demandPerKWDay, timeLimitSeconds }: PlanQuestion, solver: Solver): PlanAnswer {
  const problem = planProblem(input, fleet, demandPerKWDay)
  // All of them charge already: that is no failure of the solver, which calls it empty.
  if (problem.needs.length === 0) return { id, waits: new Map() }
  const { Status, Columns } = result.parse(
    solver.solve(problem.text, { output_flag: false, time_limit: timeLimitSeconds }),
  )
  if (Status !== 'Optimal') return { id, problem: Status }
  const solution: Record<string, number> = {}
  for (const [name, { Primal }] of Object.entries(Columns)) if (Primal !== undefined) solution[name] = Primal
  return { id, waits: waitsOf(problem, solution satisfies PlanSolution) }
}
