/** Messages of an energy manager. */
import { expect, it } from 'vitest'
import { everyPhase } from '../../../src/model/phase.ts'
import { readLimitMessage } from '../../../src/site/signals/limit-message.ts'

const NOW = Date.parse('2026-11-22T12:00:00Z')

it.each([
  ['{"amps": 63}', { maxAmps: everyPhase(63), carsMaxWatts: null, forMs: null }],
  ['{"power_kw": 30, "for": 60}', { maxAmps: null, carsMaxWatts: 30_000, forMs: 60_000 }],
  ['{"amps": {"L1": 1, "L2": 2, "L3": 3}, "sent_by": "ems 3"}', { maxAmps: { L1: 1, L2: 2, L3: 3 } }],
])('%s', (text, terms) => {
  expect(readLimitMessage(text, NOW)).toMatchObject({ kind: 'limit', terms })
})

it('takes a limit back', () => {
  expect(readLimitMessage('{"clear": true}', NOW)).toEqual({ kind: 'clear' })
})

it.each([
  ['', 'it is empty; `{"clear": true}` takes a limit back'],
  ['no', 'it is not JSON'],
  ['63', 'it is not a JSON object'],
  ['[63]', 'it is not a JSON object'],
  ['null', 'it is not a JSON object'],
  ['{}', 'it says neither `amps` nor `power_kw`'],
  ['{"kW": 3}', 'it says neither `amps` nor `power_kw`'],
  ['{"clear": 1}', '`clear` is true, or is not there'],
  ['{"clear": true, "amps": 3}', 'it says `clear` and a limit'],
  ['{"amps": 3, "for": "1 h"}', '`for` is a number of seconds from 1 to 2678400 (31 days)'],
  [`{"amps": ${'1'.repeat(5000)}}`, 'it is longer than 4096 characters'],
])('does not understand %s', (text, reason) => {
  expect(readLimitMessage(text, NOW)).toBe(reason)
})
