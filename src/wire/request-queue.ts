/**
 * The one queue of a wire: urgent before normal before slow, in order within each. Nobody starves: after a run of requests that
 * overtook a waiting one, the waiting one goes.
 */

import type { Urgency } from '../model/driver.ts'

const ORDER: readonly Urgency[] = ['urgent', 'normal', 'slow']
const OVERTAKES_MAX = 16

export interface Queued {
  readonly urgency: Urgency
}

export class RequestQueue<T extends Queued> {
  readonly limit: number
  readonly #lanes: Readonly<Record<Urgency, T[]>> = { urgent: [], normal: [], slow: [] }
  readonly #overtaken: Record<Urgency, number> = { urgent: 0, normal: 0, slow: 0 }
  #size = 0

  constructor(limit: number) {
    this.limit = limit
  }

  get size(): number {
    return this.#size
  }

  /** False when the queue is full. */
  push(item: T): boolean {
    if (this.#size >= this.limit) return false
    this.#lanes[item.urgency].push(item)
    this.#size += 1
    return true
  }

  /** Puts an item that was taken before back to the front of its lane (a retry), whatever the limit. */
  pushFront(item: T): void {
    this.#lanes[item.urgency].unshift(item)
    this.#size += 1
  }

  /** The next item that may go, or null when none may. */
  take(ready: (item: T) => boolean): T | null {
    if (this.#size === 0) return null
    for (const urgency of this.#lanesByTurn()) {
      const lane = this.#lanes[urgency]
      const index = lane.findIndex(ready)
      const item = lane[index]
      if (item === undefined) continue
      if (index === 0) lane.shift()
      else lane.splice(index, 1)
      this.#size -= 1
      this.#count(urgency)
      return item
    }
    return null
  }

  remove(item: T): boolean {
    const lane = this.#lanes[item.urgency]
    const index = lane.indexOf(item)
    if (index < 0) return false
    lane.splice(index, 1)
    this.#size -= 1
    return true
  }

  /** All items, the next one first. */
  items(): readonly T[] {
    return ORDER.flatMap((urgency) => this.#lanes[urgency])
  }

  /** Empties the queue. */
  takeAll(): readonly T[] {
    const all = this.items()
    for (const urgency of ORDER) this.#lanes[urgency].length = 0
    this.#size = 0
    return all
  }

  #lanesByTurn(): readonly Urgency[] {
    const starving = ORDER.find(
      (urgency) => this.#overtaken[urgency] >= OVERTAKES_MAX && this.#lanes[urgency].length > 0,
    )
    return starving === undefined ? ORDER : [starving, ...ORDER]
  }

  #count(taken: Urgency): void {
    this.#overtaken[taken] = 0
    for (const urgency of ORDER.slice(ORDER.indexOf(taken) + 1)) {
      if (this.#lanes[urgency].length > 0) this.#overtaken[urgency] += 1
    }
  }
}
