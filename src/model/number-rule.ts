/** Numbers that a person or a CSMS puts into a setting: they travel as text, so text is what is checked. Pure. */

/** A number in the range, or one of the texts in `also` (an empty one for none). A decimal has a point, and three digits after it at most. */
export interface NumberRule {
  readonly type: 'integer' | 'decimal'
  readonly min: number
  readonly max: number
  readonly also?: readonly string[]
}

const INTEGER = /^\d{1,9}$/
const DECIMAL = /^\d{1,9}(?:\.\d{1,3})?$/

/** The text as it is stored, or null when it is none that the rule allows. */
export function checkNumber({ type, min, max, also = [] }: NumberRule, value: string): string | null {
  const text = value.trim()
  if (also.includes(text)) return text
  if (!(type === 'integer' ? INTEGER : DECIMAL).test(text)) return null
  const number = Number(text)
  return number >= min && number <= max ? String(number) : null
}

/** What a rule wants, for a person: `a whole number from 1 to 5, or nothing`. @param refused what was not taken, where it may be in the range */
export function expectedNumber({ type, min, max, also = [] }: NumberRule, refused = ''): string {
  const others = also.map((text) => (text === '' ? ', or nothing' : `, or ${text}`)).join('')
  const isTooFine = type === 'decimal' && /^\s*\d{1,9}\.\d{4,}\s*$/.test(refused)
  return `a ${type === 'integer' ? 'whole ' : ''}number from ${min} to ${max}${isTooFine ? ', with three decimals at most' : ''}${others}`
}
