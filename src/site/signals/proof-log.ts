/**
 * Writes the log that proves limits: when each came, when its set-points were there, when what flowed was under it, and what flowed while it
 * held. It is told everything by the control loop and waits for nothing; what cannot be stored is said in the log.
 */
import type { Ledger } from '../../ledger/ledger.ts'
import type { BalanceInput, BalanceResult, Outlet } from '../../model/balance-input.ts'
import type { Clock } from '../../model/clock.ts'
import { toBridgeError } from '../../model/errors.ts'
import type { LimitProof } from '../../model/limit-proof.ts'
import type { PhaseAmps } from '../../model/phase.ts'
import type { CircuitLimit, SiteLimit } from '../../model/site-limit.ts'
import type { Raised } from '../alarms.ts'
import type { Log } from '../log.ts'
import { circuitDraw, type CircuitDraw, drawOf, outletsBelow } from './circuit-draw.ts'
import { addsTo, exceeds, type Terms } from './limit-verdict.ts'
import { MinuteMeans } from './minute-means.ts'
import type { StandingLimit } from './site-limits.ts'

export interface ProofLogOptions {
  readonly clock: Clock
  readonly log: Log
  readonly ledger: Pick<Ledger, 'recordLimitProof' | 'limitProofs'>
  /** Power that section 14a guarantees to the cars of a circuit; null: none. */
  readonly guaranteedWatts: (circuitId: string) => number | null
  /** A command is written: when it came, or when it came to rest after others that followed each other too closely. */
  readonly onWritten: (standing: StandingLimit) => void
}

interface Watched {
  readonly standing: StandingLimit
  /** Null: that is still being looked up after a restart. */
  isSet: boolean | null
  isReached: boolean | null
  /** What of it held in the last tick: another limit of the same source may come before it in all that it says (null), or in a part. */
  holding: Terms | null
  /** Since when that holds, monotonic ms. */
  holdsSince: number
  /** Its entries as long as it follows another value too closely to be written; null: they are written at once. */
  held: LimitProof[] | null
  readonly minutes: MinuteMeans
}

/** A limit that is not kept after so long is an alarm. */
const LATE_MS = 60_000
/** Meters of cars are of class 1: a mean that is over by less is not over. */
const TOLERANCE = 0.01
/** Of an energy manager that changes its value all the time one a minute is written, and what it comes to rest at: the log is kept for years. */
const FOLLOWED_MS = 60_000
/** Where the first entries of a command are looked for after a restart. */
const BEGIN_MS = 3_600_000
const BEGIN_ENTRIES = 10_000

export class ProofLog {
  readonly #options: ProofLogOptions
  readonly #watched = new Map<string, Watched>()
  /** What the core was told last; for the moment at which a limit comes. */
  #input: BalanceInput | null = null
  /** When the newest command of a limit came that was written, monotonic ms. */
  readonly #writtenAt = new Map<string, number>()

  constructor(options: ProofLogOptions) {
    this.#options = options
  }

