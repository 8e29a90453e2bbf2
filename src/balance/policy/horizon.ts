/** The time ahead as slots of at most a quarter of an hour, each with one price. Pure. */
import type { PricedFrom } from './policy-input.ts'

const SLOT_MS = 900_000
/** Two days ahead: more is known of nobody. */
const MAX_SLOTS = 192

export interface Horizon {
  readonly count: number
  /** `count` + 1 edges, ms. */
  readonly edges: Float64Array
  readonly prices: Float64Array
}

/** From `at` to `until` (at most two days). Slots end where prices change. */
export function horizon(at: number, until: number, tariff: readonly PricedFrom[]): Horizon {
  const edges: number[] = [at]
  const prices: number[] = []
  let next = tariff.findIndex(({ from }) => from > at)
  if (next < 0) next = tariff.length
  let price = tariff[next - 1]?.price ?? tariff[0]?.price ?? 0
  let edge = at
  while (edge < until && prices.length < MAX_SLOTS) {
    const change = tariff[next]
    const end = Math.min(edge + SLOT_MS, change?.from ?? Infinity)
    prices.push(price)
    edges.push(end)
    if (change !== undefined && end >= change.from) {
      price = change.price
      next++
    }
    edge = end
  }
  return { count: prices.length, edges: Float64Array.from(edges), prices: Float64Array.from(prices) }
}
