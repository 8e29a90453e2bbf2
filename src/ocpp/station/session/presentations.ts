/** Identifiers that persons present: at card readers, own or shared, and by the API. Finds the EVSE that is meant and tells what became of it. */
import type { StationHappening } from '../../../model/event.ts'
import { faultOf } from '../status/status-rules.ts'
import { mayHold } from '../reservation/reservation.ts'
import type { Verdict } from '../authorisation/authoriser.ts'
import {
  type GuessGuard,
  isLocked,
  LOCK_MS,
  MAX_REFUSED,
  noteRefusal,
  OPEN_GUARD,
} from '../authorisation/guess-guard.ts'
import { CardReader, type Seen } from '../authorisation/reader.ts'
import type { StationEvse } from '../evse.ts'
import { type Choice, chooseEvse, type Meant } from './choose-evse.ts'
import { sameToken } from './same-token.ts'
import type { Policy } from './session.ts'

/** What became of an identifier. `reason`: a few words for a person where there is more to say. */
export interface Presented {
  readonly outcome: 'started' | 'waiting-for-vehicle' | 'stopped' | 'refused'
  /** Where; null: anywhere, or nowhere. */
  readonly evse: number | null
  readonly reason: string | null
}

export interface PresentationShell {
  readonly evses: () => readonly StationEvse[]
  readonly policy: (evse: number) => Policy
  readonly parentOf: (idToken: string) => string | null
  /** Whether it may start. Never rejects. */
  readonly decide: (idToken: string) => Promise<Verdict>
  /** Resolves when the question that is under way at this EVSE has been answered and acted on; null: there is none. */
  readonly deciding: (evse: number) => Promise<void> | null
  /** Runs a job in the station's actor. Rejects when the station closes. */
  readonly ask: <Result>(job: () => Promise<Result>) => Promise<Result>
  readonly emit: (happening: StationHappening) => void
  /** Monotonic ms. */
  readonly monotonic: () => number
}

type Placed =
  | { readonly kind: 'done'; readonly presented: Presented }
  | { readonly kind: 'asked'; readonly evse: StationEvse; readonly wasRunning: boolean; readonly answer: Promise<void> }
  | { readonly kind: 'next-vehicle' }

/** More than any version of OCPP can say; of 1.6 it is 20 characters, which the CSMS's version knows. */
const MAX_ID_TOKEN = 255
const MALFORMED = `an identifier has 1 to ${MAX_ID_TOKEN} characters`
const LOCKED = 'too many identifiers were refused: try again in a minute'

export class Presentations {
  readonly #shell: PresentationShell
  readonly #readers = new Map<string, CardReader>()
  /** Identifiers that are being authorised for the next vehicle, in lower case. */
  readonly #undecided = new Map<string, Promise<Presented>>()
  #guard: GuessGuard = OPEN_GUARD

  constructor(shell: PresentationShell) {
    this.#shell = shell
  }

