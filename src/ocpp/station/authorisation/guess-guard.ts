/** Somebody tries identifiers at a reader: after too many different refusals nobody is asked for a while, good cards included. Pure. */

export interface GuessGuard {
  /** Identifiers that were refused (lower case), and when (monotonic ms). */
  readonly refused: readonly { readonly idToken: string; readonly at: number }[]
  /** Monotonic ms; null: open. */
  readonly lockedUntil: number | null
}

export const OPEN_GUARD: GuessGuard = { refused: [], lockedUntil: null }

/** A crowd with expired cards stays below this; one card shown again and again counts once. */
export const MAX_REFUSED = 10
const WINDOW_MS = 60_000
export const LOCK_MS = 60_000

export function isLocked({ lockedUntil }: GuessGuard, at: number): boolean {
  return lockedUntil !== null && at < lockedUntil
}

/** `locks`: this one was too many. */
export function noteRefusal(
  guard: GuessGuard,
  idToken: string,
  at: number,
): { readonly guard: GuessGuard; readonly locks: boolean } {
  if (isLocked(guard, at)) return { guard, locks: false }
  const name = idToken.toLowerCase()
  const recent = guard.refused.filter((each) => at - each.at < WINDOW_MS && each.idToken !== name)
  const refused = [...recent, { idToken: name, at }]
  if (refused.length <= MAX_REFUSED) return { guard: { refused, lockedUntil: null }, locks: false }
  return { guard: { refused: [], lockedUntil: at + LOCK_MS }, locks: true }
}
