/** Currents on top of each other, as steps. Pure. */
import { type Scale, short } from './picture-marks.ts'

/** More points than this do not show. */
const MAX_POINTS = 290

export interface Layer {
  readonly colour: string
  readonly amps: Float32Array
}

export function stackOf(layers: readonly Layer[], minutes: number) {
  const minutesPerPoint = Math.max(1, Math.ceil(minutes / MAX_POINTS))
  const points = Math.ceil(minutes / minutesPerPoint)
  let low = new Float64Array(points)
  const areas = layers.map(({ colour, amps }) => {
    const high = low.map((base, point) => base + meanOf(amps, point * minutesPerPoint, minutesPerPoint))
    const own = { colour, low, high }
    low = high
    return own
  })
  return { areas, minutesPerPoint, highest: Math.max(0, ...low) }
}

function meanOf(series: Float32Array, from: number, count: number): number {
  const part = series.subarray(from, from + count)
  return part.length === 0 ? 0 : part.reduce((sum, amps) => sum + amps, 0) / part.length
}

/** Steps, as set-points are: a point holds until the next. What is nothing all along is not drawn. */
export function area(
  colour: string,
  low: Float64Array,
  high: Float64Array,
  minutesPerPoint: number,
  { x, y }: Scale,
): string {
  const pieces: string[] = []
  let start = 0
  while (start < high.length) {
    if ((high[start] ?? 0) - (low[start] ?? 0) < 0.05) {
      start += 1
      continue
    }
    let end = start
    while (end < high.length && (high[end] ?? 0) - (low[end] ?? 0) >= 0.05) end += 1
    pieces.push(
      steps(high, start, end, minutesPerPoint, { x, y }, 'forward') +
        steps(low, start, end, minutesPerPoint, { x, y }, 'back'),
    )
    start = end
  }
  return pieces.length === 0
    ? ''
    : `<path fill="${colour}" stroke="#ffffff" stroke-width="0.5" d="${pieces.join('')}"/>`
}

function steps(
  series: Float64Array,
  start: number,
  end: number,
  minutesPerPoint: number,
  { x, y }: Scale,
  direction: 'forward' | 'back',
): string {
  const corner = (point: number): string => short(x(point * minutesPerPoint))
  const level = (point: number): string => short(y(series[point] ?? 0))
  const parts: string[] = []
  if (direction === 'forward') {
    parts.push(`M${corner(start)},${level(start)}`)
    for (let point = start; point < end; point++) {
      if (point > start && level(point) !== level(point - 1)) parts.push(`V${level(point)}`)
      if (point === end - 1 || level(point + 1) !== level(point)) parts.push(`H${corner(point + 1)}`)
    }
    return parts.join('')
  }
  for (let point = end - 1; point >= start; point--) {
    if (point === end - 1 || level(point) !== level(point + 1)) parts.push(`V${level(point)}`)
    if (point === start || level(point - 1) !== level(point)) parts.push(`H${corner(point)}`)
  }
  return `${parts.join('')}Z`
}
