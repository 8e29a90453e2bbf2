/** Who sleeps on a test's clock, and who is woken next. What moves the hands is the clock's own affair. */

interface Sleeper {
  readonly dueAt: number
  readonly order: number
  readonly wake: () => void
}

export class Sleepers {
  readonly #all = new Set<Sleeper>()
  #order = 0
  #nextDueAt = Number.POSITIVE_INFINITY

  get count(): number {
    return this.#all.size
  }

  /** When the next one is to be woken; infinity: nobody sleeps. */
  get nextDueAt(): number {
    return this.#nextDueAt
  }

  /** Rejects with the signal's reason. */
  sleepUntil(dueAt: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted()
      const onAbort = (): void => {
        this.#all.delete(sleeper)
        if (dueAt === this.#nextDueAt) this.#lookAgain()
        reject(signal.reason)
      }
      const sleeper: Sleeper = {
        dueAt,
        order: this.#order++,
        wake: () => {
          signal.removeEventListener('abort', onAbort)
          resolve()
        },
      }
      this.#all.add(sleeper)
      this.#nextDueAt = Math.min(this.#nextDueAt, dueAt)
      signal.addEventListener('abort', onAbort, { once: true })
    })
  }

  /** Wakes all who are due, in the order of their moments. */
  wakeDue(now: number): void {
    const due = [...this.#all].filter(({ dueAt }) => dueAt <= now)
    for (const sleeper of due.toSorted(earlierFirst)) this.#wake(sleeper)
    this.#lookAgain()
  }

  /** Wakes one alone: the earliest. */
  wakeEarliest(): void {
    let earliest: Sleeper | null = null
    for (const sleeper of this.#all) {
      if (earliest === null || earlierFirst(sleeper, earliest) < 0) earliest = sleeper
    }
    if (earliest !== null) this.#wake(earliest)
    this.#lookAgain()
  }

  /** An earlier one may have sent this one home. */
  #wake(sleeper: Sleeper): void {
    if (this.#all.delete(sleeper)) sleeper.wake()
  }

  #lookAgain(): void {
    this.#nextDueAt = Number.POSITIVE_INFINITY
    for (const { dueAt } of this.#all) this.#nextDueAt = Math.min(this.#nextDueAt, dueAt)
  }
}

function earlierFirst(one: Sleeper, other: Sleeper): number {
  return one.dueAt - other.dueAt || one.order - other.order
}
