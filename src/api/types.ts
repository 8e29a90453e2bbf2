/** What the API sends: the one file that the page (`src/web`) may import, and only as types. */
import type { Phase } from '../model/phase.ts'

export type { Phase } from '../model/phase.ts'
export type {
  CircuitSnapshot,
  EvseSnapshot,
  MeterSnapshot,
  SiteSnapshot,
  StationSnapshot,
  UpstreamSnapshot,
} from '../site/snapshot.ts'

/** `trace` on the stream: an OCPP or register frame as it passed. */
export interface ApiTrace {
  /** Rises by one per entry for the life of the process; shared with `ApiEvent`. */
  readonly number: number
  /** Wall time, ms. */
  readonly at: number
  readonly kind: 'ocpp' | 'registers'
  /** Station id, or link URL for registers. */
  readonly about: string
  readonly upstreamId: string | null
  /** As the bridge sees it: `sent` goes to the CSMS or the device. */
  readonly direction: 'sent' | 'received'
  readonly text: string
  /** True when `text` was cut at the stream's limit. */
  readonly cut: boolean
}

/** `event` on the stream: something that happened on a station, as a sentence. */
export interface ApiEvent {
  readonly number: number
  readonly at: number
  readonly stationId: string
  readonly kind: string
  readonly text: string
}

/** `GET /api/v1/trend`: what the metered circuits carried in the last minutes, oldest first. Columns have equal length. */
export interface ApiTrend {
  /** Wall time per sample, ms. */
  readonly at: readonly number[]
  readonly circuits: readonly CircuitTrend[]
}

interface CircuitTrend {
  readonly id: string
  /** Measured A per phase; null where nothing was known. */
  readonly amps: Readonly<Record<Phase, readonly (number | null)[]>>
}

/** Every refusal and fault: `application/problem+json` (RFC 9457) with a stable code. */
export interface ApiProblem {
  readonly type: 'about:blank'
  readonly title: string
  readonly status: number
  readonly code: string
  readonly detail: string
  readonly hint: string
}
