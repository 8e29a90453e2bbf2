/**
 * The linear programme of the plan: sessions times slots of a quarter of an hour, circuits per phase, the price of each kWh and of the
 * site's highest quarter hour. In words: all needs that fit, at the least cost, with the same margins as the plain policy. Pure.
 */
import { expectedBuilding } from '../../balance/policy/building-mean.ts'
import type { Fleet } from '../../balance/policy/fleet.ts'
import { horizon, type Horizon } from '../../balance/policy/horizon.ts'
import { type Need, needOf } from '../../balance/policy/need.ts'
import { fill, isFlexible, PLANNED_SHARE, TIGHT } from '../../balance/policy/policy.ts'
import type { PolicyInput, Wait } from '../../balance/policy/policy-input.ts'
import { buildRoom, freeAt, SIDES } from '../../balance/policy/room.ts'

export interface PlanProblem {
  /** CPLEX LP format; variables `x<session>_<slot>` in W. */
  readonly text: string
  readonly needs: readonly Need[]
  readonly slots: Horizon
}

/** The value of each variable by its name. */
export type PlanSolution = Readonly<Record<string, number>>

/** What is left undone costs more than any price. */
const MISSING_PER_KWH = 1000
/** Of plans that cost the same the earlier one: per kWh and hour of waiting. */
const SOONER_PER_HOUR = 0.0002
const HOUR_MS = 3_600_000
/** Less power than this, in the mean of a slot, is none. */
const NOTHING_WATTS = 50

/** @param demandPerKWDay price of a kW of the site's highest quarter hour, for one day; 0: none */
export function planProblem(input: PolicyInput, fleet: Fleet, demandPerKWDay: number): PlanProblem {
  const all = input.sessions.map((session) => needOf(session, input, fleet))
  const slots = horizon(input.at, Math.max(input.at, ...all.map(({ by }) => by)), input.tariff)
  const room = buildRoom(input, slots, PLANNED_SHARE)
  // Who charges goes on, from now; the plan is about the others.
  const runningWatts = new Float64Array(slots.count)
  for (const need of all.filter((one) => !isFlexible(one))) {
    const { whBySlot } = fill(room, need, [...slots.prices.keys()])
    for (const [slot, wh] of whBySlot.entries())
      runningWatts[slot] = (runningWatts[slot] ?? 0) + wh / hoursOf(slots, slot)
  }
  const needs = all.filter((one) => isFlexible(one))

  const cost: string[] = []
  const rows: string[] = []
  const bounds: string[] = []
  const bySlot: { readonly name: string; readonly need: Need }[][] = Array.from({ length: slots.count }, () => [])
  for (const [index, need] of needs.entries()) {
    const energy: string[] = []
    for (let slot = 0; slot < slots.count; slot++) {
      const from = slots.edges[slot] ?? 0
      if (from >= need.by) break
      const name = `x${index}_${slot}`
      const hours = hoursOf(slots, slot)
      const kWhPerWatt = hours / 1000
      const share = (Math.min(slots.edges[slot + 1] ?? 0, need.by) - from) / (hours * HOUR_MS)
      const perKWh = (slots.prices[slot] ?? 0) + (SOONER_PER_HOUR * (from - input.at)) / HOUR_MS
      cost.push(term(perKWh * kWhPerWatt, name))
      energy.push(term(hours, name))
      bounds.push(` 0 <= ${name} <= ${number(need.watts * share)}`)
      bySlot[slot]?.push({ name, need })
    }
    cost.push(term(MISSING_PER_KWH / 1000, `m${index}`))
    energy.push(term(1, `m${index}`))
    rows.push(`${energy.join(' ')} >= ${number(need.wh)}`)
  }
  for (const [slot, variables] of bySlot.entries()) {
    for (const [place, circuit] of input.circuits.entries()) {
      const below = variables.filter(({ need }) => room.pathOf.get(need.session.circuitId)?.includes(place) === true)
      for (let side = 0; side < SIDES; side++) {
        const free = freeAt(room, place, side, slot)
        const terms = below.flatMap(({ name, need }) => {
          const weight = side === 3 ? 1 : (need.shares[side] ?? 0) / input.voltage
          return weight > 0 ? [term(weight, name)] : []
        })
        if (terms.length > 0 && Number.isFinite(free)) rows.push(`${terms.join(' ')} <= ${number(Math.max(0, free))}`)
      }
      if (circuit.parentId !== null || demandPerKWDay <= 0 || below.length === 0) continue
      const load = input.building?.find(({ circuitId }) => circuitId === circuit.id)
      const at = slots.edges[slot] ?? 0
      const amps = load === undefined ? [] : [0, 1, 2].map((phase) => expectedBuilding(load, phase, input.at, at))
      const other = amps.reduce((sum, one) => sum + one, 0) * input.voltage + (runningWatts[slot] ?? 0)
      rows.push(`${below.map(({ name }) => term(1, name)).join(' ')} - 1 peak <= ${number(-other)}`)
    }
  }
  if (demandPerKWDay > 0) cost.push(term(demandPerKWDay / 1000, 'peak'))
  const numbered = rows.map((row, index) => ` r${index}: ${wrap(row)}`)
  const text = `minimize\n obj: ${wrap(cost.join(' '))}\nsubject to\n${numbered.join('\n')}\nbounds\n${bounds.join('\n')}\nend\n`
  return { text, needs, slots }
}

/**
 * Who waits by the plan: sessions whose energy it has in full, that begin in a later slot, and that have time to spare even if they
 * begin late. The others run.
 */
export function waitsOf({ needs, slots }: PlanProblem, solution: PlanSolution): ReadonlyMap<string, Wait> {
  const waits = new Map<string, Wait>()
  for (const [index, need] of needs.entries()) {
    if ((solution[`m${index}`] ?? Infinity) > need.wh * 0.01) continue
    const first = [...slots.prices.keys()].find((slot) => (solution[`x${index}_${slot}`] ?? 0) > NOTHING_WATTS)
    if (first === undefined || first === 0) continue
    const until = slots.edges[first] ?? 0
    if (need.wh <= (TIGHT * need.watts * Math.max(0, need.by - until)) / HOUR_MS)
      waits.set(need.session.id, { until, reason: 'plan' })
  }
  return waits
}

function hoursOf({ edges }: Horizon, slot: number): number {
  return ((edges[slot + 1] ?? 0) - (edges[slot] ?? 0)) / HOUR_MS
}

function term(weight: number, name: string): string {
  return `${weight < 0 ? '-' : '+'} ${number(Math.abs(weight))} ${name}`
}

function number(value: number): string {
  return Number(value.toFixed(9)).toString().includes('e') ? value.toFixed(9) : String(Number(value.toFixed(9)))
}

/** Lines of the format may not be endless. */
function wrap(row: string): string {
  return row.replaceAll(/((?:[+-] \S+ \S+ ){12})/g, '$1\n  ')
}
