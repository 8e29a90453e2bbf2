/**
 * The session rules of one EVSE: who is plugged in, who is authorised, when a transaction begins and ends.
 * Pure: an input and the policy in force give the next session and the effects that the shell has to carry out.
 * A transaction exists only after the ledger has it (`begun`), and is gone only after the ledger has its end (`ended`).
 */
import type { PilotState } from '../../../model/pilot-state.ts'
import type { StopReason, Transaction } from '../../../model/transaction.ts'
import { mayHold, reservationFor } from '../reservation/reservation.ts'
import { sameToken } from './same-token.ts'
import type {
  AuthorisePurpose,
  Permit,
  Policy,
  Session,
  SessionEffect,
  SessionInput,
  SessionStep,
} from './session-contract.ts'

export type {
  AuthorisePurpose,
  Permit,
  Policy,
  Session,
  SessionEffect,
  SessionInput,
  SessionStep,
} from './session-contract.ts'

/** @param invalidSinceWh of the transaction, when its identifier is known not to be accepted */
export function newSession(
  transaction: Transaction | null,
  parentIdToken: string | null,
  finished: boolean,
  invalidSinceWh: number | null = null,
): Session {
  return {
    vehicle: null,
    plugged: transaction !== null || finished,
    pluggedAt: null,
    powerLost: false,
    leaving: false,
    finished: transaction === null && finished,
    refused: false,
    permit: null,
    asking: null,
    transaction,
    parentIdToken,
    invalidSinceWh: transaction === null ? null : invalidSinceWh,
    heldBack: false,
  }
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
      const powerLost = session.transaction !== null && (session.powerLost || input.rebooting)
      const seen = takePilot({ ...session, powerLost }, input.pilot, input.at, policy)
      const spent = checkEnergy(seen.session, input.meterWh, policy)
      const expired = expire(spent.session, input.at, policy)
      return { session: expired.session, effects: [...seen.effects, ...spent.effects, ...expired.effects] }
    }
    case 'presented':
      return present(session, input.idToken, policy)
    case 'granted':
      return session.transaction === null
        ? give(session, { ...input, remote: false, shared: true }, policy)
        : quiet(session)
    case 'withdrawn': {
      const { permit } = session
      const concerned = permit !== null && permit.shared && sameToken(permit.idToken, input.idToken)
      return quiet(concerned ? { ...session, permit: null } : session)
    }
    case 'tick':
      return expire(session, input.at, policy)
    case 'authorised':
      return authorised(session, input, policy)
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
        : give(session, { ...input, remote: true, shared: false }, policy)
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

function takePilot(session: Session, pilot: PilotState | null, at: number, policy: Policy): SessionStep {
  // E and F say nothing about the plug; a missing value says nothing at all.
  if (pilot === null) return quiet(session)
  if (pilot === 'E' || pilot === 'F') return quiet({ ...session, vehicle: pilot })
  if (pilot !== 'A') {
    const pluggedAt = session.plugged ? session.pluggedAt : at
    return quiet({ ...session, vehicle: pilot, plugged: true, pluggedAt, powerLost: false, leaving: false })
  }
  if (!session.plugged) return quiet({ ...session, vehicle: 'A' })
  // One bad reading must not end a transaction: the second look decides.
  if (!session.leaving) return quiet({ ...session, leaving: true })
  const gone: Session = {
    ...session,
    vehicle: 'A',
    plugged: false,
    pluggedAt: null,
    powerLost: false,
    leaving: false,
    finished: false,
    refused: false,
  }
  const unplugged: SessionEffect = { kind: 'unplugged' }
  const reason = session.powerLost ? 'power-loss' : 'ev-disconnected'
  const step = policy.stopOnDisconnect ? end(gone, reason, null) : quiet(gone)
  return { session: step.session, effects: [unplugged, ...step.effects] }
}

function present(session: Session, idToken: string, policy: Policy): SessionStep {
  if (session.transaction !== null) {
    if (sameToken(session.transaction.idToken, idToken)) return end(session, 'local', idToken)
    // Another card of the same group may stop it (OCPP 1.6 §4.1); without a group there is nothing to ask.
    if (session.parentIdToken === null) return { session, effects: [{ kind: 'in-use', idToken }] }
    return { session, effects: [{ kind: 'authorise', idToken, purpose: 'stop' }] }
  }
  if (!policy.operative) return { session, effects: [{ kind: 'not-operative', idToken }] }
  if (session.permit !== null && sameToken(session.permit.idToken, idToken)) return quiet({ ...session, permit: null })
  // Nobody is asked for an identifier that cannot hold the reservation (§5.13).
  if (policy.hold.held && !mayHold(policy.hold.reservations, idToken))
    return { session, effects: [{ kind: 'reserved', idToken }] }
  return ask(session, idToken, 'start')
}

function ask(session: Session, idToken: string, purpose: AuthorisePurpose): SessionStep {
  if (session.asking !== null && sameToken(session.asking, idToken)) return quiet(session)
  return { session: { ...session, asking: idToken }, effects: [{ kind: 'authorise', idToken, purpose }] }
}

function authorised(
  session: Session,
  input: Extract<SessionInput, { kind: 'authorised' }>,
  policy: Policy,
): SessionStep {
  const { idToken, parentIdToken, purpose, at } = input
  if (purpose === 'stop') {
    const sameGroup = session.parentIdToken !== null && parentIdToken !== null
    if (session.transaction === null) return quiet(session)
    return sameGroup && sameToken(session.parentIdToken, parentIdToken)
      ? end(session, 'local', idToken)
      : { session, effects: [{ kind: 'in-use', idToken }] }
  }
  // An answer that came after a newer question, a reset or a start is out of date.
  if (session.asking === null || !sameToken(session.asking, idToken)) return quiet(session)
  const answered: Session = { ...session, asking: null }
  if (session.transaction !== null) return quiet(answered)
  return give(answered, { idToken, parentIdToken, at, remote: purpose === 'remote-start', shared: false }, policy)
}

interface Grant {
  readonly idToken: string
  readonly parentIdToken: string | null
  readonly at: number
  readonly remote: boolean
  readonly shared: boolean
}

function give(session: Session, { idToken, parentIdToken, at, remote, shared }: Grant, { hold }: Policy): SessionStep {
  const reservationId = reservationFor(hold.reservations, idToken, parentIdToken)?.id ?? null
  if (hold.held && reservationId === null) return { session, effects: [{ kind: 'reserved', idToken }] }
  return quiet({ ...session, permit: { idToken, parentIdToken, remote, reservationId, shared, since: at } })
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
  if (session.permit !== null) {
    const { idToken, parentIdToken } = session.permit
    const { held, reservations } = policy.hold
    const reservationId = reservationFor(reservations, idToken, parentIdToken)?.id ?? null
    if (held && reservationId === null)
      return { session: { ...session, permit: null }, effects: [...effects, { kind: 'reserved', idToken }] }
    const permit: Permit = { ...session.permit, reservationId }
    const current: Session = { ...session, permit }
    return { session: current, effects: isReady(session) ? [...effects, { kind: 'begin', permit }] : effects }
  }
  if (!isReady(session)) return step
  const wantsFree = policy.way === 'free' && policy.freeToken !== null && !session.finished && !session.refused
  if (!wantsFree || policy.freeToken === null || session.asking !== null) return step
  if (policy.hold.held && reservationFor(policy.hold.reservations, policy.freeToken, null) === null) return step
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

function quiet(session: Session): SessionStep {
  return { session, effects: [] }
}
