/**
 * A rush hour for a site that has recorded nothing: people come home between five and seven, most stay the night, the building has its
 * evening peak, and energy becomes cheaper at nine. Buyers of load management are advised to ask for exactly this.
 */
import type { Circuit } from '../model/circuit.ts'
import { firstInstantOf, zoneOffsetMs } from '../model/local-days.ts'
import type { PhaseAmps } from '../model/phase.ts'
import type { SiteSample } from '../model/site-sample.ts'
import { around, between, chance, oneOf, type Chance } from './chance.ts'
import { character, type CarModel } from './car.ts'
import { taperOf } from './recorded-days.ts'
import type { StudyStation, StudyVisit } from './study-site.ts'

export interface RushHourOptions {
  /** Local midnight of its day, wall ms. */
  readonly midnight: number
  /** Its hours are those of this zone's clocks, also in a night in which they change. */
  readonly timezone: string
  readonly cars: number
  readonly seed: string
}

const HOUR_MS = 3_600_000
const MINUTE_MS = 60_000
/** From three in the afternoon to ten in the morning. */
const FROM_HOURS = 15
const UNTIL_HOURS = 34

type Day = Pick<RushHourOptions, 'midnight' | 'timezone'>

export function rushHourSpan(day: Day): { readonly from: number; readonly until: number } {
  return { from: atHour(day, FROM_HOURS), until: atHour(day, UNTIL_HOURS) }
}

/** When the clocks show so many hours after the day's beginning (34: ten in the morning after), wall ms. */
function atHour({ midnight, timezone }: Day, hours: number): number {
  return firstInstantOf(shownAt(midnight, timezone) + hours * HOUR_MS, timezone)
}

function hourAt({ midnight, timezone }: Day, at: number): number {
  return (shownAt(at, timezone) - shownAt(midnight, timezone)) / HOUR_MS
}

/** What the clocks show, as if it were UTC. */
function shownAt(at: number, timezone: string): number {
  return at + zoneOffsetMs(at, timezone)
}

interface Wish {
  readonly arrivesAt: number
  readonly leavesAt: number
  readonly car: CarModel
  readonly wantedWh: number | null
  readonly departsAt: number | null
  readonly commitment: { readonly energyWh: number; readonly byAt: number } | null
}

/** A car takes a free place, in an order that the seed gives (of the added ones last); one that finds none drives on. */
export function rushHourVisits(
  stations: readonly StudyStation[],
  added: readonly StudyStation[],
  { cars, seed, ...day }: RushHourOptions,
): { readonly visits: readonly StudyVisit[]; readonly turnedAway: number } {
  const places = [...shuffled(stations, seed), ...shuffled(added, seed)]
  const takenUntil = new Map<string, number>()
  const wishes = Array.from({ length: cars }, (_, index) => wishOf(chance(`${seed} rush ${index}`), day))
  const visits: StudyVisit[] = []
  let turnedAway = 0
  for (const wish of wishes.toSorted((one, other) => one.arrivesAt - other.arrivesAt)) {
    const place = places.find(({ outletId }) => (takenUntil.get(outletId) ?? 0) <= wish.arrivesAt)
    if (place === undefined) {
      turnedAway += 1
      continue
    }
    takenUntil.set(place.outletId, wish.leavesAt)
    visits.push({ ...wish, id: `car-${visits.length + 1}`, outletId: place.outletId, priority: place.priority })
  }
  return { visits, turnedAway }
}

function wishOf(next: Chance, day: Day): Wish {
  const kind = oneOf(next, KINDS)
  const arrivesAt = wholeSecond(atHour(day, Math.min(23, Math.max(15.2, around(next, 17.75, 0.9)))))
  const isShort = next() < 0.15
  const leavesAt = isShort
    ? wholeSecond(arrivesAt + HOUR_MS * between(next, 1, 3))
    : wholeSecond(atHour(day, 24 + Math.min(9.8, Math.max(5, around(next, 7.4, 0.8)))))
  const needWh = Math.round(between(next, 3, 10) ** 2 * 250 * (isShort ? 0.6 : 1))
  const tells = next()
  const commits = tells < 0.3 && !isShort
  const acWh = needWh / 0.88
  return {
    arrivesAt,
    leavesAt,
    car: {
      ...character(next),
      phases: kind.phases,
      maxAmps: kind.maxAmps,
      needWh,
      taperWh: taperOf(needWh),
      timerAt: next() < 0.08 && !isShort && !commits ? atHour(day, 22) : null,
    },
    wantedWh: tells < 0.5 ? acWh : null,
    departsAt: tells < 0.5 ? leavesAt : null,
    commitment: commits ? { energyWh: 0.7 * acWh, byAt: leavesAt - 15 * MINUTE_MS } : null,
  }
}

const KINDS: readonly [Kind, ...Kind[]] = [
  { weight: 0.45, phases: 3, maxAmps: 16 },
  { weight: 0.1, phases: 3, maxAmps: 32 },
  { weight: 0.15, phases: 2, maxAmps: 16 },
  { weight: 0.2, phases: 1, maxAmps: 32 },
  { weight: 0.1, phases: 1, maxAmps: 16 },
]

interface Kind {
  readonly weight: number
  readonly phases: 1 | 2 | 3
  readonly maxAmps: number
}

/** The building of each metered circuit: a fifth of its fuse by day, more in the evening, and a machine that runs ten minutes in twenty-five. */
export function rushHourSamples(circuits: readonly Circuit[], day: Day, seed: string): readonly SiteSample[] {
  const { from, until } = rushHourSpan(day)
  return circuits
    .filter(({ meterId }) => meterId !== null)
    .flatMap((circuit) => {
      const next = chance(`${seed} building ${circuit.id}`)
      const fuse = Math.min(circuit.limitAmps.L1, circuit.limitAmps.L2, circuit.limitAmps.L3)
      const shares = { L1: between(next, 0.85, 1.1), L2: between(next, 0.85, 1.1), L3: between(next, 0.85, 1.1) }
      return Array.from({ length: Math.ceil((until - from) / MINUTE_MS) }, (_, index): SiteSample => {
        const at = from + index * MINUTE_MS
        const hour = hourAt(day, at)
        const evening = Math.exp(-(((hour - 18.75) / 1.6) ** 2))
        const night = hour > 23 && hour < 29.5 ? 0.5 : 1
        const machine = index % 25 < 10 ? 0.07 : 0
        const mean = fuse * (night * (0.16 + 0.22 * evening) + machine) * between(next, 0.95, 1.05)
        const highest = mean + fuse * 0.04 * next()
        return {
          at,
          circuitId: circuit.id,
          meanAmps: times(shares, mean),
          highestAmps: times(shares, highest),
        }
      })
    })
}

function times({ L1, L2, L3 }: PhaseAmps, factor: number): PhaseAmps {
  return { L1: L1 * factor, L2: L2 * factor, L3: L3 * factor }
}

function shuffled(stations: readonly StudyStation[], seed: string): readonly StudyStation[] {
  return stations
    .map((station) => ({ station, draw: chance(`${seed} place ${station.outletId}`)() }))
    .toSorted((one, other) => one.draw - other.draw)
    .map(({ station }) => station)
}

function wholeSecond(at: number): number {
  return Math.round(at / 1000) * 1000
}
