/** What a study plays: a site as the balancing core knows it, and days of building load and cars. Wall ms serve as the only clock. */
import type { BalanceInput, BalanceSettings } from '../model/balance-input.ts'
import type { Circuit } from '../model/circuit.ts'
import type { ControllerParameters } from '../model/controller-parameters.ts'
import type { PhaseRotation } from '../model/phase.ts'
import type { SiteLimit } from '../model/site-limit.ts'
import type { Building } from './building.ts'
import type { CarModel } from './car.ts'

export interface StudyStation {
  /** As the balancing core knows the outlet. */
  readonly outletId: string
  /** As people and CSMSs know it. */
  readonly stationId: string
  readonly evse: number
  readonly circuitId: string
  readonly rotation: PhaseRotation
  readonly minAmps: number
  readonly maxAmps: number
  readonly stepAmps: number
  readonly fallbackAmps: number
  readonly softMinAmps: number | null
  /** Of a car that nobody gave another. */
  readonly priority: number
}

export interface StudyTariff {
  readonly currency: string
  /** Per kWh; null: no window covers that hour. */
  readonly priceAt: (at: number) => number | null
  readonly demandChargePerKWYear: number | null
}

/** Shapes what the core is told, as the running site's policy does; it may remember from tick to tick. */
export type StudyPolicy = (input: BalanceInput) => BalanceInput

export interface StudySite {
  readonly name: string
  readonly timezone: string
  readonly circuits: readonly Circuit[]
  readonly stations: readonly StudyStation[]
  readonly parameters: ControllerParameters
  readonly settings: BalanceSettings
  readonly tariff: StudyTariff | null
  /** A fresh one for each run. */
  readonly policy: () => StudyPolicy
}

/** A car that comes and goes. */
export interface StudyVisit {
  readonly id: string
  readonly outletId: string
  readonly arrivesAt: number
  readonly leavesAt: number
  readonly car: CarModel
  /** What the driver told; null: nothing. */
  readonly wantedWh: number | null
  readonly departsAt: number | null
  readonly commitment: { readonly energyWh: number; readonly byAt: number } | null
  readonly priority: number
}

export interface StudyDays {
  readonly from: number
  readonly until: number
  readonly building: Building
  readonly visits: readonly StudyVisit[]
  /** Limits from outside, each in force from `since` to `until`. */
  readonly limits: readonly SiteLimit[]
  /** Cars that found every place taken. */
  readonly turnedAway: number
}

/** `CP-001` where a station has one outlet, else `CP-001/2`. */
export function stationName({ stationId, evse }: Pick<StudyStation, 'stationId' | 'evse'>): string {
  return evse === 1 ? stationId : `${stationId}/${evse}`
}
