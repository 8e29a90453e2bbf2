/** A site plan in words, for counter-examples. */
import { CIRCUIT_NAMES, OUTLET_NAMES, pathOf } from './plan.ts'
import type { CircuitPlan, EventPlan, OutletPlan, SitePlan, ThreeAmps } from './plan.ts'

export function inWords(plan: SitePlan): string {
  const { circuits, outlets, events } = plan
  const lines = [
    ...circuits.map((part, place) => circuitWords(circuits, part, place)),
    ...outlets.map(outletWords),
    ...events.map((event) => eventWords(event, circuits.length, outlets.length)),
    `every ${plan.tickMs / 1000} s, meters ${plan.meterLag} ticks late, ${plan.strategy}${parameterWords(plan)}`,
  ]
  return lines.map((line) => `  ${line}`).join('\n')
}

function circuitWords(circuits: readonly CircuitPlan[], part: CircuitPlan, place: number): string {
  const tree = pathOf(circuits, place)
    .toReversed()
    .map((at) => `${CIRCUIT_NAMES[at]} ${three(circuits[at]!.limitAmps)}`)
    .join(' > ')
  const meter = part.meter ? `, meter, fail-safe ${part.failSafeAmps} A, building ${three(part.building)}` : ''
  const watts = part.watts === null ? '' : `, cars at most ${part.watts} W`
  const unbalance = part.unbalanceAmps === null ? '' : `, unbalance at most ${part.unbalanceAmps} A`
  return tree + meter + watts + unbalance
}

function outletWords(part: OutletPlan, index: number): string {
  const { car } = part
  const profile = part.profileAmps === null ? '' : `, profile ${part.profileAmps} A`
  const late = car.from === 0 ? '' : `, comes at tick ${car.from}`
  const priority = car.priority === 1 ? '' : `, priority ${car.priority}`
  return (
    `${OUTLET_NAMES[index]}: ${CIRCUIT_NAMES[part.circuit]} ${part.rotation} ${part.minAmps} to ${part.maxAmps} A in steps of ${part.stepAmps}, ` +
    `fallback ${part.fallbackAmps} A, read back after ${part.latency} ticks, measured every ${part.poll}${profile}; ` +
    `car: ${car.phases} phases, ${car.maxAmps} A, follows in ${car.slowMs} ms${late}${priority}`
  )
}

function eventWords(event: EventPlan, circuits: number, outlets: number): string {
  const circuit = CIRCUIT_NAMES[event.which % circuits]
  const outlet = OUTLET_NAMES[event.which % outlets]
  const at = `tick ${event.tick}:`
  switch (event.kind) {
    case 'building':
      return `${at} building of ${circuit} is ${event.share.join(' / ')} % of the limit`
    case 'limit':
      return `${at} DSO limits ${circuit} to ${event.amps} A for ${event.ticks} ticks`
    case 'watts':
      return `${at} DSO limits cars of ${circuit} to ${event.watts} W for ${event.ticks} ticks`
    case 'meter-silent':
      return `${at} meter of ${circuit} is silent for ${event.ticks} ticks`
    case 'meter-frozen':
      return `${at} meter of ${circuit} is frozen for ${event.ticks} ticks`
    case 'offline':
      return `${at} ${outlet} is offline for ${event.ticks} ticks`
    case 'stuck':
      return `${at} ${outlet} ignores orders for ${event.ticks} ticks`
    case 'greedy':
      return `${at} car of ${outlet} draws all it can for ${event.ticks} ticks`
    case 'profile':
      return `${at} profile of ${outlet} is ${event.amps === null ? 'gone' : `${event.amps} A`}`
    case 'plug':
      return `${at} car of ${outlet} leaves, or one comes`
    case 'restart':
      return `${at} the bridge restarts`
    case 'clock':
      return `${at} the clock jumps by ${event.jumpMs / 1000} s`
    case 'share':
      return `${at} usable share becomes ${event.percent} %`
  }
}

function parameterWords({ parameters }: SitePlan): string {
  const { outletMaxAmps, circuitMaxAmps, ...rest } = parameters
  const maxima = [...outletMaxAmps, ...circuitMaxAmps].map(([id, amps]) => `, ${id} set to ${amps} A`).join('')
  return `, ${rest.usableSharePercent} % usable, dead bands ${rest.chargerDeadBandAmps} and ${rest.siteDeadBandAmps} A, ${rest.reservedArrivals} arrivals of ${rest.arrivalReserveAmps} A${maxima}`
}

function three(amps: ThreeAmps): string {
  return amps.every((one) => one === amps[0]) ? `${amps[0]} A` : `${amps.join(' / ')} A`
}
