/** What a person must look at. */
import type { BalanceAlarm } from '../model/balance-input.ts'
import { PHASES } from '../model/phase.ts'
import type { Capacity } from './measure/capacity.ts'
import type { Limits } from './known/limits.ts'
import type { KnownOutlet } from './known/known-outlet.ts'
import type { CircuitMeter } from './measure/meters.ts'
import type { Standing } from './measure/reserve.ts'
import { slotOf } from './known/tree.ts'
import type { Tree } from './known/tree.ts'

export function alarmsOf(
  tree: Tree,
  meters: readonly (CircuitMeter | null)[],
  capacity: Capacity,
  limits: Limits,
  outlets: readonly { readonly outlet: KnownOutlet; readonly standing: Standing }[],
): readonly BalanceAlarm[] {
  const alarms: BalanceAlarm[] = []
  tree.circuits.forEach((circuit, place) => {
    const meter = meters[place] ?? null
    if (meter !== null) alarms.push(...meterAlarms(circuit.id, circuit.meterId ?? circuit.id, meter))
    const building = capacity.building[place] ?? null
    if (building === null) return
    const over = PHASES.filter((phase, index) => building[phase] > (limits.phaseAmps[slotOf(place, index)] ?? 0))
    if (over.length === 0) return
    const worst = over.map((phase) => `${phase} ${building[phase].toFixed(1)} A`).join(', ')
    alarms.push({
      kind: 'over-limit',
      id: circuit.id,
      text: `circuit ${circuit.id} is over its limit without our cars: ${worst}`,
    })
  })
  for (const { outlet, standing } of outlets) {
    if (standing.beyondControl === 'draws-more') {
      const measured = (outlet.highestAmps ?? 0).toFixed(1)
      const text = `${outlet.id} draws ${measured} A, allowed are ${standing.inForceAmps.toFixed(1)} A`
      alarms.push({ kind: 'outlet-disobeys', id: outlet.id, text })
    } else if (standing.beyondControl === 'does-not-confirm') {
      const text = `${outlet.id} still allows ${standing.inForceAmps.toFixed(1)} A, less was ordered`
      alarms.push({ kind: 'outlet-disobeys', id: outlet.id, text })
    }
  }
  return alarms
}

function meterAlarms(circuitId: string, meterId: string, meter: CircuitMeter): readonly BalanceAlarm[] {
  if (meter.trust === 'silent') {
    return [
      {
        kind: 'meter-silent',
        id: meterId,
        text: `meter ${meterId} is silent: circuit ${circuitId} is at its fail-safe current`,
      },
    ]
  }
  if (meter.trust === 'frozen') {
    const text = `meter ${meterId} shows the same value while our cars changed: circuit ${circuitId} is at its fail-safe current`
    return [{ kind: 'meter-frozen', id: meterId, text }]
  }
  if (meter.contradictedBy === null) return []
  const { contradictedBy: below } = meter
  const text = `meter ${meterId} shows less than the meters below it (${PHASES.map((phase) => below[phase].toFixed(1)).join(' / ')} A): the higher value counts`
  return [{ kind: 'meters-disagree', id: meterId, text }]
}
