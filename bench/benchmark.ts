/** What a benchmark is, and what it tells. */

export interface BenchContext {
  /** Short runs: to see that it works, not to believe the figures. */
  readonly quick: boolean
  /** Something to say while it runs. */
  readonly progress: (text: string) => void
}

/** The bar. `unit` is empty for ratios. */
export interface Target {
  readonly sense: 'at-least' | 'at-most'
  readonly limit: number
  readonly unit: string
}

export interface Row {
  readonly what: string
  readonly ours: Figure
  /** The peer, or the physical limit, measured or computed in the same run. */
  readonly beside: Figure & { readonly name: string }
  /** What is held against the target; null: what is compared is `ours`. */
  readonly ratio: number | null
  /** Null: a fact beside the others, without a bar. */
  readonly target: Target | null
  readonly note?: string
}

export interface Figure {
  readonly value: number
  readonly unit: string
}

export interface Benchmark {
  readonly id: string
  readonly title: string
  readonly run: (context: BenchContext) => Promise<readonly Row[]>
}

export function atLeast(limit: number, unit = ''): Target {
  return { sense: 'at-least', limit, unit }
}

export function atMost(limit: number, unit = ''): Target {
  return { sense: 'at-most', limit, unit }
}

/** Null without a target. */
export function isMet(row: Row): boolean | null {
  if (row.target === null) return null
  const value = row.ratio ?? row.ours.value
  return row.target.sense === 'at-least' ? value >= row.target.limit : value <= row.target.limit
}
