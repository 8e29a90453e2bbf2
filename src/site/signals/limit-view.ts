/** A limit as people see it. Pure. */
import type { SiteLimit } from '../../model/site-limit.ts'
import type { LimitView } from './limit-operations.ts'
import type { StandingLimit } from './site-limits.ts'

export function limitView({ limit, by }: StandingLimit, inForce: boolean): LimitView {
  const { id, source, circuitId, maxAmps, carsMaxWatts, priority, since, until } = limit
  const kW = carsMaxWatts === null ? null : carsMaxWatts / 1000
  return { id, source, circuit: circuitId, amps: maxAmps, kW, priority, by, since, until, inForce }
}

/** For the log. */
export function describeLimit({ id, circuitId, maxAmps, carsMaxWatts }: SiteLimit): string {
  const says = [
    ...(maxAmps === null ? [] : [`${maxAmps.L1}/${maxAmps.L2}/${maxAmps.L3} A`]),
    ...(carsMaxWatts === null ? [] : [`${carsMaxWatts / 1000} kW for the cars`]),
  ]
  return `limit ${id} on circuit ${circuitId}: ${says.join(', ')}`
}
