import type { TLSSocket } from 'node:tls'
import type { BridgeError } from '../../model/errors.ts'
import { stationUrl } from './address.ts'
import type { RpcTransport } from './open-socket.ts'

/** Where one attempt goes, and how the station shows itself there. */
export interface Attempt {
  readonly url: URL
  readonly transport: RpcTransport
}

/** What became of an attempt. `working`: the CSMS spoke OCPP, or kept the connection open for long; later ends are no news. */
export type AttemptOutcome =
  | { readonly kind: 'opened'; readonly tls: TLSSocket | null }
  | { readonly kind: 'working' }
  | { readonly kind: 'failed'; readonly error: BridgeError }

/** The way to a CSMS when it may change: password, certificate or security profile, and what is tried when one of them is refused. */
export interface Approach {
  /** Asked before each attempt. What it throws is the reason why that attempt failed. */
  next(): Attempt
  /** Told of each attempt in its order. */
  told(outcome: AttemptOutcome): void
}

/** Always the same. Throws CONFIG_INVALID for a bad address or station id. */
export function fixedApproach(baseUrl: string, stationId: string, transport: RpcTransport): Approach {
  const attempt: Attempt = { url: stationUrl(baseUrl, stationId), transport }
  return { next: () => attempt, told: () => undefined }
}
