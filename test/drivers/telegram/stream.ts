/** A decoder under test: what it found and what it threw away. And values as meters have them. */
import fc from 'fast-check'

import type { Decoder, TelegramEvents } from '../../../drivers/telegram/decoder.ts'
import type { TelegramValue } from '../../../src/model/driver.ts'

export type Telegram = Readonly<Record<string, readonly [number | string, string | null]>>

export interface Heard {
  readonly telegrams: Telegram[]
  /** Why bytes were thrown away. */
  readonly broken: string[]
  readonly push: (bytes: Uint8Array) => void
}

export function hearing(make: (events: TelegramEvents) => Decoder): Heard {
  const telegrams: Telegram[] = []
  const broken: string[] = []
  const decoder = make({
    telegram: (values) => telegrams.push(plain(values)),
    broken: (why) => broken.push(why),
  })
  return { telegrams, broken, push: decoder.push }
}

export function plain(values: ReadonlyMap<string, TelegramValue>): Telegram {
  return Object.fromEntries([...values].map(([key, { value, unit }]) => [key, [value, unit]]))
}

const CODE = fc
  .tuple(fc.nat(3), fc.nat(4), fc.integer({ min: 1, max: 95 }), fc.nat(99), fc.nat(99))
  .map(([a, b, c, d, e]) => `${a}-${b}:${c}.${d}.${e}`)
/** Thousandths up to a billion, as meters print them. */
const MEASURED = fc.tuple(fc.integer({ min: -1e12, max: 1e12 }), fc.constantFrom('kWh', 'kW', 'A', 'V', 'Hz', 'm3'))
const VALUE: fc.Arbitrary<TelegramValue> = fc.oneof(
  { weight: 4, arbitrary: MEASURED.map(([thousandths, unit]) => ({ value: thousandths / 1000, unit })) },
  {
    weight: 1,
    arbitrary: fc.stringMatching(/^[0-9A-Za-z]{1,20}$/).map((value) => ({ value, unit: null })),
  },
)

/** What some meter may say. */
export const METER: fc.Arbitrary<ReadonlyMap<string, TelegramValue>> = fc
  .uniqueArray(fc.tuple(CODE, VALUE), { minLength: 1, maxLength: 30, selector: ([code]) => code })
  .map((entries) => new Map(entries))

/** `bytes` in pieces that end where `cuts` say. */
export function pieces(bytes: Uint8Array, cuts: readonly number[]): readonly Uint8Array[] {
  const ends = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].toSorted((a, b) => a - b)
  return [...ends, bytes.length].map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end))
}
