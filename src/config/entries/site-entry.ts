/** `site`: the site as a whole. */
import { say, section, text } from '../fields.ts'

export const siteSection = section({
  name: text(64, 'the name of the site').default('Site').describe('Shown on the page and in logs.'),
  timezone: text(64, 'a time zone')
    .refine(isTimezone, { error: say('is not a time zone', 'write an IANA name such as `Europe/Zurich`') })
    .default('UTC')
    .describe('IANA name such as `Europe/Zurich`: local days and hours of recurring charging schedules.'),
})

function isTimezone(name: string): boolean {
  try {
    // an offset such as +01:00 is accepted by Intl too, but knows no summer time
    return /^[A-Za-z]/.test(name) && new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}
