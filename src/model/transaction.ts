/** An energy session as OCPP defines it. */
export const STOP_REASONS = [
  'de-authorized',
  'emergency-stop',
  'ev-disconnected',
  'hard-reset',
  'local',
  'other',
  'power-loss',
  'reboot',
  'remote',
  'soft-reset',
  'unlock-command',
] as const
export type StopReason = (typeof STOP_REASONS)[number]

export interface Transaction {
  /** Ours: a UUID, never reused, never shown as a 1.6 transactionId. */
  readonly id: string
  readonly stationId: string
  readonly evse: number
  readonly idToken: string
  /** Wall time, ms. */
  readonly startedAt: number
  /** Billing meter (monotone, see the station's energy meter), Wh. */
  readonly startWh: number
  readonly endedAt: number | null
  readonly endWh: number | null
  readonly stopReason: StopReason | null
  /** Set by the CSMS's answer to the start, as text; null until then. */
  readonly csmsTransactionId: string | null
  readonly remoteStarted: boolean
}