  came(standing: StandingLimit): void {
    const { limit, by } = standing
    for (const [id, at] of this.#writtenAt) if (standing.cameAt - at >= FOLLOWED_MS) this.#writtenAt.delete(id)
    const isHeld = limit.source !== 'dso' && this.#writtenAt.has(limit.id)
    const watched = this.#watch(standing, false, isHeld)
    if (!isHeld) this.#writtenAt.set(limit.id, standing.cameAt)
    const { circuitId, maxAmps, carsMaxWatts, priority, until } = limit
    this.#record(watched, {
      ...this.#about(limit),
      at: limit.since,
      kind: 'came',
      limitId: limit.id,
      circuitId,
      maxAmps,
      carsMaxWatts,
      priority,
      until,
      by,
      guaranteedWatts: limit.source === 'dso' ? this.#options.guaranteedWatts(circuitId) : null,
      carsWatts: this.#input === null ? null : Math.round(circuitDraw(this.#input, circuitId).carsWatts),
    })
    if (!isHeld) this.#options.onWritten(standing)
  }

  /** It held before the restart; whether it was kept by then is asked of the ledger. */
  takenUp(standing: StandingLimit): void {
    const { limit } = standing
    const watched = this.#watch(standing, null, false)
    this.#record(watched, { ...this.#about(limit), kind: 'taken-up' })
    const { ledger } = this.#options
    ledger.limitProofs(limit.since, limit.since + BEGIN_MS, BEGIN_ENTRIES).then(
      (entries) => {
        const own = entries.filter(({ commandId }) => commandId === commandIdOf(limit))
        watched.isSet = own.some(({ kind }) => kind === 'set')
        watched.isReached = own.some(({ kind }) => kind === 'reached')
      },
      (error: unknown) => {
        // rather told twice than never
        watched.isSet = false
        watched.isReached = false
        this.#warn(error, 'the log of limits could not be read')
      },
    )
  }

  /** False: it was held back until its end. */
  ended({ limit }: StandingLimit, reason: string): boolean {
    const watched = this.#watched.get(limit.id)
    if (watched !== undefined) this.#writeMinute(watched)
    this.#watched.delete(limit.id)
    // of a limit that was over before the bridge came back only this is told
    this.#record(watched ?? { held: null }, { ...this.#about(limit), kind: 'ended', reason })
    return watched === undefined || watched.held === null
  }

  /** What the core was told and decided in one tick. */
  observe(input: BalanceInput, result: Pick<BalanceResult<unknown>, 'allocations'>): void {
    this.#input = input
    if (this.#watched.size === 0) return
    const allocated = new Map(result.allocations.map(({ outletId, amps }) => [outletId, amps]))
    const inForce = new Map(input.limits.map((limit) => [nameOf(limit), limit]))
    const places = new Map<string, { readonly outlets: readonly Outlet[]; readonly draw: CircuitDraw }>()
    /** Many limits may be of one circuit: it is looked at once. */
    const placeOf = (circuitId: string) => {
      const known = places.get(circuitId)
      if (known !== undefined) return known
      const outlets = outletsBelow(input, circuitId)
      const place = { outlets, draw: drawOf(input, circuitId, outlets) }
      places.set(circuitId, place)
      return place
    }
    for (const watched of this.#watched.values()) {
      const { limit, cameAt } = watched.standing
      if (watched.held !== null && input.at - (this.#writtenAt.get(limit.id) ?? cameAt) >= FOLLOWED_MS)
        this.#writeHeld(watched)
      this.#noteHolding(watched, inForce.get(nameOf(limit)) ?? null, input.at)
      const { holding } = watched
      const reactionMs = Math.max(0, Math.round(input.at - watched.holdsSince))
      const { outlets, draw } = placeOf(limit.circuitId)
      if (
        watched.isSet === false &&
        holding !== null &&
        outlets.every(
          ({ id, online, confirmedAmps, pendingAmps }) =>
            !online ||
            (confirmedAmps !== null && pendingAmps === null && confirmedAmps <= (allocated.get(id) ?? 0) + ROUNDING),
        )
      ) {
        watched.isSet = true
        const silentChargers = outlets.filter(({ online }) => !online).length
        this.#record(watched, { ...this.#about(limit), kind: 'set', reactionMs, silentChargers })
      }
      if (watched.isReached === false && holding !== null && exceeds(holding, draw, 0) === false) {
        // what was before does not count against it
        this.#writeMinute(watched)
        watched.isReached = true
        this.#record(watched, {
          ...this.#about(limit),
          kind: 'reached',
          reactionMs,
          carsWatts: Math.round(draw.carsWatts),
          circuitAmps: rounded(draw.amps),
        })
      }
      this.#noteMinute(watched, draw)
    }
  }

  /** Limits that are not kept though they had time. */
  alarms(): readonly Raised[] {
    const at = this.#options.clock.monotonic()
    return [...this.#watched.values()].flatMap(({ standing, isReached, holding, holdsSince }): readonly Raised[] => {
      const { limit } = standing
      const isLate = isReached === false && holding !== null && at - holdsSince >= LATE_MS
      const text = `limit ${limit.id} on circuit ${limit.circuitId} is not kept ${LATE_MS / 1000} s after it came`
      return isLate ? [{ kind: 'limit-not-kept', about: limit.id, text }] : []
    })
  }

  /** What was measured since the last full minute is not lost when the bridge stops. */
  close(): void {
    for (const watched of this.#watched.values()) {
      this.#writeMinute(watched)
      // it stands, and is taken up again
      if (watched.held !== null) this.#writeHeld(watched)
    }
    this.#watched.clear()
  }

  #watch(standing: StandingLimit, known: false | null, isHeld: boolean): Watched {
    const watched: Watched = {
      standing,
      held: isHeld ? [] : null,
      isSet: known,
      isReached: known,
      holding: standing.limit,
      holdsSince: standing.cameAt,
      minutes: new MinuteMeans(),
    }
    this.#watched.set(standing.limit.id, watched)
    return watched
  }

  /** Where another limit of its source came before it, or ended, the time until then is told by itself, and what holds now counts anew. */
  #noteHolding(watched: Watched, now: Terms | null, at: number): void {
    const saysMore = addsTo(watched.holding, now)
    if (!saysMore && !addsTo(now, watched.holding)) return
    this.#writeMinute(watched)
    watched.holding = now
    if (!saysMore) return
    watched.holdsSince = at
    watched.isSet = false
    watched.isReached = false
  }

  #noteMinute(watched: Watched, draw: CircuitDraw): void {
    const { clock } = this.#options
    const wall = clock.now()
    if (watched.minutes.isOver(wall)) this.#writeMinute(watched)
    watched.minutes.add(wall, clock.monotonic(), draw, watched.holding === null)
  }

  #writeMinute(watched: Watched): void {
    const mean = watched.minutes.take()
    if (mean === null) return
    const { limit } = watched.standing
    const { carsWatts, highestCarsWatts, amps, seconds, outranked, at } = mean
    this.#record(watched, {
      ...this.#about(limit),
      at,
      kind: 'minute',
      seconds,
      meanCarsWatts: Math.round(carsWatts),
      highestCarsWatts: Math.round(highestCarsWatts),
      meanCircuitAmps: rounded(amps),
      outranked,
      exceeded: watched.isReached === true && exceeds(watched.holding, { carsWatts, amps }, TOLERANCE),
    })
  }

  #about(limit: SiteLimit): Pick<LimitProof, 'at' | 'commandId' | 'source'> {
    return { at: this.#options.clock.now(), commandId: commandIdOf(limit), source: limit.source }
  }

  /** It came to rest: what was held back of it is written. */
  #writeHeld(watched: Watched): void {
    const held = watched.held ?? []
    watched.held = null
    this.#writtenAt.set(watched.standing.limit.id, this.#options.clock.monotonic())
    for (const entry of held) this.#record(watched, entry)
    this.#options.onWritten(watched.standing)
  }

  #record(watched: Pick<Watched, 'held'>, entry: LimitProof): void {
    if (watched.held !== null) {
      watched.held.push(entry)
      return
    }
    this.#options.ledger
      .recordLimitProof(entry)
      .catch((error: unknown) => this.#warn(error, 'an entry of the log of limits was not stored'))
  }

  #warn(error: unknown, what: string): void {
    const problem = toBridgeError(error)
    this.#options.log.warn({ code: problem.code }, `${what}: ${problem.message}`)
  }
}

const ROUNDING = 0.01

/** Of a limit's source, id and the time it came: the same after a restart. */
export function commandIdOf({ source, id, since }: SiteLimit): string {
  return `${source}/${id}/${since}`
}

/** A limit among those that the core is told, some of which have ids of their own making. */
function nameOf({ source, circuitId, id }: Pick<CircuitLimit, 'source' | 'circuitId' | 'id'>): string {
  return `${source} ${circuitId} ${id}`
}

function rounded(amps: PhaseAmps | null): PhaseAmps | null {
  if (amps === null) return null
  return { L1: tenth(amps.L1), L2: tenth(amps.L2), L3: tenth(amps.L3) }
}

function tenth(value: number): number {
  return Math.round(value * 10) / 10
}
