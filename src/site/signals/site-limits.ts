/**
 * The limits from outside that stand now. They are kept in wall time, as people and the ledger see them, and each end is fixed to monotonic
 * time when it is received: a clock that jumps changes nothing. After a restart what remains is computed from wall time.
 */
import type { Ledger } from '../../ledger/ledger.ts'
import type { Clock } from '../../model/clock.ts'
import { toBridgeError } from '../../model/errors.ts'
import { limitsInForce, type SiteLimit } from '../../model/site-limit.ts'
import type { Log } from '../log.ts'
import { saysTheSame, type ToldLimit } from './told-limit.ts'

export type LimitLedger = Pick<Ledger, 'saveLimit' | 'removeLimit' | 'limits'>

/** A limit that stands. */
export interface StandingLimit {
  /** Wall ms. */
  readonly limit: SiteLimit
  readonly by: string
  readonly lapse: ToldLimit['lapse']
  /** Monotonic ms; null: until it is taken back. */
  readonly endsAt: number | null
  /** Monotonic ms; of a limit from before the restart it may be below 0. */
  readonly cameAt: number
}

export interface SiteLimitsOptions {
  readonly clock: Clock
  readonly log: Log
  readonly ledger: LimitLedger
  /** A command: new, or with another value than the one before. */
  readonly onCame: (standing: StandingLimit) => void
  readonly onEnded: (standing: StandingLimit, reason: string) => void
  /** It stood before the restart. */
  readonly onTakenUp: (standing: StandingLimit) => void
  /** The balancing core should decide anew. */
  readonly onChange: () => void
}

/** Another end of the same limit is not worth a commit when it differs by less than this share of the time that it holds, or this time. */
const END_SHARE = 0.1
const END_MS = 60_000

export class SiteLimits {
  readonly #options: SiteLimitsOptions
  readonly #standing = new Map<string, StandingLimit>()
  /** The end that is on disk, wall ms, by id. */
  readonly #storedUntil = new Map<string, number | null>()

  constructor(options: SiteLimitsOptions) {
    this.#options = options
  }

