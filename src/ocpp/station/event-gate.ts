/** The same trouble again and again is told once a minute: a dead disk or CSMS must not flood the log. */
import type { StationHappening } from '../../model/event.ts'

const REST_MS = 60_000
const MAX_KNOWN = 200

export class EventGate {
  /** When each trouble was last told (monotonic ms), oldest first; null before the first. */
  #told: Map<string, number> | null = null

  /** Whether to tell it now. What is no trouble always passes. */
  passes(happening: StationHappening, at: number): boolean {
    const trouble = troubleOf(happening)
    if (trouble === null) return true
    const told = (this.#told ??= new Map<string, number>())
    const before = told.get(trouble)
    if (before !== undefined && at - before < REST_MS) return false
    told.delete(trouble)
    told.set(trouble, at)
    const oldest = told.keys().next()
    if (told.size > MAX_KNOWN && oldest.done !== true) told.delete(oldest.value)
    return true
  }
}

function troubleOf(happening: StationHappening): string | null {
  if (happening.kind === 'station-fault') return `${happening.code} ${happening.text}`
  if (happening.kind === 'call-failed') return `${happening.upstreamId} ${happening.message} ${happening.reason}`
  return null
}
