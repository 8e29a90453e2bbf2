/** The planner's protocol, version 1, as types. Amps per phase, W, kWh; `t` in s. */
type Amps3 = readonly [number, number, number]
/** Null: not measured. */
type Measured3 = readonly [number | null, number | null, number | null]

export interface PlannerCharger {
  readonly id: string
  readonly circuit: string
  readonly minA: number
  readonly maxA: number
  readonly stepA: number
  readonly phases: 1 | 3
  readonly rotation?: string | undefined
  readonly fallbackA: number
  readonly fallbackAfterS: number
}

export interface PlannerSite {
  readonly id: string
  readonly voltage: number
  readonly tickS: number
  readonly settleS: number
  readonly circuits: readonly {
    readonly id: string
    readonly parent: string | null
    readonly limitA: Amps3
    readonly unbalanceA?: number | null | undefined
  }[]
  readonly chargers: readonly PlannerCharger[]
  readonly meters: readonly { readonly id: string; readonly circuit: string }[]
  readonly tariff: readonly { readonly t: number; readonly price: number }[]
  readonly failsafe: { readonly meterStaleS: number; readonly circuit: string; readonly evA: number } | null
}

export interface InitMessage {
  readonly type: 'init'
  readonly restart: boolean
  readonly t: number
  readonly site: PlannerSite
}

export interface TickCharger {
  readonly id: string
  readonly online: boolean
  /** Null: it never was. */
  readonly seenAgeS: number | null
  readonly status?: string
  /** Null: not told. */
  readonly setA: number | null
  readonly A: Measured3
  readonly ageS: number | null
  readonly session: {
    readonly id: string
    readonly sinceT: number
    readonly kWh: number
    readonly energyKWh: number | null
    readonly departT: number | null
    readonly priority: number
    readonly commit: { readonly energyKWh: number; readonly byT: number } | null
    readonly csmsA: number | null
  } | null
}

export interface TickMessage {
  readonly type: 'tick'
  readonly seq: number
  readonly t: number
  readonly meters: Readonly<Record<string, { readonly A: Measured3; readonly ageS: number | null }>>
  readonly limits: readonly {
    readonly source: 'dso' | 'ems'
    readonly circuit: string
    readonly maxA?: Amps3 | undefined
    readonly evMaxW?: number | undefined
  }[]
  readonly chargers: readonly TickCharger[]
}
