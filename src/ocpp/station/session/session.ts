/**
 * The session rules of one EVSE: who is plugged in, who is authorised, when a transaction begins and ends.
 * Pure: an input and the policy in force give the next session and the effects that the shell has to carry out.
 * A transaction exists only after the ledger has it (`begun`), and is gone only after the ledger has its end (`ended`).
 */
import type { PilotState } from '../../../model/pilot-state.ts'
import type { AuthorizationWay } from '../../../model/station.ts'
import type { StopReason, Transaction } from '../../../model/transaction.ts'

/** An accepted identifier that waits for a vehicle (or for the ledger). */
export interface Permit {
  readonly idToken: string
  readonly parentIdToken: string | null
  readonly remote: boolean
  /** Monotonic ms. */
  readonly since: number
}

export interface Session {
  /** Last known pilot state; survives offline phases. */
  readonly vehicle: PilotState | null
  readonly plugged: boolean
  /** State A was seen once; a second look confirms that the car is gone. */
  readonly leaving: boolean
  /** A transaction ended and the car is still plugged in. */
  readonly finished: boolean
  /** The identifier of `free` was refused for this vehicle. */
  readonly refused: boolean
  readonly permit: Permit | null
  /** The identifier that is being authorised now. */
  readonly asking: string | null
  readonly transaction: Transaction | null
  readonly parentIdToken: string | null
  /** The CSMS does not accept the identifier of the running transaction; billing meter when we learnt it. */
  readonly invalidSinceWh: number | null
  /** The transaction runs but may not draw. */
  readonly heldBack: boolean
  readonly tag: string | null
  /** Monotonic ms when the reader last showed `tag`. */
  readonly tagSeenAt: number
  readonly observedOnce: boolean
}

export interface Policy {
  readonly way: AuthorizationWay
  /** The configured identifier of `free`. */
  readonly freeToken: string | null
  readonly operative: boolean
  /** 0: an identifier waits for ever. */
  readonly connectionTimeOutMs: number
  readonly stopOnDisconnect: boolean
  readonly stopOnInvalid: boolean
  readonly maxEnergyOnInvalidWh: number
}

export type SessionInput =
  | {
      readonly kind: 'observed'
      readonly pilot: PilotState | null
      readonly tag: string | null
      readonly meterWh: number
      readonly at: number
    }
  | { readonly kind: 'tick'; readonly at: number }
  | {
      readonly kind: 'authorised'
      readonly idToken: string
      readonly parentIdToken: string | null
      readonly purpose: AuthorisePurpose
      readonly at: number
    }
  | { readonly kind: 'refused'; readonly idToken: string; readonly purpose: AuthorisePurpose }
  | { readonly kind: 'remote-start'; readonly idToken: string; readonly authorise: boolean; readonly at: number }
  | { readonly kind: 'stop'; readonly reason: StopReason }
  | { readonly kind: 'invalidated'; readonly meterWh: number }
  | { readonly kind: 'begun'; readonly transaction: Transaction; readonly parentIdToken: string | null }
  | { readonly kind: 'ended'; readonly reason: StopReason }
  /** The station was reset: a car that stays plugged in may start anew. */
  | { readonly kind: 'restarted' }

export type AuthorisePurpose = 'start' | 'remote-start' | 'stop'

export type SessionEffect =
  | { readonly kind: 'authorise'; readonly idToken: string; readonly purpose: AuthorisePurpose }
  | { readonly kind: 'begin'; readonly permit: Permit }
  | { readonly kind: 'end'; readonly reason: StopReason; readonly idToken: string | null }
  | { readonly kind: 'card-presented'; readonly idToken: string }
  | { readonly kind: 'permit-expired'; readonly idToken: string }
  | { readonly kind: 'unplugged' }
  | { readonly kind: 'not-operative'; readonly idToken: string }

export interface SessionStep {
  readonly session: Session
  readonly effects: readonly SessionEffect[]
}

/** A tag that vanishes for less than this was never taken away: readers blink. */
const SAME_PRESENTATION_MS = 5_000

export function newSession(transaction: Transaction | null, parentIdToken: string | null, finished: boolean): Session {
  return {
    vehicle: null,
    plugged: transaction !== null || finished,
    leaving: false,
    finished: transaction === null && finished,
    refused: false,
    permit: null,
    asking: null,
    transaction,
    parentIdToken,
    invalidSinceWh: null,
    heldBack: false,
    tag: null,
    tagSeenAt: 0,
    observedOnce: false,
  }
}

