/** The axes of a picture: hours, cheap hours, amps and the limit. Pure. */
import { localTime } from './local-time.ts'
import {
  WIDTH,
  LEFT,
  RIGHT,
  TOP,
  PLOT_HEIGHT,
  CHEAP_COLOUR,
  LIMIT_COLOUR,
  PALE_INK,
  GRID,
  line,
  text,
  short,
  type Scale,
} from './picture-marks.ts'
import type { StudySite } from './study-site.ts'

const MAX_MARKS = 25

export function limitLine(limit: number, { y }: Scale): readonly string[] {
  return [
    `<path d="M${LEFT},${short(y(limit))}H${WIDTH - RIGHT}" stroke="${LIMIT_COLOUR}" stroke-width="1.6" stroke-dasharray="7 4" fill="none"/>`,
    text(WIDTH - RIGHT, y(limit) - 5, `${limit} A`, `text-anchor="end" font-weight="600" fill="${LIMIT_COLOUR}"`),
  ]
}

export function ampsAxis(top: number, { y }: Scale): readonly string[] {
  const step = niceStep(top / 5)
  const marks = Array.from({ length: Math.floor(top / step) + 1 }, (_, index) => index * step)
  return marks.flatMap((amps) => [
    line(LEFT, y(amps), WIDTH - RIGHT, y(amps), GRID),
    text(LEFT - 8, y(amps) + 4, `${amps} A`, `text-anchor="end" fill="${PALE_INK}"`),
  ])
}

/** The hours with the lowest price, behind the currents; nothing where the price never changes. */
export function cheapHours(
  { from, minutes }: { readonly from: number; readonly minutes: number },
  tariff: StudySite['tariff'],
  { x }: Scale,
): readonly string[] {
  const prices = Array.from({ length: minutes }, (_, minute) => tariff?.priceAt(from + minute * 60_000) ?? Infinity)
  const lowest = prices.reduce((least, price) => Math.min(least, price), Infinity)
  if (lowest === Infinity || prices.every((price) => price === lowest)) return []
  const parts: string[] = []
  let start = 0
  for (let minute = 1; minute <= minutes; minute++) {
    if (minute < minutes && prices[minute] === prices[start]) continue
    if (prices[start] === lowest)
      parts.push(
        `<rect x="${short(x(start))}" y="${TOP}" width="${short(x(minute) - x(start))}" height="${PLOT_HEIGHT}" fill="${CHEAP_COLOUR}"/>`,
      )
    start = minute
  }
  return parts
}

/** Full local hours, of several days their midnights, so many that their labels do not touch. */
export function hourMarks(
  from: number,
  minutes: number,
  timezone: string,
): readonly { readonly minute: number; readonly label: string }[] {
  const isDays = minutes > 48 * 60
  const every = isDays ? 24 : ([1, 2, 3].find((hours) => minutes / 60 / hours <= 24) ?? 3)
  const marks: { minute: number; label: string }[] = []
  for (let minute = 0; minute <= minutes; minute++) {
    const [day = '', clock = ''] = localTime(from + minute * 60_000, timezone).split(' ')
    const [hour = '', past = ''] = clock.split(':')
    if (past === '00' && Number(hour) % every === 0) marks.push({ minute, label: isDays ? day.slice(5) : `${hour}:00` })
  }
  const step = Math.ceil(marks.length / MAX_MARKS)
  return marks.filter((_, index) => index % step === 0)
}

function niceStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(least, 0.1)))
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= least) ?? 10 * power
}

export function niceTop(least: number): number {
  const step = niceStep(least / 10)
  return Math.ceil(least / step) * step
}
