/** What a CSMS asks about reservations (OCPP 1.6 §5.4, §5.13). */
import type { CsmsExchange } from '../../../model/csms-request.ts'
import type { ReservationBook } from './reservation-book.ts'
import { judgeReservation, type Place, type Reservation } from './reservation.ts'

export interface ReservationRequestShell {
  readonly book: ReservationBook
  readonly places: () => readonly Place[]
  /** ReserveConnectorZeroSupported. */
  readonly zeroSupported: boolean
  /** Wall ms. */
  readonly now: () => number
}

export async function reserve(
  { reservationId, evse, expiresAt, idToken, parentIdToken }: CsmsExchange['reserve']['request'],
  { book, places, zeroSupported, now }: ReservationRequestShell,
): Promise<CsmsExchange['reserve']['response']> {
  const wish: Reservation = { id: reservationId, evse, expiresAt, idToken, parentIdToken, madeAt: now() }
  const status = judgeReservation(wish, book.all, places(), zeroSupported)
  if (status === 'accepted') await book.make(wish)
  return { status }
}

export async function cancelReservation(
  { reservationId }: CsmsExchange['cancel-reservation']['request'],
  { book }: ReservationRequestShell,
): Promise<CsmsExchange['cancel-reservation']['response']> {
  return { accepted: await book.cancel(reservationId) }
}
