/** What a driver wants of a session: when to leave, how much energy, whether it was promised, before whom. Pure. */

export interface Wish {
  /** Wall time, ms; null: not said. */
  readonly departsAt: number | null
  /** In all of the session, Wh; null: not said. */
  readonly energyWh: number | null
  /** The energy was promised by the departure. */
  readonly promised: boolean
  /** 1: as everybody; 9 goes first; null: the charger's. */
  readonly priority: number | null
}

/** A departure further away is a slip. */
const FURTHEST_DEPARTURE_MS = 7 * 86_400_000
/** Larger than any battery of a car or van, and most of a truck's. */
const MOST_ENERGY_WH = 1_000_000
const HIGHEST_PRIORITY = 9

/** What is wrong with a wish at `now` (wall ms), in words; null: nothing. */
export function wishProblem({ departsAt, energyWh, promised, priority }: Wish, now: number): string | null {
  if (departsAt !== null) {
    if (!Number.isFinite(departsAt)) return 'the departure is no time'
    if (departsAt <= now) return `the departure is in the past: it is ${new Date(now).toISOString()}`
    if (departsAt > now + FURTHEST_DEPARTURE_MS) return 'the departure is more than 7 days away'
  }
  if (energyWh !== null && !(energyWh > 0 && energyWh <= MOST_ENERGY_WH)) {
    return `the energy is more than 0 and at most ${MOST_ENERGY_WH / 1000} kWh`
  }
  if (promised && (departsAt === null || energyWh === null)) {
    return 'a promise needs the energy and the time of departure'
  }
  if (priority !== null && !(Number.isInteger(priority) && priority >= 1 && priority <= HIGHEST_PRIORITY)) {
    return `the priority is a whole number from 1 to ${HIGHEST_PRIORITY}`
  }
  return null
}

/** As it is stored, with the session it belongs to. */
export function storedWish(transactionId: string, wish: Wish): string {
  return JSON.stringify({ transactionId, ...wish })
}

/** Null for what is no wish, or one of a form that this version does not know. */
export function readWish(text: string): { readonly transactionId: string; readonly wish: Wish } | null {
  let data: unknown
  try {
    data = JSON.parse(text)
  } catch {
    return null
  }
  const field = (name: string): unknown =>
    typeof data === 'object' && data !== null ? Reflect.get(data, name) : undefined
  const number = (name: string): number | null | undefined => {
    const value = field(name)
    return value === null || (typeof value === 'number' && Number.isFinite(value)) ? value : undefined
  }
  const transactionId = field('transactionId')
  const [departsAt, energyWh, priority, promised] = [
    number('departsAt'),
    number('energyWh'),
    number('priority'),
    field('promised'),
  ]
  if (typeof transactionId !== 'string' || typeof promised !== 'boolean') return null
  if (departsAt === undefined || energyWh === undefined || priority === undefined) return null
  return { transactionId, wish: { departsAt, energyWh, promised, priority } }
}
