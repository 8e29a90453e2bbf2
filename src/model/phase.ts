/** Site phases and how a charger's terminals are wired to them. */
export type Phase = 'L1' | 'L2' | 'L3'
export const PHASES: readonly Phase[] = ['L1', 'L2', 'L3']

/** Amperes per site phase. */
export type PhaseAmps = Readonly<Record<Phase, number>>

/**
 * `rotation[i]` is the site phase on the charger's terminal i+1.
 * Three-phase chargers have three entries, one-phase chargers one.
 */
export type PhaseRotation = readonly Phase[]

export const ROTATIONS = ['L1L2L3', 'L1L3L2', 'L2L1L3', 'L2L3L1', 'L3L1L2', 'L3L2L1', 'L1', 'L2', 'L3'] as const
export type RotationName = (typeof ROTATIONS)[number]

export function rotation(name: RotationName): PhaseRotation {
  return PHASES_OF[name]
}

const PHASES_OF: Readonly<Record<RotationName, PhaseRotation>> = {
  L1L2L3: ['L1', 'L2', 'L3'],
  L1L3L2: ['L1', 'L3', 'L2'],
  L2L1L3: ['L2', 'L1', 'L3'],
  L2L3L1: ['L2', 'L3', 'L1'],
  L3L1L2: ['L3', 'L1', 'L2'],
  L3L2L1: ['L3', 'L2', 'L1'],
  L1: ['L1'],
  L2: ['L2'],
  L3: ['L3'],
}

export function everyPhase(amps: number): PhaseAmps {
  return { L1: amps, L2: amps, L3: amps }
}
