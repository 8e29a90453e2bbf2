/** OCPP 1.6 texts (CiString: printable ASCII of limited length) and numbers in meter values. */
import { BridgeError } from '../../model/errors.ts'

/** Printable ASCII as close to the text as can be: accents are dropped, what has no likeness becomes `?`. */
function asciiOf(text: string): string {
  return text
    .replaceAll(/[‘’]/g, "'")
    .replaceAll(/[“”]/g, '"')
    .replaceAll(/[–—]/g, '-')
    .replaceAll('ß', 'ss')
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/[^\x20-\x7e]/gu, '?')
    .trim()
}

/** The first `maxLength` characters of the text in printable ASCII. */
export function ciString(text: string, maxLength: number): string {
  return asciiOf(text).slice(0, maxLength).trimEnd()
}

/** As `ciString`, but a sentence is not cut within a word, if that keeps most of it. */
export function ciStringAtWord(text: string, maxLength: number): string {
  const whole = asciiOf(text)
  if (whole.length <= maxLength) return whole
  const lastGap = whole.lastIndexOf(' ', maxLength)
  return whole.slice(0, lastGap > maxLength / 2 ? lastGap : maxLength).trimEnd()
}

/** The last `maxLength` characters: what tells two serial numbers apart stands at their end. */
export function ciStringEnd(text: string, maxLength: number): string {
  return asciiOf(text).slice(-maxLength).trimStart()
}

/** IdToken (§7.28). One that is none could never be sent back, and its transaction would be stuck. */
export function isIdTag(text: string): boolean {
  return /^[\x20-\x7e]{1,20}$/.test(text)
}

/** An idTag is never shortened: it would be somebody else's. Throws FRAME_INVALID. */
export function idTag(idToken: string): string {
  if (!isIdTag(idToken)) {
    throw new BridgeError('FRAME_INVALID', 'an OCPP 1.6 idTag has 1 to 20 printable characters')
  }
  return idToken
}

/** A measured number as text with at most three decimals and no exponent; null when it is none. */
export function decimalText(value: number): string | null {
  if (!Number.isFinite(value) || Math.abs(value) >= 1e15) return null
  const rounded = Math.round(value * 1000) / 1000
  return rounded === 0 ? '0' : String(rounded)
}

/** OCPP leaves out what is not known. */
export function optional<Name extends string>(name: Name, text: string): Partial<Record<Name, string>> {
  const entry: Partial<Record<string, string>> = text === '' ? {} : { [name]: text }
  return entry
}
