/**
 * The device loop's beat (design, section 6): at least once a period, and at once when a meter tells something new or a session changes.
 * It gathers what is known, asks the balancing core, and hands the set-points to the stations, decreases first. It waits for nothing.
 */
import type { BalanceInput, BalanceResult } from '../model/balance-input.ts'
import type { Clock } from '../model/clock.ts'
import { toBridgeError } from '../model/errors.ts'
import { Bell } from './bell.ts'
import type { Log } from './log.ts'

export interface ControlLoopOptions<State> {
  readonly clock: Clock
  readonly log: Log
  readonly periodMs: number
  readonly gather: () => BalanceInput
  readonly allocate: (input: BalanceInput, state: State) => BalanceResult<State>
  readonly initialState: State
  /** Carries the result out; must not block. */
  readonly apply: (input: BalanceInput, result: BalanceResult<State>) => void
}

/** Several triggers within this time make one tick. */
const COALESCE_MS = 20

export class ControlLoop<State> {
  readonly #options: ControlLoopOptions<State>
  readonly #stopping = new AbortController()
  #state: State
  readonly #bell = new Bell()
  #life: Promise<void> = Promise.resolve()
  #ticks = 0
  #missed = 0
  #lastTickMs = 0

  constructor(options: ControlLoopOptions<State>) {
    this.#options = options
    this.#state = options.initialState
  }

  get counters(): { readonly ticks: number; readonly missedTicks: number; readonly lastTickMs: number } {
    return { ticks: this.#ticks, missedTicks: this.#missed, lastTickMs: this.#lastTickMs }
  }

  /** @param from the state to begin with, where an earlier run left one */
  start(from: State = this.#state): void {
    this.#state = from
    this.#life = this.#run(this.#stopping.signal)
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#life
  }

  /** Runs the next tick soon. */
  trigger(): void {
    this.#bell.ring()
  }

  async #run(stop: AbortSignal): Promise<void> {
    const { clock, periodMs } = this.#options
    let due = clock.monotonic()
    while (!stop.aborted) {
      this.#tick()
      due += periodMs
      const late = clock.monotonic() - due
      if (late > 0) {
        const missed = Math.ceil(late / periodMs)
        this.#missed += missed
        due += missed * periodMs
      }
      while (!stop.aborted && clock.monotonic() < due) {
        const rung = await this.#bell.wait(clock, due - clock.monotonic(), stop)
        if (!rung) continue
        await clock.sleep(COALESCE_MS, stop).catch(() => {})
        if (!stop.aborted) this.#tick()
      }
    }
  }

  #tick(): void {
    const { clock, gather, allocate, apply, log } = this.#options
    const started = clock.monotonic()
    try {
      const input = gather()
      const result = allocate(input, this.#state)
      this.#state = result.state
      apply(input, result)
    } catch (error) {
      // A fault here must not end the loop: the chargers keep their set-points and the next tick tries again.
      const problem = toBridgeError(error)
      log.error({ code: problem.code, stack: problem.stack }, `control tick failed: ${problem.message}`)
    }
    this.#ticks++
    this.#lastTickMs = clock.monotonic() - started
  }
}
