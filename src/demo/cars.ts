/** Which cars come to the demo car park, in a fixed order per bay. Times are world time: `--speed` makes them shorter. */

export interface CarPlan {
  /** Seconds that the bay stays empty before this car. */
  readonly emptySeconds: number
  /** Phases of the car's own charger. */
  readonly phases: 1 | 3
  readonly maxAmps: number
  /** What it lacks when it comes. */
  readonly energyWh: number
  /** Seconds it takes to follow a new current: IEC 61851-1 allows 5, and some cars take longer. */
  readonly reactionSeconds: number
  /** Seconds it stays after it is full. */
  readonly lingerSeconds: number
  /** The card its driver holds to a reader. */
  readonly card: string
}

/** As on the driver's card; the demo CSMS knows all but the last. */
export const KNOWN_CARDS = ['04A1B2C3', '04D4E5F6', '0417283A', '04C0FFEE']
export const UNKNOWN_CARD = '04BAD0CA'

const MODELS = [
  { phases: 3, maxAmps: 16, reactionSeconds: 2 },
  { phases: 1, maxAmps: 32, reactionSeconds: 1.5 },
  { phases: 3, maxAmps: 32, reactionSeconds: 3 },
  { phases: 3, maxAmps: 16, reactionSeconds: 6 },
  { phases: 1, maxAmps: 16, reactionSeconds: 2 },
  { phases: 3, maxAmps: 20, reactionSeconds: 1 },
] as const

/** The `index`-th car of a bay. The first three bays are full when the demo begins; the fourth fills while one watches. */
export function carPlan(bay: number, index: number): CarPlan {
  const draw = (salt: number): number => unitNoise(bay * 7919 + index * 104_729 + salt)
  const first = index === 0
  const model = MODELS[first ? (FIRST_MODEL[bay] ?? 0) : Math.floor(draw(1) * MODELS.length)] ?? MODELS[0]
  const cards = index % 5 === 3 ? [UNKNOWN_CARD] : KNOWN_CARDS
  return {
    ...model,
    emptySeconds: first ? (bay < 3 ? 0 : 25) : 20 + 60 * draw(2),
    energyWh: Math.round((first ? (FIRST_WH[bay] ?? 500) : 300 + 800 * draw(3)) * (model.phases === 1 ? 0.5 : 1)),
    lingerSeconds: 15 + 45 * draw(4),
    card: cards[Math.floor(draw(5) * cards.length)] ?? '',
  }
}

const FIRST_MODEL = [2, 5, 0, 1]
/** So that the first one leaves after some three minutes. */
const FIRST_WH = [600, 800, 400, 500]

/** 0..1, always the same for the same number (SplitMix32 finaliser). */
export function unitNoise(seed: number): number {
  let z = (seed + 0x9e37_79b9) | 0
  z = Math.imul(z ^ (z >>> 16), 0x21f0_aaad)
  z = Math.imul(z ^ (z >>> 15), 0x735a_2d97)
  return ((z ^ (z >>> 15)) >>> 0) / 2 ** 32
}
