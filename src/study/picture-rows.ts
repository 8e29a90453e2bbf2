/** The rows below a picture's currents: each station's day as bars, and until when energy was promised. Pure. */
import type { Presence, StationCourse } from './course.ts'
import {
  LEFT,
  DEFERRED_COLOUR,
  DEFERRED_EDGE,
  DONE_COLOUR,
  WAITING_COLOUR,
  WAITING_EDGE,
  PALE_INK,
  text,
  short,
  escaped,
  promiseMark,
  type Scale,
} from './picture-marks.ts'

/** A stretch of one station's row, minutes. */
export interface Bar {
  readonly presence: Exclude<Presence, 'away'>
  readonly from: number
  readonly until: number
}

export interface RowPlace {
  readonly top: number
  readonly height: number
  readonly named: boolean
}

/**
 * @param phase the site phase that the picture shows: charging on others only is drawn hollow
 * @param promises minutes at which promised energy is due
 */
export function stationRow(
  { name, presence, amps }: StationCourse,
  colour: string,
  phase: 0 | 1 | 2,
  promises: readonly number[],
  row: RowPlace,
  { x }: Scale,
): readonly string[] {
  const inset = row.height >= 10 ? 2 : 0.5
  const size = Math.min(11, row.height)
  const box = (from: number, until: number, by: number): string =>
    `x="${short(x(from) + by)}" y="${short(row.top + inset + by)}" width="${short(Math.max(0, x(until) - x(from) - 2 * by))}" height="${short(row.height - 2 * (inset + by))}"`
  const bars = barsOf(presence).map(({ presence: what, from, until }) => {
    if (what === 'charging' && isNothing(amps[phase].subarray(from, until)))
      return `<rect ${box(from, until, 0.75)} fill="#ffffff" stroke="${colour}" stroke-width="1.5"/>`
    if (what === 'charging') return `<rect ${box(from, until, 0)} fill="${colour}"/>`
    if (what === 'done') return `<rect ${box(from, until, 0)} fill="${DONE_COLOUR}"/>`
    const [fill, edge] = what === 'deferred' ? [DEFERRED_COLOUR, DEFERRED_EDGE] : [WAITING_COLOUR, WAITING_EDGE]
    return `<rect ${box(from, until, 0)} fill="${fill}" stroke="${edge}" stroke-width="0.5"/>`
  })
  const middle = row.top + row.height / 2
  const label = row.named
    ? [
        text(
          LEFT - 8,
          middle + size * 0.36,
          escaped(shortName(name)),
          `text-anchor="end" font-size="${size}" fill="${PALE_INK}"`,
        ),
      ]
    : []
  return [...label, ...bars, ...promises.map((minute) => promiseMark(x(minute), middle, size / 2))]
}

/** A row's stretches; a car that changes within a minute is drawn as it ended. */
export function barsOf(presence: readonly Presence[]): readonly Bar[] {
  const bars: Bar[] = []
  let from = 0
  for (let minute = 1; minute <= presence.length; minute++) {
    const what = presence[from]
    if (minute < presence.length && presence[minute] === what) continue
    if (what !== undefined && what !== 'away') bars.push({ presence: what, from, until: minute })
    from = minute
  }
  return bars
}

function shortName(name: string): string {
  return name.length <= 11 ? name : `${name.slice(0, 10)}…`
}

/** Nothing that could be seen. */
export function isNothing(series: Float32Array): boolean {
  return series.every((amps) => amps < 0.05)
}
