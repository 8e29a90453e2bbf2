/** The simulated car park: bays, building and grid meter, moved on together. Knows chargers only by what their front shows. */
import type { PhaseAmps, PhaseRotation } from '../model/phase.ts'
import type { SignalValues } from '../model/signal.ts'
import { emptyBay, powerW, stepBay, takesCurrent, terminalAmps, VOLTAGE } from './bay.ts'
import type { Bay, BayNews, ParkedCar } from './bay.ts'
import { buildingAmps } from './building.ts'
import { KNOWN_CARDS, UNKNOWN_CARD } from './cars.ts'

/** A charger as the world touches it: the pilot line out, the meter and the plug in. */
export interface ChargerFront {
  /** What the pilot offers the car: 0, or 6 A and more. */
  offerAmps(): number
  show(values: Partial<SignalValues>): void
}

export interface MeterFront {
  show(values: Partial<SignalValues>): void
}

export interface WorldBay {
  readonly stationId: string
  readonly charger: ChargerFront
  readonly rotation: PhaseRotation
  /** Drivers hold their card to the charger's own reader. */
  readonly hasReader: boolean
  readonly maxAmps: number
}

export interface WorldOptions {
  readonly bays: readonly WorldBay[]
  readonly meter: MeterFront
  readonly speed: number
  /** What the chargers' meters counted before, Wh per bay: a meter never forgets. */
  readonly registersWh?: readonly number[]
  readonly tell: (text: string) => void
}

const CARD_AFTER_SECONDS = 2
/** Who is refused looks for the right card. */
const CARD_GONE_SECONDS = 9
const OTHER_CARD_SECONDS = 15

export class World {
  readonly #options: WorldOptions
  #bays: readonly Bay[]
  #seconds = 0

  constructor(options: WorldOptions) {
    this.#options = options
    this.#bays = options.bays.map((_, number) => {
      const bay = emptyBay(number)
      return { ...bay, registerWh: options.registersWh?.[number] ?? bay.registerWh }
    })
    this.#show()
  }

  get bays(): readonly Bay[] {
    return this.#bays
  }

  /** Moves everything on by so many real seconds. */
  step(seconds: number): void {
    const { bays, speed } = this.#options
    this.#seconds += seconds
    this.#bays = this.#bays.map((bay, index) => {
      const place = bays[index]
      if (place === undefined) return bay
      const offerAmps = Math.min(place.charger.offerAmps(), place.maxAmps)
      const { bay: next, news } = stepBay(bay, { seconds, speed, offerAmps })
      if (news !== null) this.#options.tell(newsText(place.stationId, news, next))
      return next
    })
    this.#show()
  }

  /** What the house connection carries now, per site phase. */
  gridAmps(): PhaseAmps {
    const sum: Record<'L1' | 'L2' | 'L3', number> = { ...buildingAmps(this.#seconds) }
    for (const [index, bay] of this.#bays.entries()) {
      const amps = terminalAmps(bay.car)
      for (const [terminal, phase] of (this.#options.bays[index]?.rotation ?? []).entries())
        sum[phase] += amps[terminal] ?? 0
    }
    return sum
  }

  #show(): void {
    const { bays, meter } = this.#options
    for (const [index, bay] of this.#bays.entries()) {
      const place = bays[index]
      place?.charger.show(chargerValues(bay, place.hasReader))
    }
    const { L1, L2, L3 } = this.gridAmps()
    const powers = [L1, L2, L3].map((amps) => amps * VOLTAGE)
    meter.show({
      current: [L1, L2, L3],
      voltage: [VOLTAGE, VOLTAGE, VOLTAGE],
      powers,
      power: powers.reduce((sum, power) => sum + power, 0),
      frequency: 50,
      energy: 48_213_000 + (this.#seconds / 3600) * 30_000,
      export: 0,
    })
  }
}

/** What the charger's display would show of this bay. */
function chargerValues({ car, registerWh }: Bay, hasReader: boolean): Partial<SignalValues> {
  const watts = powerW(car)
  return {
    state: car === null ? 'A' : takesCurrent(car) ? 'C' : 'B',
    current: terminalAmps(car),
    voltage: [VOLTAGE, VOLTAGE, VOLTAGE],
    power: watts,
    energy: registerWh,
    session: car?.sessionWh ?? 0,
    temperature: 24,
    ...(hasReader ? { tag: cardShown(car) } : {}),
  }
}

/** The card that the reader has seen in this session, or null. */
export function cardShown(car: ParkedCar | null): string | null {
  if (car === null || car.pluggedSeconds < CARD_AFTER_SECONDS) return null
  if (car.plan.card !== UNKNOWN_CARD) return car.plan.card
  if (car.pluggedSeconds < CARD_GONE_SECONDS) return car.plan.card
  return car.pluggedSeconds < OTHER_CARD_SECONDS ? null : (KNOWN_CARDS[0] ?? null)
}

function newsText(stationId: string, news: BayNews, { car }: Bay): string {
  switch (news) {
    case 'arrived':
      return `${stationId}: a car is plugged in${car === null ? '' : ` (${car.plan.phases === 1 ? 'one phase' : 'three phases'}, up to ${car.plan.maxAmps} A)`}`
    case 'full':
      return `${stationId}: the car is full`
    case 'left':
      return `${stationId}: the car leaves`
  }
}
