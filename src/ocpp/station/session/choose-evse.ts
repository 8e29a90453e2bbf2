/** Which EVSE an identifier means that was presented where several could be meant: a shared card reader, or the API. Pure. */
import type { Session } from './session.ts'
import { sameToken } from './same-token.ts'

export interface Choice {
  readonly evse: number
  readonly session: Session
  /** In service, without a fault, and not reserved for somebody else. */
  readonly mayStart: boolean
}

export type Meant =
  /** Present it there: it stops, starts or withdraws. */
  | { readonly kind: 'at'; readonly evses: readonly number[] }
  /** Nobody has plugged in: where the next vehicle comes. */
  | { readonly kind: 'next-vehicle'; readonly evses: readonly number[] }
  | { readonly kind: 'nowhere' }

/** @param parentIdToken the group of the identifier, as far as it is known */
export function chooseEvse(idToken: string, parentIdToken: string | null, choices: readonly Choice[]): Meant {
  const own = choices.filter(({ session }) => isToken(session.transaction?.idToken, idToken))
  if (own.length > 0) return at(latest(own, ({ session }) => session.transaction?.startedAt ?? 0))
  const permitted = choices.filter(({ session }) => isToken(session.permit?.idToken, idToken))
  if (permitted.length > 0) return at(permitted)
  const startable = choices.filter(
    ({ mayStart, session }) => mayStart && session.transaction === null && session.permit === null,
  )
  const waiting = startable.filter(({ session }) => session.plugged && !session.finished)
  if (waiting.length > 0) return at(latestPlugged(waiting))
  const free = startable.filter(({ session }) => !session.plugged)
  if (free.length > 0) return { kind: 'next-vehicle', evses: free.map(({ evse }) => evse) }
  // A car whose session ended may start anew; a card of the group may stop when there is nothing to start.
  if (startable.length > 0) return at(latestPlugged(startable))
  const group = choices.filter(
    ({ session }) => session.transaction !== null && isToken(session.parentIdToken, parentIdToken ?? ''),
  )
  if (group.length > 0) return at(latest(group, ({ session }) => session.transaction?.startedAt ?? 0))
  return choices.length === 1 ? at(choices) : { kind: 'nowhere' }
}

function at(choices: readonly Choice[]): Meant {
  return { kind: 'at', evses: choices.map(({ evse }) => evse) }
}

function latestPlugged(choices: readonly Choice[]): readonly Choice[] {
  return latest(choices, ({ session }) => session.pluggedAt ?? 0)
}

function latest(choices: readonly Choice[], when: (choice: Choice) => number): readonly Choice[] {
  return choices.toSorted((one, other) => when(other) - when(one)).slice(0, 1)
}

function isToken(one: string | null | undefined, other: string): boolean {
  return one !== null && one !== undefined && sameToken(one, other)
}
