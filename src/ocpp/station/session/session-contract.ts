/** What a session is, what it hears, and what it asks of its EVSE. */
import type { PilotState } from '../../../model/pilot-state.ts'
import type { AuthorizationWay } from '../../../model/station.ts'
import type { StopReason, Transaction } from '../../../model/transaction.ts'
import type { Hold } from '../reservation/reservation.ts'

/** An accepted identifier that waits for a vehicle (or for the ledger). */
export interface Permit {
  readonly idToken: string
  readonly parentIdToken: string | null
  readonly remote: boolean
  /** The reservation that the start will use. */
  readonly reservationId: number | null
  /** Given at every free EVSE of a reader: it goes when a transaction begins at one of them. */
  readonly shared: boolean
  /** Monotonic ms. */
  readonly since: number
}

export interface Session {
  /** Last known pilot state; survives offline phases. */
  readonly vehicle: PilotState | null
  readonly plugged: boolean
  /** Monotonic ms; null when nothing is plugged in, or was before we came up. */
  readonly pluggedAt: number | null
  /** The charger has lost its power during the transaction, and the car was not seen since. */
  readonly powerLost: boolean
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
  /** What reservations mean here. */
  readonly hold: Hold
}

export type SessionInput =
  | {
      readonly kind: 'observed'
      readonly pilot: PilotState | null
      /** The charger is coming up again. */
      readonly rebooting: boolean
      readonly meterWh: number
      readonly at: number
    }
  | { readonly kind: 'tick'; readonly at: number }
  /** A card at the reader, or an identifier by the API. */
  | { readonly kind: 'presented'; readonly idToken: string }
  /** An identifier that was authorised for any EVSE of its reader. */
  | {
      readonly kind: 'granted'
      readonly idToken: string
      readonly parentIdToken: string | null
      readonly at: number
    }
  /** The transaction of a shared permit has begun elsewhere. */
  | { readonly kind: 'withdrawn'; readonly idToken: string }
  | {
      readonly kind: 'authorised'
      readonly idToken: string
      readonly parentIdToken: string | null
      readonly purpose: AuthorisePurpose
      readonly at: number
    }
  | {
      readonly kind: 'refused'
      readonly idToken: string
      readonly purpose: AuthorisePurpose
      readonly reason: string
    }
  | {
      readonly kind: 'remote-start'
      readonly idToken: string
      /** As far as list or cache know it. */
      readonly parentIdToken: string | null
      readonly authorise: boolean
      readonly at: number
    }
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
  | { readonly kind: 'permit-expired'; readonly idToken: string }
  | { readonly kind: 'unplugged' }
  | { readonly kind: 'not-operative'; readonly idToken: string }
  /** Reserved for somebody else. */
  | { readonly kind: 'reserved'; readonly idToken: string }
  /** Somebody else's session runs here. */
  | { readonly kind: 'in-use'; readonly idToken: string }

export interface SessionStep {
  readonly session: Session
  readonly effects: readonly SessionEffect[]
}
