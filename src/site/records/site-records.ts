/**
 * What the site keeps of what it does: why each set-point was what it was, what the core remembers, the minutes of its circuits and the
 * visits of cars. Looked at after each tick, written behind; nothing here waits for the disk, and no fault of it reaches the loop.
 */
import type { Ledger } from '../../ledger/ledger.ts'
import { MAX_DECISIONS_AT_ONCE, MAX_SAMPLES_AT_ONCE } from '../../ledger/records.ts'
import type { BalanceInput, BalanceResult } from '../../model/balance-input.ts'
import type { Clock } from '../../model/clock.ts'
import type { Decision } from '../../model/decision.ts'
import { toBridgeError } from '../../model/errors.ts'
import type { SiteSample, VisitRecord } from '../../model/site-sample.ts'
import type { Alarms } from '../alarms.ts'
import type { Log } from '../log.ts'
import { BalanceMemoryKeeper, type CoreMemory } from './balance-memory.ts'
import { DecisionLog, type Place } from './decision-log.ts'
import { MinuteRecorder } from './minute-recorder.ts'
import { VisitRecorder } from './visit-recorder.ts'
import { WriteBehind } from './write-behind.ts'

export interface SiteRecordsOptions<State> {
  readonly ledger: Pick<
    Ledger,
    'recordDecisions' | 'recordSiteSamples' | 'saveVisit' | 'visits' | 'balanceMemory' | 'saveBalanceMemory'
  >
  readonly clock: Clock
  readonly log: Log
  readonly alarms: Pick<Alarms, 'raise' | 'clear'>
  /** All outlets of the site. */
  readonly places: readonly Place[]
  /** How the core's state is remembered over a restart. */
  readonly core: CoreMemory<State>
}

/** Some minutes of a busy site of 1,000 outlets, a day of a usual one; 4 MB. */
const MAX_DECISIONS_WAITING = 20_000
/** A day of seven metered circuits. */
const MAX_SAMPLES_WAITING = 10_000
const MAX_VISITS_WAITING = 2_000
const VISITS_AT_ONCE = 100
const ALARM = 'records-lost'

export class SiteRecords<State> {
  readonly #options: SiteRecordsOptions<State>
  readonly #decisions: WriteBehind<Decision>
  readonly #samples: WriteBehind<SiteSample>
  readonly #visits: WriteBehind<VisitRecord>
  readonly #decisionLog: DecisionLog
  readonly #minutes: MinuteRecorder
  readonly #visitRecorder: VisitRecorder
  readonly #memory: BalanceMemoryKeeper<State>
  #failed = false

  constructor(options: SiteRecordsOptions<State>) {
    this.#options = options
    const { ledger, places, clock, core } = options
    this.#decisions = new WriteBehind({
      ...this.#behind('decisions'),
      write: (rows) => ledger.recordDecisions(rows),
      keyOf: null,
      maxWaiting: MAX_DECISIONS_WAITING,
      atOnce: MAX_DECISIONS_AT_ONCE,
    })
    this.#samples = new WriteBehind({
      ...this.#behind('minutes of circuits'),
      write: (rows) => ledger.recordSiteSamples(rows),
      keyOf: null,
      maxWaiting: MAX_SAMPLES_WAITING,
      atOnce: MAX_SAMPLES_AT_ONCE,
    })
    this.#visits = new WriteBehind<VisitRecord>({
      ...this.#behind('visits'),
      write: async (rows) => void (await Promise.all(rows.map((visit) => ledger.saveVisit(visit)))),
      keyOf: ({ sessionId }) => sessionId,
      maxWaiting: MAX_VISITS_WAITING,
      atOnce: VISITS_AT_ONCE,
    })
    this.#decisionLog = new DecisionLog({ places, store: (decision) => this.#decisions.add(decision) })
    this.#minutes = new MinuteRecorder((sample) => this.#samples.add(sample))
    this.#visitRecorder = new VisitRecorder({ places, store: (visit) => this.#visits.add(visit) })
    this.#memory = new BalanceMemoryKeeper({
      ledger,
      clock,
      core,
      onUnreadable: ({ message }) => {
        const text = `the memory of the balancing core could not be read, and begins anew: ${message}`
        options.alarms.raise({ kind: 'LEDGER_DAMAGED', about: 'balance memory', text })
      },
      onFault: (problem) => this.#warn(problem, 'the memory of the balancing core was not stored yet'),
    })
  }

  /**
   * Takes up the visits that had not ended, and gives the state that the core begins with. A ledger that fails costs only the beginnings of
   * the visits, and the core begins anew.
   */
  async start(): Promise<State> {
    const { ledger, clock } = this.#options
    try {
      const now = clock.now()
      const open = (await ledger.visits(now, Number.MAX_SAFE_INTEGER)).filter(({ leftAt }) => leftAt === null)
      this.#visitRecorder.resume(open)
    } catch (error) {
      this.#warn(error, 'the visits that go on could not be read')
    }
    const state = await this.#memory.load()
    for (const part of [this.#decisions, this.#samples, this.#visits, this.#memory]) part.start()
    return state
  }

  /** To be called after each tick; neither waits nor throws. */
  observe(input: BalanceInput, result: Pick<BalanceResult<State>, 'allocations' | 'loads' | 'state'>): void {
    const { at, outlets } = input
    const { allocations, loads, state } = result
    this.#memory.note(state)
    try {
      const wallAt = this.#options.clock.now()
      this.#decisionLog.observe(allocations, outlets, at, wallAt)
      this.#minutes.observe(loads, at, wallAt)
      this.#visitRecorder.observe(outlets, allocations, at, wallAt)
      this.#failed = false
    } catch (error) {
      // said once, not every second
      if (!this.#failed) this.#warn(error, 'the site’s records failed')
      this.#failed = true
    }
  }

  /** Hands over what waits; call it before the ledger is closed. */
  stop(): void {
    this.#minutes.stop()
    for (const part of [this.#decisions, this.#samples, this.#visits, this.#memory]) part.stop()
  }

  #behind(what: string) {
    const { clock, alarms, log } = this.#options
    return {
      clock,
      onLost: () => alarms.raise({ kind: ALARM, about: what, text: `the ledger does not take all: ${what} are lost` }),
      onCaughtUp: (lost: number) => {
        if (lost > 0) log.warn({}, `${lost} ${what} were lost; what comes now is stored again`)
        alarms.clear(ALARM, what)
      },
      onFault: (problem: unknown) => this.#warn(problem, `${what} were not stored yet`),
    }
  }

  #warn(error: unknown, what: string): void {
    const problem = toBridgeError(error)
    this.#options.log.warn({ code: problem.code }, `${what}: ${problem.message}`)
  }
}
