/** The kinds of values a site file has, as zod fields whose messages say what is wrong and, after the line break, what to do. */
import { z } from 'zod'
import { nearestHint } from './nearest-name.ts'
import {
  CURRENT,
  DURATION,
  ENERGY,
  LONG_DURATION,
  parseQuantity,
  POWER,
  quantityPattern,
  shorten,
  VOLTAGE,
  type QuantityKind,
} from './quantity.ts'

/** Message and hint travel through zod as one text. */
export function say(message: string, hint: string): string {
  return `${message}\n${hint}`
}

/** Amps from a text such as `16 A`. With `orZero`, 0 A is allowed besides the range (0 < I < 6 A is no charging current: IEC 61851-1). */
export function amps(min: number, max: number, orZero = false) {
  return quantity(CURRENT, min, max, orZero)
}

/** Seconds from a text such as `30 s`, `500 ms`, `2 min`. */
export function seconds(min: number, max: number) {
  return quantity(DURATION, min, max, false)
}

/** Hours from a text such as `8 h`, `90 min`, `2 d`. */
export function hours(min: number, max: number) {
  return quantity(LONG_DURATION, min, max, false)
}

/** kW from a text such as `45 kW`, `4200 W`. */
export function kilowatts(min: number, max: number) {
  return quantity(POWER, min, max, false)
}

/** kWh from a text such as `12 kWh`. */
export function kilowattHours(min: number, max: number) {
  return quantity(ENERGY, min, max, false)
}

/** Volts from a text such as `230 V`. */
export function volts(min: number, max: number) {
  return quantity(VOLTAGE, min, max, false)
}

function quantity(kind: QuantityKind, min: number, max: number, orZero: boolean) {
  const explain = (input: unknown): string => {
    const result = read(input)
    return 'problem' in result ? say(result.problem, result.hint) : ''
  }
  const read = (input: unknown): ReturnType<typeof parseQuantity> => {
    if (!orZero) return parseQuantity(input, kind, min, max)
    const result = parseQuantity(input, kind, 0, max)
    if ('value' in result && result.value > 0 && result.value < min) {
      return { problem: `\`${String(input)}\` is out of range`, hint: `it is 0 A (pause) or from ${min} A to ${max} A` }
    }
    return result
  }
  return z
    .string({ error: (issue) => explain(issue.input) })
    .transform((input, context) => {
      const result = read(input)
      if ('value' in result) return result.value
      context.issues.push({ code: 'custom', message: say(result.problem, result.hint), input })
      return z.NEVER
    })
    .meta({ pattern: quantityPattern(kind).source })
}

/** A text of at most `max` characters. A bare number is refused: YAML would drop its leading zeros. */
export function text(max: number, what: string) {
  return z
    .string({ error: (issue) => wrongType(issue.input, `write ${what}`, 'text') })
    .refine((value) => value.trim() !== '', { error: say('is empty', `write ${what}`), abort: true })
    .refine((value) => value.length <= max, { error: say('is too long', `at most ${max} characters`), abort: true })
    .refine((value) => !/[\r\n\t]/.test(value), { error: say('has more than one line', `write ${what} in one line`) })
    .meta({ minLength: 1, maxLength: max })
}

/** The id of something in this file, where it is referred to. */
export function reference(what: string) {
  return z.string({ error: (issue) => wrongType(issue.input, `name ${what}`, 'text') })
}

export function oneOf<const Words extends readonly [string, ...string[]]>(words: Words) {
  return z.enum(words, {
    error: (issue) => {
      if (issue.input === undefined || issue.input === null) return missing(issue.input, `write ${listed(words)}`)
      return say(
        `is not one of ${words.join(', ')}`,
        typeof issue.input === 'string' ? nearestHint(issue.input, words) : '',
      )
    },
  })
}

export function integer(min: number, max: number, what: string) {
  const hint = `${what} is a whole number from ${min} to ${max}, without a unit`
  return z
    .number({ error: (issue) => wrongType(issue.input, hint, 'a number') })
    .refine((value) => Number.isInteger(value) && value >= min && value <= max, { error: say('is out of range', hint) })
    .meta({ type: 'integer', minimum: min, maximum: max })
}

/** A number without a unit, decimals allowed. */
export function number(min: number, max: number, what: string) {
  const hint = `${what} is a number from ${min} to ${max}, without a unit`
  return z
    .number({ error: (issue) => wrongType(issue.input, hint, 'a number') })
    .refine((value) => value >= min && value <= max, { error: say('is out of range', hint) })
    .meta({ type: 'number', minimum: min, maximum: max })
}

export function flag() {
  return z.boolean({ error: (issue) => wrongType(issue.input, 'write true or false', 'true or false') })
}

/** A list of 1 to `max` entries. */
export function list<Item extends z.ZodType>(item: Item, max: number, hint: string) {
  return z
    .array(item, { error: (issue) => wrongType(issue.input, hint, 'a list') })
    .min(1, { error: say('is empty', hint) })
    .max(max, { error: say('has too many entries', `at most ${max}`) })
}

/** A section with fixed keys. Unknown keys are refused; the loader names the nearest. */
export function section<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  return z.strictObject(shape, {
    error: (issue) => wrongType(issue.input, 'write keys and values below it', 'a section'),
  })
}

export function missing(input: unknown, hint: string): string {
  return say(input === undefined ? 'is missing' : 'is empty', hint)
}

function wrongType(input: unknown, hint: string, wanted: string): string {
  if (input === undefined || input === null) return missing(input, hint)
  if (wanted === 'text' && (typeof input === 'number' || typeof input === 'boolean')) {
    return say('is read as a number or truth value, not as text', 'put it in quotes')
  }
  // `.nan` and `.inf`
  if (wanted === 'a number' && typeof input === 'number') return say('is out of range', hint)
  return say(`is ${kindOf(input)}, not ${wanted}`, hint)
}

export function kindOf(input: unknown): string {
  if (Array.isArray(input)) return 'a list'
  if (typeof input === 'object') return 'a section'
  if (typeof input === 'string') return 'a text'
  return typeof input === 'number' ? 'a number' : 'a truth value'
}

function listed(words: readonly string[]): string {
  return words.map((word) => `\`${shorten(word)}\``).join(' or ')
}