export function sameToken(one: string, other: string): boolean {
  // IdToken is a CiString (OCPP 1.6 §7.28): case does not matter.
  return one.toLowerCase() === other.toLowerCase()
}

export function stepSession(session: Session, input: SessionInput, policy: Policy): SessionStep {
  const step = takeIn(session, input, policy)
  return followUp(step, policy)
}

/** When the session needs a tick of its own (monotonic ms), or null. */
export function sessionDeadline(session: Session, policy: Policy): number | null {
  if (session.permit === null || session.transaction !== null || policy.connectionTimeOutMs === 0) return null
  // A vehicle came in time: the start itself is on its way.
  if (isReady(session)) return null
  return session.permit.since + policy.connectionTimeOutMs
}

function takeIn(session: Session, input: SessionInput, policy: Policy): SessionStep {
  switch (input.kind) {
    case 'observed': {
      const seen = takePilot(session, input.pilot, policy)
      const shown = takeTag(seen.session, input.tag, input.at, policy)
      const spent = checkEnergy(shown.session, input.meterWh, policy)
      const expired = expire({ ...spent.session, observedOnce: true }, input.at, policy)
      return {
        session: expired.session,
        effects: [...seen.effects, ...shown.effects, ...spent.effects, ...expired.effects],
      }
    }
    case 'tick':
      return expire(session, input.at, policy)
    case 'authorised':
      return authorised(session, input)
    case 'refused': {
      const asked = session.asking !== null && sameToken(session.asking, input.idToken)
      const asking = input.purpose !== 'stop' && asked ? null : session.asking
      const free = policy.freeToken !== null && sameToken(input.idToken, policy.freeToken)
      return quiet({ ...session, asking, refused: session.refused || (free && input.purpose === 'start') })
    }
    case 'remote-start':
      if (session.transaction !== null) return quiet(session)
      return input.authorise
        ? ask(session, input.idToken, 'remote-start')
        : quiet({ ...session, permit: permit(input.idToken, null, true, input.at) })
    case 'stop':
      return end({ ...session, permit: null }, input.reason, null)
    case 'invalidated': {
      if (session.transaction === null) return quiet(session)
      return checkEnergy({ ...session, invalidSinceWh: input.meterWh }, input.meterWh, policy)
    }
    case 'begun':
      return quiet({
        ...session,
        transaction: input.transaction,
        parentIdToken: input.parentIdToken,
        permit: null,
        finished: false,
        invalidSinceWh: null,
        heldBack: false,
      })
    case 'ended':
      return quiet({
        ...session,
        transaction: null,
        parentIdToken: null,
        permit: null,
        // While the ledger was busy another car may have come.
        finished: session.plugged && input.reason !== 'ev-disconnected',
        invalidSinceWh: null,
        heldBack: false,
      })
    case 'restarted':
      return quiet({ ...session, finished: false, refused: false, permit: null, asking: null })
  }
}

function takePilot(session: Session, pilot: PilotState | null, policy: Policy): SessionStep {
  // E and F say nothing about the plug; a missing value says nothing at all.
  if (pilot === null) return quiet(session)
  if (pilot === 'E' || pilot === 'F') return quiet({ ...session, vehicle: pilot })
  if (pilot !== 'A') return quiet({ ...session, vehicle: pilot, plugged: true, leaving: false })
  if (!session.plugged) return quiet({ ...session, vehicle: 'A' })
  // One bad reading must not end a transaction: the second look decides.
  if (!session.leaving) return quiet({ ...session, leaving: true })
  const gone: Session = {
    ...session,
    vehicle: 'A',
    plugged: false,
    leaving: false,
    finished: false,
    refused: false,
  }
  const unplugged: SessionEffect = { kind: 'unplugged' }
  const step = policy.stopOnDisconnect ? end(gone, 'ev-disconnected', null) : quiet(gone)
  return { session: step.session, effects: [unplugged, ...step.effects] }
}

function takeTag(session: Session, tag: string | null, at: number, policy: Policy): SessionStep {
  if (tag === null) return quiet(session)
  const shown: Session = { ...session, tag, tagSeenAt: at }
  if (policy.way !== 'card') return quiet(shown)
  const again = session.tag !== null && sameToken(session.tag, tag)
  if (again && at - session.tagSeenAt < SAME_PRESENTATION_MS) return quiet(shown)
  // What the reader shows when we come up belongs to the session that we find.
  if (!session.observedOnce && (session.transaction !== null || session.finished)) return quiet(shown)
  const presented: SessionEffect = { kind: 'card-presented', idToken: tag }
  const step = present(shown, tag, policy)
  return { session: step.session, effects: [presented, ...step.effects] }
}

