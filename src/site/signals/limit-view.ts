/** A limit as people see it. Pure. */
import type { CircuitLimit, SiteLimit } from '../../model/site-limit.ts'
import type { LimitView } from './limit-operations.ts'
import type { StandingLimit } from './site-limits.ts'

export function limitView({ limit, by }: StandingLimit, inForce: boolean): LimitView {
  const { since, until } = limit
  return { ...valueOf(limit), by, since, until, inForce, proved: true }
}

/** One that is no command from outside: nothing outranks it, and no log proves it. `told`: by whom, and from and until when, wall ms. */
export function ownLimitView(limit: CircuitLimit, told: Pick<LimitView, 'by' | 'since' | 'until'>): LimitView {
  return { ...valueOf(limit), ...told, inForce: true, proved: false }
}

function valueOf({ id, source, circuitId, maxAmps, carsMaxWatts, priority }: CircuitLimit) {
  const kW = carsMaxWatts === null ? null : carsMaxWatts / 1000
  return { id, source, circuit: circuitId, amps: maxAmps, kW, priority }
}

/** For the log. */
export function describeLimit({ id, circuitId, maxAmps, carsMaxWatts }: SiteLimit): string {
  const says = [
    ...(maxAmps === null ? [] : [`${maxAmps.L1}/${maxAmps.L2}/${maxAmps.L3} A`]),
    ...(carsMaxWatts === null ? [] : [`${carsMaxWatts / 1000} kW for the cars`]),
  ]
  return `limit ${id} on circuit ${circuitId}: ${says.join(', ')}`
}