  get all(): readonly StandingLimit[] {
    this.#expire()
    return [...this.#standing.values()]
  }

  get(id: string): StandingLimit | null {
    this.#expire()
    return this.#standing.get(id) ?? null
  }

  /**
   * Takes up what stood before the restart. `judge` says for each who told it and how it lapses, or why it cannot go on (in words).
   */
  async restore(
    judge: (limit: SiteLimit) => { readonly by: string; readonly lapse: ToldLimit['lapse'] } | string,
  ): Promise<void> {
    const { clock, ledger, log, onTakenUp, onEnded } = this.#options
    const now = clock.now()
    const at = clock.monotonic()
    for (const limit of await ledger.limits()) {
      const verdict = judge(limit)
      const origin = typeof verdict === 'string' ? { by: limit.id, lapse: 'time' as const } : verdict
      const remaining = remainingMs(limit, now)
      const standing: StandingLimit = {
        limit,
        ...origin,
        endsAt: remaining === null ? null : at + remaining,
        cameAt: at - Math.max(0, now - limit.since),
      }
      const over = typeof verdict === 'string' ? verdict : remaining !== null && remaining <= 0 ? OVER_MEANWHILE : null
      if (over === null) {
        this.#standing.set(limit.id, standing)
        this.#storedUntil.set(limit.id, limit.until)
        log.info({ limit: limit.id }, `limit ${limit.id} of before the restart goes on`)
        onTakenUp(standing)
        continue
      }
      log.warn({ limit: limit.id }, `limit ${limit.id} of before the restart ends: ${over}`)
      onEnded(standing, over)
      void this.#remove(limit)
    }
  }

  /** Puts a limit in force; the same id replaces. Resolves true when it is on disk, false when it could not be written: it holds all the same. */
  set(told: ToldLimit): Promise<boolean> {
    const { clock, onCame, onEnded, onChange } = this.#options
    this.#expire()
    const { id, source, circuitId, maxAmps, carsMaxWatts, priority, forMs, agoMs = 0, by, lapse } = told
    const now = clock.now()
    const at = clock.monotonic()
    const before = this.#standing.get(id)
    const same = before !== undefined && saysTheSame(before.limit, told)
    const until = forMs === null ? null : now + forMs
    const endsAt = forMs === null ? null : at + forMs
    if (same) {
      const standing = { ...before, limit: { ...before.limit, until }, endsAt, by, lapse }
      this.#standing.set(id, standing)
      return this.#isWorthStoring(standing.limit) ? this.#save(standing.limit) : Promise.resolve(true)
    }
    const limit = { id, source, circuitId, maxAmps, carsMaxWatts, priority, since: Math.round(now - agoMs), until }
    const standing = { limit, by, lapse, endsAt, cameAt: at - agoMs }
    this.#standing.set(id, standing)
    // before its proof: what the log tells of it is on disk
    const stored = this.#save(limit)
    if (before !== undefined) {
      onEnded(before, 'another value came')
      // the ledger knows a limit by source and id
      if (before.limit.source !== source) void this.#remove(before.limit)
    }
    onCame(standing)
    onChange()
    return stored
  }

  /** Ends a limit. Resolves false when the ledger still has it: it would come back after a restart. Null: there is none. */
  end(id: string, reason: string): Promise<boolean> | null {
    this.#expire()
    const standing = this.#standing.get(id)
    if (standing === undefined) return null
    this.#standing.delete(id)
    this.#options.onEnded(standing, reason)
    this.#options.onChange()
    return this.#remove(standing.limit)
  }

  /** What the balancing core is told: what holds now, in monotonic ms. */
  inForce(): readonly SiteLimit[] {
    this.#expire()
    const at = this.#options.clock.monotonic()
    return limitsInForce(
      [...this.#standing.values()].map(({ limit, cameAt, endsAt }) => ({ ...limit, since: cameAt, until: endsAt })),
      at,
    )
  }

  #expire(): void {
    const at = this.#options.clock.monotonic()
    for (const standing of this.#standing.values()) {
      if (standing.endsAt === null || at < standing.endsAt) continue
      this.#standing.delete(standing.limit.id)
      this.#options.onEnded(standing, standing.lapse === 'time' ? 'its time is over' : 'nothing more was heard')
      void this.#remove(standing.limit)
    }
  }

  #isWorthStoring({ id, since, until }: SiteLimit): boolean {
    const stored = this.#storedUntil.get(id)
    if (stored === until) return false
    if (stored === undefined || stored === null || until === null) return true
    return Math.abs(until - stored) > Math.min(END_MS, END_SHARE * (until - Math.min(since, stored)))
  }

  #save(limit: SiteLimit): Promise<boolean> {
    this.#storedUntil.set(limit.id, limit.until)
    return this.#stored(this.#options.ledger.saveLimit(limit), `limit ${limit.id} is in force but was not stored`, () =>
      this.#storedUntil.delete(limit.id),
    )
  }

  #remove({ source, id }: SiteLimit): Promise<boolean> {
    this.#storedUntil.delete(id)
    return this.#stored(this.#options.ledger.removeLimit(source, id), `limit ${id} ended but is still stored`)
  }

  async #stored(work: Promise<void>, failure: string, undo: () => void = () => {}): Promise<boolean> {
    try {
      await work
      return true
    } catch (error) {
      undo()
      const problem = toBridgeError(error)
      this.#options.log.error({ code: problem.code }, `${failure}: ${problem.message}`)
      return false
    }
  }
}

const OVER_MEANWHILE = 'its time was over while the bridge did not run'

/**
 * What remains of a stored limit. A clock that is behind the time at which the limit came is wrong: then no part of its time is known to
 * have passed, and it holds for all of it.
 */
export function remainingMs({ since, until }: SiteLimit, now: number): number | null {
  return until === null ? null : until - Math.max(now, since)
}
