/** The last reading of one connector, and what it says to the virtual station. Pure. */
import type { DeviceReading } from '../model/signal.ts'
import { NO_SIGNALS } from '../model/signal.ts'
import type { EvseState } from '../model/station.ts'

/** An energy value this much older than the state belongs to the time before: 22 kW are 6 Wh a second. */
const ENERGY_FRESH_MS = 100

export function noReading(connector: number): DeviceReading {
  return { connector, values: NO_SIGNALS, takenAt: {} }
}

/**
 * A vehicle came or left, and the energy register was read before that: the last watt-hours would be lost, or counted for the next one.
 * Everything is read once more before the station hears of it.
 */
export function mustReadEnergyFirst(before: DeviceReading, now: DeviceReading): boolean {
  const was = before.values.state
  const is = now.values.state
  if (was === null || is === null || (was === 'A') === (is === 'A')) return false
  const { energy, state } = now.takenAt
  return energy !== undefined && state !== undefined && energy < state - ENERGY_FRESH_MS
}

/** How long the energy is waited for. */
const ENERGY_LIMIT_MS = 5000

/** Whether the energy was read after it was wanted (monotonic ms), or need not be waited for any more. */
export function hasEnergySince({ takenAt }: DeviceReading, wantedAt: number, now: number): boolean {
  const readAt = takenAt.energy ?? takenAt.session
  return readAt === undefined || readAt >= wantedAt || now - wantedAt > ENERGY_LIMIT_MS
}

/** @param at wall time, ms */
export function evseStateOf(
  { connector, values }: DeviceReading,
  online: boolean,
  offeredAmps: number | null,
  at: number,
): EvseState {
  return {
    evse: connector,
    online,
    quality: online ? 'good' : 'stale',
    pilot: values.state,
    fault: values.error,
    tag: values.tag,
    offeredAmps,
    measuredAmps: values.current,
    voltage: values.voltage,
    powerW: values.power,
    powersW: values.powers,
    energyWh: values.energy,
    sessionWh: values.session,
    frequencyHz: values.frequency,
    temperatureC: values.temperature,
    socPercent: values.soc,
    at,
  }
}
