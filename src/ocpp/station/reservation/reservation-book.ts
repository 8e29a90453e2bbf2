/** The reservations of a station: stored before they are answered, over restarts, until they are used, end or expire (OCPP 1.6 §5.13). */
import type { Ledger } from '../../../ledger/ledger.ts'
import { toBridgeError } from '../../../model/errors.ts'
import type { StationHappening } from '../../../model/event.ts'
import type { Transaction } from '../../../model/transaction.ts'
import { type Hold, holdAt, NO_HOLD, type Place, readReservations, type Reservation } from './reservation.ts'

type Ended = Extract<StationHappening, { kind: 'reservation-ended' }>['why']

export interface ReservationShell {
  readonly ledger: Pick<Ledger, 'saveSetting'>
  readonly stationId: string
  readonly places: () => readonly Place[]
  readonly emit: (happening: StationHappening) => void
  /** Monotonic ms. */
  readonly monotonic: () => number
}

const KEY = 'reservations'
const WALL_SLEEP_MS = 60_000
const LEDGER_RETRY_MS = 5_000
/** A charger that comes up again after a power cut, together with us, needs this long to answer. */
const UNREACHABLE_MS = 120_000

export class ReservationBook {
  readonly #shell: ReservationShell
  #reservations: readonly Reservation[] = []
  /** When an end is told again that the ledger did not take (monotonic ms); null: it knows all. */
  #retryAt: number | null = null

  /** Until when EVSEs that do not answer keep their reservations (monotonic ms). */
  readonly #unreachable = new Map<number, number>()

  constructor(shell: ReservationShell) {
    this.#shell = shell
  }

  get all(): readonly Reservation[] {
    return this.#reservations
  }

  /** When `tick` is next needed (monotonic ms), or null. @param now wall ms */
  nextTickAt(now: number): number | null {
    const { monotonic } = this.#shell
    // The wall clock may be set while we wait for a moment on it: never sleep longer.
    const expiries = this.#reservations.map(({ expiresAt }) => Math.min(WALL_SLEEP_MS, Math.max(0, expiresAt - now)))
    const moments = expiries.map((waitMs) => monotonic() + waitMs)
    moments.push(...this.#unreachable.values())
    if (this.#retryAt !== null) moments.push(this.#retryAt)
    return moments.length === 0 ? null : Math.min(...moments)
  }

  /** What was stored. One that a running transaction has used had no time to be taken out. */
  async restore(stored: ReadonlyMap<string, string>, running: readonly Transaction[]): Promise<void> {
    this.#reservations = readReservations(stored.get(KEY))
    const used = this.#reservations.filter((reservation) =>
      running.some(
        ({ evse, idToken, startedAt }) =>
          startedAt >= reservation.madeAt && (evse === reservation.evse || idToken === reservation.idToken),
      ),
    )
    await this.#end(used, 'used')
  }

  holdAt(evse: number): Hold {
    if (this.#reservations.length === 0) return NO_HOLD
    // What is free elsewhere matters only to the station's own: asked for with each poll of each EVSE.
    const places = this.#reservations.some((reservation) => reservation.evse === 0) ? this.#shell.places() : []
    return holdAt(evse, this.#reservations, places)
  }

  /** Stores it; one with the same id is replaced. Throws as the ledger does, and is not made then. */
  async make(reservation: Reservation): Promise<void> {
    const replaced = this.#reservations.filter(({ id }) => id === reservation.id)
    const next = [...this.#reservations.filter((other) => !replaced.includes(other)), reservation]
    await this.#save(next)
    this.#reservations = next
    const { evse, id: reservationId, expiresAt } = reservation
    for (const old of replaced) this.#tell(old, 'replaced')
    this.#shell.emit({ kind: 'reserved', evse, reservationId, expiresAt })
  }

  /** False: there is none of this id. Throws as the ledger does, and it stays then. */
  async cancel(id: number): Promise<boolean> {
    const found = this.#reservations.find((reservation) => reservation.id === id)
    if (found === undefined) return false
    const next = this.#reservations.filter((reservation) => reservation !== found)
    await this.#save(next)
    this.#reservations = next
    this.#tell(found, 'cancelled')
    return true
  }

  /** A transaction has begun with it. */
  async used(id: number): Promise<void> {
    await this.#end(
      this.#reservations.filter((reservation) => reservation.id === id),
      'used',
    )
  }

  /** An EVSE that stays away for long has a fault that ends its reservation; a link that blinks has not. */
  noteReachable(evse: number, reachable: boolean): void {
    if (reachable) this.#unreachable.delete(evse)
    else if (this.#reservations.length > 0 && !this.#unreachable.has(evse))
      this.#unreachable.set(evse, this.#shell.monotonic() + UNREACHABLE_MS)
  }

  /** An EVSE shows a fault or was put out of service: its reservation ends; the station's own when no EVSE is left. */
  async lost(evse: number, why: 'fault' | 'out-of-service'): Promise<void> {
    const none = this.#shell.places().every(({ state }) => state === 'faulted' || state === 'unavailable')
    const concerned = (reservation: Reservation): boolean =>
      reservation.evse === evse || (none && reservation.evse === 0)
    await this.#end(this.#reservations.filter(concerned), why)
  }

  /** @param now wall ms */
  async tick(now: number): Promise<void> {
    await this.#end(
      this.#reservations.filter(({ expiresAt }) => expiresAt <= now),
      'expired',
    )
    for (const [evse, until] of this.#unreachable) {
      if (this.#shell.monotonic() < until) continue
      this.#unreachable.delete(evse)
      await this.lost(evse, 'fault')
    }
    if (this.#retryAt !== null && this.#shell.monotonic() >= this.#retryAt) await this.#saveLater()
  }

  /** In force at once, whatever the disk says: what is over must not keep a place. */
  async #end(ended: readonly Reservation[], why: Ended): Promise<void> {
    if (ended.length === 0) return
    this.#reservations = this.#reservations.filter((reservation) => !ended.includes(reservation))
    for (const reservation of ended) this.#tell(reservation, why)
    await this.#saveLater()
  }

  async #saveLater(): Promise<void> {
    try {
      await this.#save(this.#reservations)
      this.#retryAt = null
    } catch (error) {
      this.#retryAt = this.#shell.monotonic() + LEDGER_RETRY_MS
      const fault = toBridgeError(error)
      const text = `the end of a reservation could not be noted: ${fault.message}`
      this.#shell.emit({ kind: 'station-fault', code: fault.code, text })
    }
  }

  #save(reservations: readonly Reservation[]): Promise<void> {
    const { ledger, stationId } = this.#shell
    return ledger.saveSetting(stationId, KEY, reservations.length === 0 ? null : JSON.stringify(reservations))
  }

  #tell({ evse, id: reservationId }: Reservation, why: Ended): void {
    this.#shell.emit({ kind: 'reservation-ended', evse, reservationId, why })
  }
}
