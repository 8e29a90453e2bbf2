/**
 * What an even share of the true room would have given: every second each car gets the same as the others on its tightest circuit, or nothing
 * where even 6 A do not fit for one more; at once, without any delay, with the building known. A bar for a site that holds its fuses by
 * giving nothing.
 */
import { type Phase, PHASES } from '../../../src/model/phase.ts'
import { type CarPlan, VOLTAGE } from './car.ts'
import type { Limits } from './judge.ts'
import type { CircuitId, Yard } from './yard.ts'

const LEAST_AMPS = 6

interface Guest {
  readonly plan: CarPlan
  readonly panel: string
  readonly phases: readonly Phase[]
  readonly mostAmps: number
  gotWh: number
}

export class EvenShare {
  energyWh = 0
  readonly #yard: Yard
  readonly #guests = new Map<string, Guest>()

  constructor(yard: Yard) {
    this.#yard = yard
  }

  arrive(bayId: string, plan: CarPlan, mostAmps: number): void {
    const bay = this.#yard.bay(bayId)
    this.#guests.set(bayId, { plan, panel: bay.plan.circuit, phases: bay.carPhases, mostAmps, gotWh: 0 })
  }

  leave(bayId: string): void {
    this.#guests.delete(bayId)
  }

  /** One second; `silent`: the meter is, and only the fail-safe counts. */
  second(limits: Limits, silent: boolean): void {
    const hungry = [...this.#guests.values()].filter(({ gotWh, plan }) => gotWh < plan.wantedWh)
    const rooms = this.#rooms(limits, silent)
    const served: Guest[] = []
    for (const guest of hungry) if (fits([...served, guest], rooms, limits.carsWatts)) served.push(guest)
    for (const guest of served) {
      const amps = Math.min(guest.plan.maxAmps, guest.mostAmps, shareOf(guest, served, rooms, limits.carsWatts))
      const wh = (amps * guest.phases.length * VOLTAGE) / 3600
      guest.gotWh += wh
      this.energyWh += wh
    }
  }

  #rooms(limits: Limits, silent: boolean): readonly Room[] {
    return this.#yard.circuits.flatMap(({ id, limitAmps }) =>
      PHASES.map((phase, index) => {
        const limit = Math.min(limitAmps, limits.amps.get(id) ?? Infinity)
        const free = silent ? this.#yard.plan.failSafeAmps : limit - (this.#yard.building[index] ?? 0)
        return { circuit: id, phase, amps: Math.max(0, id === 'house' ? free : limit) }
      }),
    )
  }
}

interface Room {
  readonly circuit: CircuitId
  readonly phase: Phase
  readonly amps: number
}

function uses(guest: Guest, { circuit, phase }: Room): boolean {
  return guest.phases.includes(phase) && (circuit === 'house' || circuit === 'feeder' || circuit === guest.panel)
}

function fits(guests: readonly Guest[], rooms: readonly Room[], watts: number | null): boolean {
  return guests.every((guest) => shareOf(guest, guests, rooms, watts) >= LEAST_AMPS)
}

function shareOf(guest: Guest, guests: readonly Guest[], rooms: readonly Room[], watts: number | null): number {
  let share = Infinity
  for (const room of rooms)
    if (uses(guest, room)) share = Math.min(share, room.amps / guests.filter((other) => uses(other, room)).length)
  if (watts === null) return share
  return Math.min(share, watts / VOLTAGE / guests.reduce((sum, { phases }) => sum + phases.length, 0))
}
