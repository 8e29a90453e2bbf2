/** Pilot state of IEC 61851-1 A.4: A no vehicle, B connected, C charging, D ventilated, E/F fault. */
export type PilotState = 'A' | 'B' | 'C' | 'D' | 'E' | 'F'
export const PILOT_STATES: readonly PilotState[] = ['A', 'B', 'C', 'D', 'E', 'F']
