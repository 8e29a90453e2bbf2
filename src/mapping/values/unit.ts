/**
 * Units as the data sheet prints them: `0.1 A`, `mW`, `1/256 kWh`, `Ws`, `-W`, `0.1 °C`. A unit is a quantity and a factor into
 * the base units of the model: A, V, W, Wh, Hz, °C, %, s. VA and VAh are read as W and Wh: devices that have only apparent power
 * are near power factor 1, and their mapping says so in a note.
 */
export type Quantity = 'A' | 'V' | 'W' | 'Wh' | 'Hz' | '°C' | '%' | 's'

export interface Unit {
  readonly text: string
  readonly quantity: Quantity
  /** base = (raw + offset of the point) * numerator / denominator. Kept as a fraction so that 0.1 steps print exactly. */
  readonly numerator: number
  readonly denominator: number
}

/** Symbols and their factor as [numerator, denominator]. */
const SYMBOLS: Readonly<Record<string, readonly [Quantity, number, number]>> = {
  A: ['A', 1, 1],
  mA: ['A', 1, 1000],
  V: ['V', 1, 1],
  mV: ['V', 1, 1000],
  kV: ['V', 1000, 1],
  W: ['W', 1, 1],
  mW: ['W', 1, 1000],
  kW: ['W', 1000, 1],
  MW: ['W', 1e6, 1],
  VA: ['W', 1, 1],
  kVA: ['W', 1000, 1],
  Wh: ['Wh', 1, 1],
  mWh: ['Wh', 1, 1000],
  kWh: ['Wh', 1000, 1],
  MWh: ['Wh', 1e6, 1],
  GWh: ['Wh', 1e9, 1],
  VAh: ['Wh', 1, 1],
  kVAh: ['Wh', 1000, 1],
  Ws: ['Wh', 1, 3600],
  J: ['Wh', 1, 3600],
  kJ: ['Wh', 1000, 3600],
  Hz: ['Hz', 1, 1],
  mHz: ['Hz', 1, 1000],
  '°C': ['°C', 1, 1],
  K: ['°C', 1, 1],
  '%': ['%', 1, 1],
  '‰': ['%', 1, 10],
  s: ['s', 1, 1],
  ms: ['s', 1, 1000],
  min: ['s', 60, 1],
  h: ['s', 3600, 1],
}

export const UNIT_SYMBOLS: readonly string[] = Object.keys(SYMBOLS)

const PATTERN = /^(-?)(?:(\d{1,9}(?:\.\d{1,9})?)(?:\/(\d{1,9}))?)?(?: ?([^\d\s./-]{1,5}))$/u

/** The unit, or a sentence about what is wrong with it. */
export function parseUnit(text: string): Unit | string {
  const match = PATTERN.exec(text.trim())
  if (match === null) return `"${text}" is not a unit such as 0.1 A, mW, 1/256 kWh or -W`
  const [, minus = '', number = '', divisor = '', symbol = ''] = match
  const known = Object.hasOwn(SYMBOLS, symbol) ? SYMBOLS[symbol] : undefined
  if (known === undefined) return `"${symbol}" is not a unit of this language (${UNIT_SYMBOLS.join(' ')})`
  const decimals = number.includes('.') ? number.length - number.indexOf('.') - 1 : 0
  const whole = number === '' ? 1 : Number(number.replace('.', ''))
  const below = (divisor === '' ? 1 : Number(divisor)) * 10 ** decimals
  if (whole === 0 || below === 0) return `"${text}" would make every value ${whole === 0 ? '0' : 'infinite'}`
  const [quantity, over, under] = known
  return {
    text,
    quantity,
    numerator: whole * over * (minus === '' ? 1 : -1),
    denominator: below * under,
  }
}

/** Raw number -> base unit. Exact for every decimal step that a double can hold. */
export function toBase(raw: number, unit: Unit): number {
  return (raw * unit.numerator) / unit.denominator
}

export function fromBase(value: number, unit: Unit): number {
  return (value * unit.denominator) / unit.numerator
}
