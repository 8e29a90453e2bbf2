/** Of an empty list: NaN. */
export function median(values: readonly number[]): number {
  return percentile(values, 0.5)
}

/** The smallest value that `share` (0..1) of all values do not exceed; the mean of the two middle ones for an even median. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  const at = share * sorted.length
  const upper = sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(at) - 1))] ?? Number.NaN
  if (share !== 0.5 || sorted.length % 2 === 1) return upper
  return (upper + (sorted[at] ?? Number.NaN)) / 2
}

/** Runs each way in turn (A B A B), so that a busy moment of the machine hits all of them. Medians by name. */
export async function interleaved<Name extends string>(
  rounds: number,
  ways: Readonly<Record<Name, () => Promise<number>>>,
): Promise<Record<Name, number>> {
  const names = Object.keys(ways) as Name[]
  const values = new Map<Name, number[]>(names.map((name) => [name, []]))
  for (let round = 0; round < rounds; round++) {
    for (const name of names) values.get(name)?.push(await ways[name]())
  }
  const medians = names.map((name) => [name, median(values.get(name) ?? [])] as const)
  return Object.fromEntries(medians) as Record<Name, number>
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
