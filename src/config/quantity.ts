/** Quantities with their unit, as people write them: `100 A`, `30 s`, `500 ms`. Pure. */

export interface QuantityKind {
  /** `a current` */
  readonly what: string
  /** Unit to factor into the base unit. The first is the one that is proposed when the unit is missing. */
  readonly units: Readonly<Record<string, number>>
  /** An example for hints. */
  readonly example: string
}

export const CURRENT: QuantityKind = { what: 'a current', units: { A: 1 }, example: '16 A' }
/** Base unit: second. */
export const DURATION: QuantityKind = {
  what: 'a time',
  units: { s: 1, ms: 0.001, min: 60, h: 3600 },
  example: '30 s',
}
/** Base unit: hour. For stays and the like. */
export const LONG_DURATION: QuantityKind = {
  what: 'a time',
  units: { h: 1, min: 1 / 60, d: 24 },
  example: '8 h',
}
/** Base unit: kW, which is what people write. */
export const POWER: QuantityKind = { what: 'a power', units: { kW: 1, W: 0.001, MW: 1000 }, example: '11 kW' }
/** Base unit: kWh. */
export const ENERGY: QuantityKind = { what: 'an energy', units: { kWh: 1, Wh: 0.001 }, example: '10 kWh' }
export const VOLTAGE: QuantityKind = { what: 'a voltage', units: { V: 1 }, example: '230 V' }

export type Quantity = { readonly value: number } | { readonly problem: string; readonly hint: string }

const NUMBER = String.raw`[+-]?\d{1,12}(?:\.\d{1,6})?`

/** For editors; `parseQuantity` says more. */
export function quantityPattern(kind: QuantityKind): RegExp {
  return new RegExp(`^\\d{1,12}(\\.\\d{1,6})? ?(${Object.keys(kind.units).join('|')})$`)
}

/** The value in the kind's base unit. `min` and `max` are in that unit and belong to the range. */
export function parseQuantity(input: unknown, kind: QuantityKind, min: number, max: number): Quantity {
  const unit = Object.keys(kind.units)[0] ?? ''
  const range = `${min} ${unit} to ${max} ${unit}`
  if (input === undefined || input === null) {
    return {
      problem: input === null ? 'is empty' : 'is missing',
      hint: `write ${kind.what}, for example \`${kind.example}\``,
    }
  }
  if (typeof input === 'number') return unitMissing(input)
  if (typeof input !== 'string') {
    return { problem: `is not ${kind.what}`, hint: `write for example \`${kind.example}\`` }
  }
  const text = input.trim()
  const match = new RegExp(`^(${NUMBER}) ?([^\\d\\s.,]*)$`, 'u').exec(text)
  if (match === null) {
    const comma = /^[+-]?\d+,\d+ ?\S*$/.test(text)
    return {
      problem: `\`${shorten(text)}\` is not ${kind.what}`,
      hint: comma ? 'write the decimal point as a point' : `write for example \`${kind.example}\``,
    }
  }
  const number = Number(match[1])
  const word = match[2] ?? ''
  if (word === '') return unitMissing(number)
  const factor = Object.hasOwn(kind.units, word) ? kind.units[word] : undefined
  if (factor === undefined) {
    return {
      problem: `\`${shorten(text)}\` is not ${kind.what}`,
      hint: `its unit is ${Object.keys(kind.units).join(', ')}`,
    }
  }
  const value = Number((number * factor).toPrecision(12))
  if (value < min || value > max) return { problem: `\`${text}\` is out of range`, hint: `it goes from ${range}` }
  return { value }

  function unitMissing(bare: number): Quantity {
    if (!(bare >= min && bare <= max)) return { problem: `\`${bare}\` is out of range`, hint: `it goes from ${range}` }
    return { problem: 'the unit is missing', hint: `write \`${bare} ${unit}\`` }
  }
}

/** kW and kWh as W and Wh, without the crumbs of binary fractions. */
export function thousandfold(value: number): number {
  return Number((value * 1000).toPrecision(12))
}

/** What the file says, short enough for one line of a message. */
export function shorten(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ')
  return line.length > 60 ? `${line.slice(0, 57)}...` : line
}
