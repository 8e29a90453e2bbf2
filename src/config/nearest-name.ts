/** Hints that name what was meant. */
import { nearestName } from '../model/nearest-name.ts'

/** A hint that names the nearest, or else all known names (at most 12). */
export function nearestHint(wrong: string, names: Iterable<string>): string {
  const all = [...names]
  const nearest = nearestName(wrong, all)
  if (nearest !== null) return `did you mean \`${nearest}\`?`
  if (all.length === 0) return 'there is none'
  const shown = all.slice(0, 12).join(', ')
  return all.length > 12 ? `known are ${shown}, ...` : `known: ${shown}`
}