  /** A poll of a reader. Runs inside the actor. */
  async cardShown(evse: StationEvse, tag: string | null, seen: Seen): Promise<void> {
    const members = this.#sharing(evse)
    const key = evse.description.reader === undefined ? `of ${evse.evse}` : `number ${evse.description.reader}`
    const reader = this.#readers.get(key) ?? new CardReader()
    this.#readers.set(key, reader)
    const inSession = members.some(({ session }) => session.transaction !== null || session.finished)
    if (!reader.presents(tag, seen, inSession) || tag === null) return
    // Elsewhere a reader has nothing to say; what it shows is remembered all the same.
    if (this.#shell.policy(evse.evse).way !== 'card') return
    const placed = await this.#place(members, tag)
    // Nobody waits for it here: what becomes of it is told by events.
    if (placed.kind === 'next-vehicle') this.#forNextVehicle(members, tag).catch(() => {})
  }

  /** By the API; `evse` null: the station finds the one that is meant. Rejects only when the station closes. */
  async present(evse: number | null, idToken: string): Promise<Presented> {
    const { ask, evses } = this.#shell
    const members = evses().filter((candidate) => evse === null || candidate.evse === evse)
    if (members.length === 0) return refused(null, `there is no EVSE ${evse}`)
    const placed = await ask(() => this.#place(members, idToken))
    if (placed.kind === 'done') return placed.presented
    if (placed.kind === 'next-vehicle') return this.#forNextVehicle(members, idToken)
    await placed.answer
    return ask(() => Promise.resolve(outcomeAt(placed.evse, idToken, placed.wasRunning)))
  }

  /** An identifier was refused: many different ones within a minute are no mistakes. */
  noteRefusal(idToken: string): void {
    const { guard, locks } = noteRefusal(this.#guard, idToken, this.#shell.monotonic())
    this.#guard = guard
    if (locks) this.#shell.emit({ kind: 'reader-locked', refused: MAX_REFUSED + 1, seconds: LOCK_MS / 1000 })
  }

  #sharing(evse: StationEvse): readonly StationEvse[] {
    const { reader } = evse.description
    return reader === undefined
      ? [evse]
      : this.#shell.evses().filter(({ description }) => description.reader === reader)
  }

  /** Inside the actor. */
  async #place(members: readonly StationEvse[], idToken: string): Promise<Placed> {
    const { emit, deciding } = this.#shell
    const [first] = members
    const place = members.length === 1 && first !== undefined ? first.evse : 0
    if (idToken.trim() === '' || idToken.length > MAX_ID_TOKEN)
      return { kind: 'done', presented: refused(null, MALFORMED) }
    emit({ kind: 'card-presented', evse: place, idToken })
    const meant = this.#meant(members, idToken)
    const stops = members.some(
      ({ evse, session }) =>
        meant.kind === 'at' && meant.evses.includes(evse) && isSame(session.transaction?.idToken, idToken),
    )
    if (!stops && isLocked(this.#guard, this.#shell.monotonic())) return this.#refuse(place, idToken, LOCKED)
    if (meant.kind === 'nowhere') return this.#refuse(place, idToken, 'nothing is free')
    if (meant.kind === 'next-vehicle') {
      // One EVSE alone keeps its own question, so that a newer card takes its turn.
      if (members.length > 1) return { kind: 'next-vehicle' }
    }
    let placed: Placed = { kind: 'done', presented: refused(null, null) }
    for (const evse of members.filter((member) => meant.evses.includes(member.evse))) {
      const wasRunning = evse.session.transaction !== null
      await evse.apply({ kind: 'presented', idToken })
      const answer = deciding(evse.evse)
      placed =
        answer === null
          ? { kind: 'done', presented: outcomeAt(evse, idToken, wasRunning) }
          : { kind: 'asked', evse, wasRunning, answer }
    }
    return placed
  }

  #forNextVehicle(members: readonly StationEvse[], idToken: string): Promise<Presented> {
    const key = idToken.toLowerCase()
    const underWay = this.#undecided.get(key)
    if (underWay !== undefined) return underWay
    const decided = this.#decideForNext(members, idToken).finally(() => this.#undecided.delete(key))
    this.#undecided.set(key, decided)
    return decided
  }

  async #decideForNext(members: readonly StationEvse[], idToken: string): Promise<Presented> {
    const { ask, emit, decide, monotonic } = this.#shell
    const verdict = await decide(idToken)
    return ask(async () => {
      if (!verdict.accepted) {
        this.noteRefusal(idToken)
        emit({ kind: 'authorisation-refused', evse: 0, idToken, reason: verdict.reason })
        return refused(null, verdict.reason)
      }
      emit({ kind: 'authorised', evse: 0, idToken, by: verdict.by })
      // Meanwhile a vehicle may have come.
      const meant = this.#meant(members, idToken)
      const places = members.filter(({ evse }) => meant.kind !== 'nowhere' && meant.evses.includes(evse))
      const { parentIdToken } = verdict
      for (const { evse } of places) {
        const member = members.find((candidate) => candidate.evse === evse)
        // What the first of them did may leave nothing to the next.
        if (member === undefined || member.session.transaction !== null) continue
        if (places.some(({ session }) => isSame(session.transaction?.idToken, idToken))) break
        await member.apply({ kind: 'granted', idToken, parentIdToken, at: monotonic() })
      }
      const started = places.find(({ session }) => isSame(session.transaction?.idToken, idToken))
      if (started !== undefined) return { outcome: 'started', evse: started.evse, reason: null }
      return places.some(({ session }) => isSame(session.permit?.idToken, idToken))
        ? { outcome: 'waiting-for-vehicle', evse: null, reason: null }
        : refused(null, places[0]?.refusal ?? 'nothing is free')
    })
  }

  #refuse(evse: number, idToken: string, reason: string): Placed {
    this.#shell.emit({ kind: 'authorisation-refused', evse, idToken, reason })
    return { kind: 'done', presented: refused(evse === 0 ? null : evse, reason) }
  }

  #meant(members: readonly StationEvse[], idToken: string): Meant {
    const { policy, parentOf } = this.#shell
    const choices = members.map(({ evse, session, observed }): Choice => {
      const { operative, hold } = policy(evse)
      const healthy = observed !== null && faultOf(observed) === null
      const mayStart = operative && healthy && (!hold.held || mayHold(hold.reservations, idToken))
      return { evse, session, mayStart }
    })
    return chooseEvse(idToken, parentOf(idToken), choices)
  }
}

function outcomeAt(evse: StationEvse, idToken: string, wasRunning: boolean): Presented {
  const { session, refusal } = evse
  if (wasRunning && (session.transaction === null || evse.isEnding))
    return { outcome: 'stopped', evse: evse.evse, reason: null }
  if (!wasRunning && isSame(session.transaction?.idToken, idToken))
    return { outcome: 'started', evse: evse.evse, reason: null }
  if (isSame(session.permit?.idToken, idToken))
    return {
      outcome: 'waiting-for-vehicle',
      evse: evse.evse,
      reason: session.plugged ? 'the start is not stored yet' : null,
    }
  return refused(evse.evse, refusal ?? 'withdrawn: it was presented again, or something else came between')
}

function refused(evse: number | null, reason: string | null): Presented {
  return { outcome: 'refused', evse, reason }
}

function isSame(one: string | null | undefined, other: string): boolean {
  return one !== null && one !== undefined && sameToken(one, other)
}
