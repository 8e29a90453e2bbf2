/**
 * The plan by linear programme, kept fresh in a thread of its own. Whatever goes wrong there (slow, crashed, no solution) leaves no plan
 * in force, and then the plain policy holds.
 */
import { Worker } from 'node:worker_threads'
import { z } from 'zod'
import { learnFleet, UNKNOWN_FLEET } from '../../balance/policy/fleet.ts'
import type { PolicyInput, Wait } from '../../balance/policy/policy-input.ts'
import type { Clock } from '../../model/clock.ts'
import type { Log } from '../log.ts'
import type { PlanAnswer, PlanQuestion } from './plan-worker.ts'

export interface LpPlanOptions {
  readonly clock: Clock
  readonly log: Log
  readonly demandPerKWDay: number
  /** The thread; by default the project's own. */
  readonly start?: () => PlanThread
}

/** What is used of a worker. */
export interface PlanThread {
  ask(question: PlanQuestion): void
  listen(onMessage: (message: unknown) => void, onEnd: (reason: string) => void): void
  terminate(): Promise<unknown>
}

/** A new plan is asked for when the one in force is older, or when sessions came or went. */
export const PLAN_EVERY_MS = 300_000
/** A plan that is older is none. */
export const PLAN_HOLDS_MS = 900_000
/** The solver gives up by itself after the first; the thread is ended after the second. */
const SOLVER_SECONDS = 10
export const GIVE_UP_MS = 20_000
/** After a failure it rests, the longer the more failed in a row. */
const REST_MS = 60_000
const LONGEST_REST_MS = 3_600_000

const answers = z.union([
  z.object({ id: z.number(), waits: z.map(z.string(), z.object({ until: z.number(), reason: z.literal('plan') })) }),
  z.object({ id: z.number(), problem: z.string() }),
])

interface InForce {
  readonly at: number
  readonly waits: ReadonlyMap<string, Wait>
}

export class LpPlan {
  readonly #options: LpPlanOptions
  #fleet = UNKNOWN_FLEET
  #thread: PlanThread | null = null
  #asked: { readonly id: number; readonly at: number } | null = null
  #count = 0
  #inForce: InForce | null = null
  #plannedFor = ''
  #failures = 0
  #restUntil = -Infinity
  #ending: Promise<unknown> = Promise.resolve()
  #stopped = false

  constructor(options: LpPlanOptions) {
    this.#options = options
  }

  /** Who waits by the plan; null: no plan is in force. */
  waits(at: number): ReadonlyMap<string, Wait> | null {
    this.#giveUpIfSlow(at)
    if (this.#inForce === null || at - this.#inForce.at > PLAN_HOLDS_MS) return null
    return this.#inForce.waits
  }

  /** Looks whether a new plan is due, and asks for it. Never throws and never waits. */
  consider(input: PolicyInput): void {
    const { at, sessions } = input
    this.#fleet = learnFleet(this.#fleet, sessions)
    this.#giveUpIfSlow(at)
    const present = sessions.map(({ id }) => id).join('\n')
    const isFresh = this.#inForce !== null && at - this.#inForce.at < PLAN_EVERY_MS && present === this.#plannedFor
    if (isFresh || this.#asked !== null || at < this.#restUntil || this.#stopped) return
    // Somebody came whom the plan does not know: until it does, it is not in force.
    if (present !== this.#plannedFor) this.#inForce = null
    this.#plannedFor = present
    if (sessions.length === 0) return
    try {
      this.#count++
      this.#asked = { id: this.#count, at }
      this.#thread ??= this.#start()
      const { demandPerKWDay } = this.#options
      this.#thread.ask({ id: this.#count, input, fleet: this.#fleet, demandPerKWDay, timeLimitSeconds: SOLVER_SECONDS })
    } catch (error) {
      this.#fail(at, error instanceof Error ? error.message : String(error))
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#end()
    await this.#ending
  }

  #start(): PlanThread {
    const thread = this.#options.start?.() ?? startThread()
    const isOurs = (): boolean => this.#thread === thread
    thread.listen(
      (message) => {
        if (isOurs()) this.#hear(message)
      },
      (reason) => {
        if (isOurs()) this.#fail(this.#options.clock.monotonic(), reason)
      },
    )
    return thread
  }

  #hear(message: unknown): void {
    const read = answers.safeParse(message)
    const asked = this.#asked
    const at = this.#options.clock.monotonic()
    if (!read.success) return this.#fail(at, 'its thread said something else')
    const answer: PlanAnswer = read.data
    if (asked === null || answer.id !== asked.id) return
    if ('problem' in answer) return this.#fail(at, answer.problem)
    this.#asked = null
    this.#failures = 0
    this.#inForce = { at: asked.at, waits: answer.waits }
  }

  #giveUpIfSlow(at: number): void {
    if (this.#asked !== null && at - this.#asked.at > GIVE_UP_MS)
      this.#fail(at, `no answer within ${GIVE_UP_MS / 1000} s`)
  }

  #fail(at: number, text: string): void {
    this.#inForce = null
    this.#failures++
    const rest = Math.min(LONGEST_REST_MS, REST_MS * 2 ** (this.#failures - 1))
    this.#restUntil = at + rest
    this.#end()
    this.#options.log.warn(
      {},
      `no plan (${text}): the plain policy holds, the next plan is tried in ${Math.round(rest / 60_000)} min`,
    )
  }

  #end(): void {
    const thread = this.#thread
    this.#thread = null
    this.#asked = null
    if (thread !== null) this.#ending = thread.terminate().catch(() => {})
  }
}

function startThread(): PlanThread {
  const worker = new Worker(new URL('./plan-worker.ts', import.meta.url), { name: 'plan', execArgv: [] })
  worker.unref()
  return {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
    ask: (question) => worker.postMessage(question),
    listen: (onMessage, onEnd) => {
      worker.on('message', onMessage)
      worker.on('error', (error) => onEnd(error.message))
      worker.on('exit', (code) => onEnd(`its thread ended (${code})`))
    },
    terminate: () => worker.terminate(),
  }
}
