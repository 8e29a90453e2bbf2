/** Whether what flows is over what a limit says. Pure. */
import { PHASES } from '../../model/phase.ts'
import type { SiteLimit } from '../../model/site-limit.ts'
import type { CircuitDraw } from './circuit-draw.ts'

/** What a limit says; null: nothing, for another one of its source comes before it. */
export type Terms = Pick<SiteLimit, 'maxAmps' | 'carsMaxWatts'> | null

/** Null: nobody knows, for the meter is silent. @param tolerance share */
export function exceeds(terms: Terms, { carsWatts, amps }: CircuitDraw, tolerance: number): boolean | null {
  if (terms === null) return false
  const { carsMaxWatts, maxAmps } = terms
  if (carsMaxWatts !== null && carsWatts > carsMaxWatts * (1 + tolerance)) return true
  if (maxAmps === null) return false
  return amps === null ? null : PHASES.some((phase) => amps[phase] > maxAmps[phase] * (1 + tolerance))
}

/** Whether `now` says something, of the current or of the power, that `before` did not. */
export function addsTo(before: Terms, now: Terms): boolean {
  if (now === null) return false
  const [hadAmps, hadWatts] = [
    before !== null && before.maxAmps !== null,
    before !== null && before.carsMaxWatts !== null,
  ]
  return (now.maxAmps !== null && !hadAmps) || (now.carsMaxWatts !== null && !hadWatts)
}
