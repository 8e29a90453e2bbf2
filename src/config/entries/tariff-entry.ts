/** `tariff`: what a kWh costs when, in local time. */
import { z } from 'zod'
import { list, missing, number, oneOf, say, section } from '../fields.ts'

export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const

/** Minutes of the day. */
function timeOfDay(what: string) {
  const hint = `${what} is a time of day such as \`"07:30"\`, from \`"00:00"\` to \`"24:00"\``
  return z
    .string({
      error: (issue) =>
        issue.input === undefined || issue.input === null ? missing(issue.input, hint) : say('is no time of day', hint),
    })
    .transform((input, context) => {
      const [, hour, minute] = /^(\d{1,2}):(\d{2})$/.exec(input.trim()) ?? []
      const value = Number(hour) * 60 + Number(minute)
      if (hour !== undefined && Number(minute) < 60 && value <= 1440) return value
      context.issues.push({ code: 'custom', message: say('is no time of day', hint), input })
      return z.NEVER
    })
    .meta({ pattern: '^([01]?\\d|2[0-3]):[0-5]\\d$|^24:00$' })
}

const windowSection = section({
  from: timeOfDay('`from`').describe('Local time, `"07:00"`.'),
  to: timeOfDay('`to`').describe('Local time, not included; up to `"24:00"`. Before `from` it is of the next day.'),
  days: list(oneOf(WEEKDAYS), WEEKDAYS.length, 'list days: `[mon, tue]`')
    .optional()
    .describe('Days on which it begins: `mon` `tue` `wed` `thu` `fri` `sat` `sun`. Without it: every day.'),
  price: number(-1000, 1000, 'the price').describe('Of a kWh.'),
})

export const tariffSection = section({
  currency: z
    .string({ error: (issue) => missing(issue.input, 'write its three letters, such as `EUR`') })
    .regex(/^[A-Z]{3}$/, { error: say('is no currency', 'write its three letters, such as `EUR`') })
    .default('EUR')
    .describe('Three letters (ISO 4217); for people.'),
  windows: list(windowSection, 100, 'list windows: `[{from: "00:00", to: "24:00", price: 0.25}]`').describe(
    'Prices; of the windows that hold the first counts. Every minute of the week needs one: write the price that counts otherwise last, from `"00:00"` to `"24:00"`.',
  ),
  'demand-charge': number(0, 100_000, 'the demand charge')
    .optional()
    .describe('For the highest quarter of an hour, per kW and year.'),
})
