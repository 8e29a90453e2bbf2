/** When each unit may be asked next: its own pause, a gateway that cannot reach it, a unit that is not trusted. */

const GATEWAY_PAUSE_MS = 250
const GATEWAY_PAUSE_LIMIT_MS = 1000
/** How long a unit that sent unasked is distrusted, and the silence its requests wait for, so that copies of answers fall into it. */
const SUSPECT_MS = 10_000
const SUSPECT_PAUSE_MS = 100

interface UnitState {
  lastTrafficAt: number
  suspectUntil: number
  notBefore: number
  gatewayPauseMs: number
}

export class UnitPauses {
  readonly #units = new Map<number, UnitState>()

  /** Monotonic ms. */
  readyAt(unit: number, pauseMs: number): number {
    const state = this.#units.get(unit)
    if (state === undefined) return Number.NEGATIVE_INFINITY
    const pause = state.lastTrafficAt < state.suspectUntil ? Math.max(pauseMs, SUSPECT_PAUSE_MS) : pauseMs
    return Math.max(state.notBefore, state.lastTrafficAt + pause)
  }

  /** The unit answered, or its time-out passed. */
  traffic(unit: number, now: number): void {
    this.#state(unit).lastTrafficAt = now
  }

  /** The unit sent without being asked. */
  distrust(unit: number, now: number): void {
    const state = this.#units.get(unit)
    // Only units that we ask ourselves: foreign ones are none of our business.
    if (state === undefined) return
    state.suspectUntil = now + SUSPECT_MS
    state.lastTrafficAt = now
  }

  /** Exceptions 10 and 11 come from a gateway that cannot reach the unit; anything else ends that pause. `null`: a good answer. */
  answered(unit: number, exceptionCode: number | null, now: number): void {
    const state = this.#state(unit)
    state.lastTrafficAt = now
    if (exceptionCode === 10 || exceptionCode === 11) {
      state.gatewayPauseMs = Math.min(GATEWAY_PAUSE_LIMIT_MS, Math.max(GATEWAY_PAUSE_MS, 2 * state.gatewayPauseMs))
      state.notBefore = now + state.gatewayPauseMs
    } else state.gatewayPauseMs = 0
  }

  #state(unit: number): UnitState {
    const known = this.#units.get(unit)
    if (known !== undefined) return known
    const fresh: UnitState = {
      lastTrafficAt: Number.NEGATIVE_INFINITY,
      suspectUntil: Number.NEGATIVE_INFINITY,
      notBefore: 0,
      gatewayPauseMs: 0,
    }
    this.#units.set(unit, fresh)
    return fresh
  }
}
