/** What we order a charger to do, and why. */

import type { WaitReason } from './balance-input.ts'
import type { CircuitLimit } from './site-limit.ts'

/** Who set a circuit's limit. */
export type LimitOrigin = 'fuse' | 'controller' | CircuitLimit['source']

/** The rule that bound a set-point: "why 9 A?" has one answer everywhere. */
export type Binding =
  | {
      readonly kind: 'circuit'
      readonly circuitId: string
      readonly phase: 'L1' | 'L2' | 'L3'
      readonly origin: LimitOrigin
      /** What counts on that phase: the limit, and what the building takes of it (null: no meter sees it). */
      readonly limitAmps: number
      readonly buildingAmps: number | null
    }
  /** The cars' power below a circuit. */
  | { readonly kind: 'power'; readonly circuitId: string; readonly origin: LimitOrigin; readonly limitWatts: number }
  | { readonly kind: 'unbalance'; readonly circuitId: string; readonly limitAmps: number }
  /** The car draws no more. */
  | { readonly kind: 'car' }
  /** Others are served first. */
  | { readonly kind: 'turn'; readonly circuitId: string }
  /** Policy lets it wait for a better hour. */
  | { readonly kind: 'wait'; readonly reason: WaitReason }
  | { readonly kind: 'fail-safe'; readonly circuitId: string }
  | { readonly kind: 'profile'; readonly source: string }
  | { readonly kind: 'device' }
  | { readonly kind: 'not-authorised' }
  | { readonly kind: 'no-vehicle' }
  | { readonly kind: 'unavailable' }
  | { readonly kind: 'minimum'; readonly circuitId: string }
  | { readonly kind: 'hold'; readonly reason: string }

/** Where a session stood in the queue. */
export interface Rank {
  /** From 1. */
  readonly position: number
  readonly of: number
  readonly group: 'committed' | 'priority' | 'other'
  /** Energy still needed by the time it is needed, over what full power gives until then; null: unknown. */
  readonly needRatio: number | null
  /** How often we have paused it. */
  readonly pauses: number
}

export interface SetPoint {
  readonly stationId: string
  readonly evse: number
  /** 0 = pause; otherwise at least the charger's minimum (IEC 61851-1: nothing between 0 and 6 A). */
  readonly amps: number
  readonly binding: Binding
}

/** A person's sentence for a binding. */
export function explainBinding(binding: Binding): string {
  switch (binding.kind) {
    case 'circuit': {
      const { circuitId, phase, origin, limitAmps, buildingAmps } = binding
      const building = buildingAmps === null ? '' : `, the building takes ${amps(buildingAmps)}`
      return `circuit ${circuitId}, phase ${phase}: ${amps(limitAmps)} ${ORIGINS[origin]}${building}`
    }
    case 'power':
      return `the cars of circuit ${binding.circuitId} may take ${(binding.limitWatts / 1000).toFixed(1)} kW ${ORIGINS[binding.origin]}`
    case 'unbalance':
      return `phases of circuit ${binding.circuitId} may differ by ${amps(binding.limitAmps)}`
    case 'car':
      return 'the car draws no more'
    case 'turn':
      return `waits for its turn: others are served first on circuit ${binding.circuitId}`
    case 'wait':
      return WAITS[binding.reason]
    case 'fail-safe':
      return `fail-safe of circuit ${binding.circuitId}: its meter is silent`
    case 'profile':
      return `charging profile of ${binding.source}`
    case 'device':
      return 'the charger’s own maximum'
    case 'not-authorised':
      return 'nobody is authorised'
    case 'no-vehicle':
      return 'no vehicle'
    case 'unavailable':
      return 'out of service'
    case 'minimum':
      return `less than the minimum is left on circuit ${binding.circuitId}`
    case 'hold':
      return binding.reason
  }
}

const ORIGINS: Readonly<Record<LimitOrigin, string>> = {
  fuse: 'by its fuse',
  controller: 'by the operator’s setting',
  dso: 'by the grid operator',
  ems: 'by the energy manager',
  operator: 'by the operator',
  'demand-target': 'by the demand target',
}

const WAITS: Readonly<Record<WaitReason, string>> = {
  tariff: 'waits for the cheaper hours; its energy is still in time',
  peak: 'waits so that the site’s peak stays low; its energy is still in time',
  plan: 'waits as the site’s plan says; its energy is still in time',
}

function amps(value: number): string {
  return `${Number(value.toFixed(1))} A`
}
