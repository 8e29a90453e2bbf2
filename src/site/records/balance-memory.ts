/** Carries what the balancing core remembers over a restart: written when it changed, read before the first tick. */
import type { Ledger } from '../../ledger/ledger.ts'
import type { Clock } from '../../model/clock.ts'
import { toBridgeError } from '../../model/errors.ts'
import type { BridgeError } from '../../model/errors.ts'

/** As the balancing core exports it. */
export interface CoreMemory<State> {
  /** Plain data as JSON has it; another text only when something worth keeping has changed. Null: nothing is worth it. */
  readonly memoryOf: (state: State) => unknown
  /** Checks what it is given; `at`: monotonic ms. Throws when it can make nothing of it. */
  readonly restoredState: (memory: unknown, at: number) => State
  readonly initialState: State
}

export interface BalanceMemoryOptions<State> {
  readonly ledger: Pick<Ledger, 'balanceMemory' | 'saveBalanceMemory'>
  readonly clock: Clock
  readonly core: CoreMemory<State>
  /** It could not be read, and the core begins anew. */
  readonly onUnreadable: (problem: BridgeError) => void
  /** It could not be written yet. */
  readonly onFault: (problem: BridgeError) => void
}

const EVERY_MS = 2000

export class BalanceMemoryKeeper<State> {
  readonly #options: BalanceMemoryOptions<State>
  readonly #stopping = new AbortController()
  #state: State | null = null
  /** What the ledger has, as far as we know. */
  #stored: string | null = null

  constructor(options: BalanceMemoryOptions<State>) {
    this.#options = options
  }

  /** The state to start with. A ledger that fails, and a memory that is damaged, give the initial one: nothing rises before it is measured. */
  async load(): Promise<State> {
    const { ledger, clock, core, onUnreadable } = this.#options
    try {
      const text = await ledger.balanceMemory()
      if (text === null) return core.initialState
      const memory: unknown = JSON.parse(text)
      const state = core.restoredState(memory, clock.monotonic())
      this.#stored = text
      return state
    } catch (error) {
      onUnreadable(toBridgeError(error))
      return core.initialState
    }
  }

  start(): void {
    void this.#run(this.#stopping.signal)
  }

  /** The newest state; costs nothing until it is written. */
  note(state: State): void {
    this.#state = state
  }

  /** Hands over the last one. Does not wait: the ledger writes what it was given before it closes. */
  stop(): void {
    this.#stopping.abort()
    void this.#save()
  }

  async #run(stop: AbortSignal): Promise<void> {
    const { clock } = this.#options
    while (!stop.aborted) {
      await clock.sleep(EVERY_MS, stop).catch(() => {})
      if (!stop.aborted) await this.#save()
    }
  }

  async #save(): Promise<void> {
    const { ledger, core, onFault } = this.#options
    if (this.#state === null) return
    try {
      const memory = core.memoryOf(this.#state)
      if (memory === null) return
      const text = JSON.stringify(memory)
      if (text === this.#stored) return
      await ledger.saveBalanceMemory(text)
      this.#stored = text
    } catch (error) {
      onFault(toBridgeError(error))
    }
  }
}
