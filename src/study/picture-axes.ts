/** The axes of a picture: hours, amps, the limit, and what its colours mean. Pure. */
import { localTime } from './local-time.ts'
import {
  WIDTH,
  LEFT,
  RIGHT,
  STATION_COLOURS,
  BUILDING_COLOUR,
  WAITING_COLOUR,
  WAITING_EDGE,
  DEFERRED_COLOUR,
  DEFERRED_EDGE,
  DONE_COLOUR,
  LIMIT_COLOUR,
  INK,
  PALE_INK,
  GRID,
  line,
  text,
  short,
  type Scale,
} from './picture-marks.ts'

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

export function legend(hasBuilding: boolean, hasDeferred: boolean): readonly string[] {
  const entries = [
    ...(hasBuilding ? [{ colour: BUILDING_COLOUR, edge: 'none', label: 'building' }] : []),
    { colour: STATION_COLOURS[0] ?? INK, edge: 'none', label: 'charging, each car its colour' },
    { colour: WAITING_COLOUR, edge: WAITING_EDGE, label: 'waits for current' },
    ...(hasDeferred ? [{ colour: DEFERRED_COLOUR, edge: DEFERRED_EDGE, label: 'waits for a better hour' }] : []),
    { colour: DONE_COLOUR, edge: 'none', label: 'full, or own timer' },
  ]
  let x = LEFT
  const parts: string[] = []
  for (const { colour, edge, label } of entries) {
    parts.push(`<rect x="${x}" y="36" width="12" height="12" fill="${colour}" stroke="${edge}" stroke-width="0.5"/>`)
    parts.push(text(x + 17, 46, label, `fill="${PALE_INK}"`))
    x += 17 + label.length * 6.6 + 18
  }
  parts.push(
    `<path d="M${short(x)},42h22" stroke="${LIMIT_COLOUR}" stroke-width="1.6" stroke-dasharray="7 4" fill="none"/>`,
    text(x + 27, 46, 'limit', `fill="${PALE_INK}"`),
  )
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
