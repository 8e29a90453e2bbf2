/**
 * A transaction that was stopped while current flowed: what flows until the charger has paused belongs to the bill, so its end waits for
 * one more reading of the meter. It is on disk meanwhile: a restart ends it and does not go on with it.
 */
import type { StopReason } from '../../../model/transaction.ts'
import { STOP_REASONS } from '../../../model/transaction.ts'
import type { Ending } from './transaction-book.ts'

/** Longer nobody waits: then the last value that is known counts. */
export const LAST_READING_MS = 6_000

/** When the car is gone, or nothing can be read, there is nothing to wait for. */
const AT_ONCE: readonly StopReason[] = ['ev-disconnected', 'power-loss', 'reboot']

export function waitsForReading(reason: StopReason): boolean {
  return !AT_ONCE.includes(reason)
}

/** Ledger key of an end that is under way. */
export function endingKey(evse: number): string {
  return `ending/${evse}`
}

export function storedEnding(transactionId: string, ending: Ending): string {
  return JSON.stringify({ transactionId, ...ending })
}

/** As it is stored: of another transaction it says nothing. */
export function readEnding(text: string | undefined, transactionId: string | null): Ending | null {
  if (text === undefined || transactionId === null) return null
  try {
    const stored: unknown = JSON.parse(text)
    if (typeof stored !== 'object' || stored === null) return null
    const { transactionId: id, reason, idToken, at, meterWh }: Readonly<Record<string, unknown>> = { ...stored }
    const known = STOP_REASONS.find((one) => one === reason)
    if (id !== transactionId || known === undefined) return null
    if (typeof at !== 'number' || typeof meterWh !== 'number') return null
    return { reason: known, idToken: typeof idToken === 'string' ? idToken : null, at, meterWh }
  } catch {
    return null
  }
}