function present(session: Session, idToken: string, policy: Policy): SessionStep {
  if (session.transaction !== null) {
    if (sameToken(session.transaction.idToken, idToken)) return end(session, 'local', idToken)
    // Another card of the same group may stop it (OCPP 1.6 §4.1); without a group there is nothing to ask.
    if (session.parentIdToken === null) return quiet(session)
    return { session, effects: [{ kind: 'authorise', idToken, purpose: 'stop' }] }
  }
  if (!policy.operative) return { session, effects: [{ kind: 'not-operative', idToken }] }
  if (session.permit !== null && sameToken(session.permit.idToken, idToken)) return quiet({ ...session, permit: null })
  return ask(session, idToken, 'start')
}

function ask(session: Session, idToken: string, purpose: AuthorisePurpose): SessionStep {
  if (session.asking !== null && sameToken(session.asking, idToken)) return quiet(session)
  return { session: { ...session, asking: idToken }, effects: [{ kind: 'authorise', idToken, purpose }] }
}

function authorised(session: Session, input: Extract<SessionInput, { kind: 'authorised' }>): SessionStep {
  if (input.purpose === 'stop') {
    const sameGroup = session.parentIdToken !== null && input.parentIdToken !== null
    return sameGroup && sameToken(session.parentIdToken, input.parentIdToken)
      ? end(session, 'local', input.idToken)
      : quiet(session)
  }
  // An answer that came after a newer question, a reset or a start is out of date.
  if (session.asking === null || !sameToken(session.asking, input.idToken)) return quiet(session)
  if (session.transaction !== null) return quiet({ ...session, asking: null })
  const given = permit(input.idToken, input.parentIdToken, input.purpose === 'remote-start', input.at)
  return quiet({ ...session, asking: null, permit: given })
}

function checkEnergy(session: Session, meterWh: number, policy: Policy): SessionStep {
  if (session.transaction === null || session.invalidSinceWh === null) return quiet(session)
  if (meterWh - session.invalidSinceWh < policy.maxEnergyOnInvalidWh) return quiet(session)
  if (!policy.stopOnInvalid) return quiet({ ...session, heldBack: true })
  return end(session, 'de-authorized', null)
}

function expire(session: Session, at: number, policy: Policy): SessionStep {
  const deadline = sessionDeadline(session, policy)
  if (session.permit === null || deadline === null || at < deadline) return quiet(session)
  return {
    session: { ...session, permit: null },
    effects: [{ kind: 'permit-expired', idToken: session.permit.idToken }],
  }
}

/** What follows from the new session whatever the input was. */
function followUp(step: SessionStep, policy: Policy): SessionStep {
  const { session, effects } = step
  if (session.transaction !== null || effects.some((effect) => effect.kind === 'end')) return step
  if (!policy.operative) {
    if (session.permit === null) return step
    const dropped: SessionEffect = { kind: 'not-operative', idToken: session.permit.idToken }
    return { session: { ...session, permit: null }, effects: [...effects, dropped] }
  }
  if (!isReady(session)) return step
  if (session.permit !== null) return { session, effects: [...effects, { kind: 'begin', permit: session.permit }] }
  const wantsFree = policy.way === 'free' && policy.freeToken !== null && !session.finished && !session.refused
  if (!wantsFree || policy.freeToken === null || session.asking !== null) return step
  const asked = ask(session, policy.freeToken, 'start')
  return { session: asked.session, effects: [...effects, ...asked.effects] }
}

/** A vehicle is plugged in and stays. */
function isReady(session: Session): boolean {
  const vehicle = session.vehicle === 'B' || session.vehicle === 'C' || session.vehicle === 'D'
  return session.plugged && vehicle && !session.leaving
}

function end(session: Session, reason: StopReason, idToken: string | null): SessionStep {
  if (session.transaction === null) return quiet(session)
  return { session, effects: [{ kind: 'end', reason, idToken }] }
}

function permit(idToken: string, parentIdToken: string | null, remote: boolean, since: number): Permit {
  return { idToken, parentIdToken, remote, since }
}

function quiet(session: Session): SessionStep {
  return { session, effects: [] }
}
