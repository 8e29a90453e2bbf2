/** Alarms that stand now. One entry per kind and place; it keeps the time it began. */
import type { Log } from './log.ts'
import type { AlarmSnapshot } from './snapshot.ts'

/** An alarm as it is raised: no time yet. */
export type Raised = Omit<AlarmSnapshot, 'since'>

export class Alarms {
  readonly #now: () => number
  readonly #log: Log
  readonly #standing = new Map<string, AlarmSnapshot>()
  /** Alarms whose end is told by `clear`, and not by being absent from the next list. */
  readonly #lasting = new Map<string, AlarmSnapshot>()

  constructor(now: () => number, log: Log) {
    this.#now = now
    this.#log = log
  }

  get all(): readonly AlarmSnapshot[] {
    return [...this.#lasting.values(), ...this.#standing.values()]
  }

  /** Replaces what stands by what holds now. */
  hold(raised: readonly Raised[]): void {
    const keys = new Set<string>()
    for (const alarm of raised) {
      const key = `${alarm.kind} ${alarm.about}`
      keys.add(key)
      const since = this.#standing.get(key)?.since
      if (since === undefined) this.#log.warn({ alarm: alarm.kind, about: alarm.about }, alarm.text)
      this.#standing.set(key, { ...alarm, since: since ?? this.#now() })
    }
    for (const [key, alarm] of this.#standing) {
      if (keys.has(key)) continue
      this.#standing.delete(key)
      this.#log.info({ alarm: alarm.kind, about: alarm.about }, `over: ${alarm.text}`)
    }
  }

  raise(alarm: Raised): void {
    const key = `${alarm.kind} ${alarm.about}`
    if (this.#lasting.has(key)) return
    this.#log.error({ alarm: alarm.kind, about: alarm.about }, alarm.text)
    this.#lasting.set(key, { ...alarm, since: this.#now() })
  }

  clear(kind: string, about: string): void {
    const alarm = this.#lasting.get(`${kind} ${about}`)
    if (alarm === undefined) return
    this.#lasting.delete(`${kind} ${about}`)
    this.#log.info({ alarm: kind, about }, `over: ${alarm.text}`)
  }
}
