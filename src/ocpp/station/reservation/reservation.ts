/** Reservations (OCPP 1.6 §5.13): whether one can be made, and who may start where because of them. Pure. */
import { sameToken } from '../session/same-token.ts'

export interface Reservation {
  readonly id: number
  /** 0: any EVSE of the station. */
  readonly evse: number
  /** Wall ms. */
  readonly expiresAt: number
  readonly idToken: string
  readonly parentIdToken: string | null
  /** Wall ms. */
  readonly madeAt: number
}

/** What counts of an EVSE when one is reserved. */
export interface Place {
  readonly evse: number
  /** `free`: nobody is plugged in or authorised there. */
  readonly state: 'free' | 'occupied' | 'faulted' | 'unavailable'
  /** The reservation that an identifier waiting there will use. */
  readonly claims: number | null
}

/** What reservations mean at one EVSE. */
export interface Hold {
  /** Those that a start there may use: its own, else the station's. */
  readonly reservations: readonly Reservation[]
  /** True: only their holders may start there. */
  readonly held: boolean
}

export const NO_HOLD: Hold = { reservations: [], held: false }

export type ReserveStatus = 'accepted' | 'faulted' | 'occupied' | 'rejected' | 'unavailable'

/** The reservation that an identifier may use, by its own name first, then by its group's (§5.13). */
export function reservationFor(
  reservations: readonly Reservation[],
  idToken: string,
  parentIdToken: string | null,
): Reservation | null {
  const own = reservations.find((reservation) => sameToken(reservation.idToken, idToken))
  if (own !== undefined || parentIdToken === null) return own ?? null
  const ofGroup = reservations.find(
    (reservation) => reservation.parentIdToken !== null && sameToken(reservation.parentIdToken, parentIdToken),
  )
  return ofGroup ?? null
}

/** Whether an identifier whose group is not known yet may turn out to hold one of them. */
export function mayHold(reservations: readonly Reservation[], idToken: string): boolean {
  return reservations.some(
    (reservation) => reservation.parentIdToken !== null || sameToken(reservation.idToken, idToken),
  )
}

/** An EVSE of its own reservation is held; any other as soon as a start there would leave too few free for the station's own. */
export function holdAt(evse: number, reservations: readonly Reservation[], places: readonly Place[]): Hold {
  if (reservations.length === 0) return NO_HOLD
  const own = reservations.filter((reservation) => reservation.evse === evse)
  const ofStation = reservations.filter((reservation) => reservation.evse === 0)
  // A reservation for any EVSE is not one for an EVSE that is somebody's.
  if (own.length > 0) return { reservations: own, held: true }
  return { reservations: ofStation, held: freeBeside(evse, reservations, places) < waiting(ofStation, places) }
}

/**
 * The answer to a wish for a reservation; an older one of the same id does not stand in its way, it is replaced.
 * @param zeroSupported ReserveConnectorZeroSupported
 */
export function judgeReservation(
  wish: Reservation,
  installed: readonly Reservation[],
  places: readonly Place[],
  zeroSupported: boolean,
): ReserveStatus {
  const others = installed.filter(({ id }) => id !== wish.id)
  // A moment that is over reserves nothing.
  if (wish.expiresAt <= wish.madeAt) return 'rejected'
  const stationNeeds = waiting(
    others.filter(({ evse }) => evse === 0),
    places,
  )
  if (wish.evse === 0) {
    if (!zeroSupported) return 'rejected'
    return freeBeside(0, others, places) > stationNeeds ? 'accepted' : whyNone(places)
  }
  const place = places.find(({ evse }) => evse === wish.evse)
  if (place === undefined) return 'rejected'
  if (place.state !== 'free') return place.state
  if (others.some(({ evse }) => evse === wish.evse)) return 'occupied'
  return freeBeside(wish.evse, others, places) < stationNeeds ? 'occupied' : 'accepted'
}

/** EVSEs that are free and nobody's, without this one. */
function freeBeside(evse: number, reservations: readonly Reservation[], places: readonly Place[]): number {
  const isReserved = (place: Place): boolean => reservations.some((reservation) => reservation.evse === place.evse)
  return places.filter((place) => place.evse !== evse && place.state === 'free' && !isReserved(place)).length
}

/** Reservations of the station whose holders have not come yet. */
function waiting(ofStation: readonly Reservation[], places: readonly Place[]): number {
  return ofStation.filter(({ id }) => !places.some(({ claims }) => claims === id)).length
}

function whyNone(places: readonly Place[]): 'occupied' | 'faulted' | 'unavailable' {
  if (places.some(({ state }) => state === 'free' || state === 'occupied')) return 'occupied'
  return places.some(({ state }) => state === 'faulted') ? 'faulted' : 'unavailable'
}

/** The stored reservations; damaged ones are none: the CSMS can ask for them again. */
export function readReservations(text: string | undefined): readonly Reservation[] {
  if (text === undefined) return []
  try {
    const stored: unknown = JSON.parse(text)
    return Array.isArray(stored) ? stored.filter(isReservation) : []
  } catch {
    return []
  }
}

function isReservation(value: unknown): value is Reservation {
  if (typeof value !== 'object' || value === null) return false
  const { id, evse, expiresAt, idToken, parentIdToken, madeAt } = value as Readonly<Record<string, unknown>>
  return (
    [id, evse, expiresAt, madeAt].every((number) => typeof number === 'number' && Number.isFinite(number)) &&
    typeof idToken === 'string' &&
    (parentIdToken === null || typeof parentIdToken === 'string')
  )
}
