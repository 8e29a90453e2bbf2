/** "Did you mean ...": the known name that is fewest typing slips away. */

/** The nearest of `names`, ignoring case, or null when none is near enough to be meant. */
export function nearestName(wrong: string, names: Iterable<string>): string | null {
  if (wrong.length > 100) return null
  const limit = Math.max(1, Math.ceil(wrong.length / 3))
  let best: string | null = null
  let bestDistance = limit + 1
  for (const name of names) {
    if (Math.abs(name.length - wrong.length) > limit) continue
    const distance = slips(plain(wrong), plain(name))
    if (distance < bestDistance) {
      best = name
      bestDistance = distance
    }
  }
  return best
}

function plain(name: string): string {
  return name.toLowerCase().replaceAll('_', '-')
}

/** Damerau-Levenshtein distance: insertions, deletions, replacements and swaps of neighbours. */
function slips(a: string, b: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let row = 1; row <= a.length; row++) {
    const current = [row]
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1]
      let distance = Math.min(
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (same ? 0 : 1),
      )
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
        distance = Math.min(distance, (beforeLast[column - 2] ?? 0) + 1)
      }
      current.push(distance)
    }
    beforeLast = last
    last = current
  }
  return last[b.length] ?? 0
}
