/** What we order a charger to do, and why. */

/** The rule that bound a set-point: "why 9 A?" has one answer everywhere. */
export type Binding =
  | { readonly kind: 'circuit'; readonly circuitId: string; readonly phase: 'L1' | 'L2' | 'L3' }
  | { readonly kind: 'fail-safe'; readonly circuitId: string }
  | { readonly kind: 'profile'; readonly source: string }
  | { readonly kind: 'device' }
  | { readonly kind: 'not-authorised' }
  | { readonly kind: 'no-vehicle' }
  | { readonly kind: 'unavailable' }
  | { readonly kind: 'minimum'; readonly circuitId: string }
  | { readonly kind: 'hold'; readonly reason: string }

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
    case 'circuit':
      return `circuit ${binding.circuitId}, phase ${binding.phase}`
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
