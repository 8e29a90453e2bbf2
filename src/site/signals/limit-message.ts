/** What an energy manager publishes: `{"amps": 63}`, `{"power_kw": 30}` or `{"clear": true}`, with `until` or `for` seconds if it likes. Pure. */
import { type LimitTerms, termsOf } from './told-limit.ts'

export type LimitMessage = { readonly kind: 'limit'; readonly terms: LimitTerms } | { readonly kind: 'clear' }

const NAMES = { amps: 'amps', kW: 'power_kw', until: 'until', forSeconds: 'for' } as const
const MAX_LETTERS = 4096

/** The message, or a sentence that says what is wrong with it. Keys that mean nothing here are passed over. @param now wall ms */
export function readLimitMessage(text: string, now: number): LimitMessage | string {
  if (text.length > MAX_LETTERS) return `it is longer than ${MAX_LETTERS} characters`
  // as when a retained message is deleted: that it was is no order
  if (text.trim() === '') return 'it is empty; `{"clear": true}` takes a limit back'
  let said: unknown
  try {
    said = JSON.parse(text)
  } catch {
    return 'it is not JSON'
  }
  if (typeof said !== 'object' || said === null || Array.isArray(said)) return 'it is not a JSON object'
  const { amps, power_kw: kW, until, for: forSeconds, clear } = said as Readonly<Record<string, unknown>>
  if (clear !== undefined) {
    if (clear !== true) return '`clear` is true, or is not there'
    return amps === undefined && kW === undefined ? { kind: 'clear' } : 'it says `clear` and a limit'
  }
  const terms = termsOf({ amps, kW, until, forSeconds }, NAMES, now)
  return typeof terms === 'string' ? terms : { kind: 'limit', terms }
}
