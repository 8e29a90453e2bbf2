/** What a site remembers of its days, so that they can be played again with another fuse, more stations or another tariff. */
import type { PhaseAmps } from './phase.ts'

/** One minute of one metered circuit. */
export interface SiteSample {
  /** Wall time of the minute's begin, ms. */
  readonly at: number
  readonly circuitId: string
  /** Mean and highest of what the building took, per phase. */
  readonly meanAmps: PhaseAmps
  readonly highestAmps: PhaseAmps
}

/** One visit of a car, complete when it has left. */
export interface VisitRecord {
  readonly sessionId: string
  readonly stationId: string
  readonly evse: number
  readonly circuitId: string
  /** Wall time, ms: the car came, and left (null: it is still here). */
  readonly arrivedAt: number
  readonly leftAt: number | null
  readonly energyWh: number
  /** It took no more although it was offered some. */
  readonly full: boolean
  /** Learned from measurement; null: never measured while it charged. */
  readonly phases: 1 | 2 | 3 | null
  readonly highestAmps: number | null
  readonly wantedWh: number | null
  readonly departsAt: number | null
  readonly commitment: { readonly energyWh: number; readonly byAt: number } | null
  readonly priority: number
  /** Pauses that we ordered. */
  readonly pauses: number
}
