/**
 * What no device of a car park can mean, whatever its registers say (H57): such a value is missing. Wide on purpose; a mapping's own
 * `range` is the sharp one.
 */
import type { SignalName } from '../../model/signal.ts'

export type NumericSignal = Exclude<SignalName, 'state' | 'enabled' | 'tag' | 'error' | 'evid'>

/** Base units, both ends included. A main fuse of 10,000 A is the largest that a site file allows. */
const BOUNDS: Readonly<Record<NumericSignal, readonly [lowest: number, highest: number]>> = {
  current: [-10_000, 10_000],
  voltage: [-1500, 1500],
  power: [-20_000_000, 20_000_000],
  powers: [-10_000_000, 10_000_000],
  energy: [0, Number.MAX_SAFE_INTEGER],
  export: [0, Number.MAX_SAFE_INTEGER],
  session: [0, Number.MAX_SAFE_INTEGER],
  frequency: [0, 1000],
  soc: [0, 100],
  temperature: [-100, 300],
  limit: [0, 10_000],
  phases: [0, 3],
}

export function isNumericSignal(name: string): name is NumericSignal {
  return Object.hasOwn(BOUNDS, name)
}

/** The value, or null where it cannot be. */
export function plausible(signal: NumericSignal, value: number): number | null {
  const [lowest, highest] = BOUNDS[signal]
  return value >= lowest && value <= highest ? value : null
}
