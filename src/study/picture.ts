/** One run as a picture (SVG): on top who took how much of a circuit's current, below who was served when. Pure. */
import type { Circuit } from '../model/circuit.ts'
import { PHASES } from '../model/phase.ts'
import type { CircuitCourse, Presence, StationCourse } from './course.ts'
import { dayOf, localTime } from './local-time.ts'
import type { Run } from './run.ts'

export interface PictureOptions {
  /** Which circuit; without it the one that bound most set-points. */
  readonly circuitId?: string
  readonly title?: string
}

/** A stretch of one station's row, minutes. */
export interface Bar {
  readonly presence: Exclude<Presence, 'away'>
  readonly from: number
  readonly until: number
}

const WIDTH = 960
const LEFT = 76
const RIGHT = 26
const TOP = 62
const PLOT_HEIGHT = 260
const GAP = 46
const BOTTOM = 34
const PLOT_WIDTH = WIDTH - LEFT - RIGHT
/** More points than this do not show. */
const MAX_POINTS = 290
const MAX_MARKS = 25

/** Told apart by most eyes, also side by side. */
const STATION_COLOURS = [
  '#4e79a7',
  '#f1a340',
  '#59a14f',
  '#b07aa1',
  '#76b7b2',
  '#e3c23e',
  '#d9656b',
  '#9c755f',
  '#7aa6d6',
  '#c98bb9',
  '#8cc278',
  '#5f8f8b',
]
const BUILDING_COLOUR = '#c3c9d2'
const WAITING_COLOUR = '#ffe3b8'
const WAITING_EDGE = '#e0a040'
const DEFERRED_COLOUR = '#d9ecdf'
const DEFERRED_EDGE = '#7fb58f'
const DONE_COLOUR = '#e4e7ec'
const LIMIT_COLOUR = '#c0392b'
const INK = '#24292f'
const PALE_INK = '#57606a'
const GRID = '#e6e9ed'

export function drawRun(run: Run, options: PictureOptions = {}): string {
  const { site, course } = run
  const shown = options.circuitId ?? tightestCircuit(course.circuits, site.circuits)
  const circuit = site.circuits.find(({ id }) => id === shown)
  if (circuit === undefined) throw new RangeError(`there is no circuit ${shown}`)
  const below = idsBelow(site.circuits, circuit.id)
  const stations = course.stations
    .filter(({ circuitId }) => below.has(circuitId))
    .map((station, index) => ({ station, colour: stationColour(index) }))
  const building = course.circuits.find(({ circuitId }) => circuitId === circuit.id)
  const phase = fullestPhase(
    stations.map(({ station }) => station),
    building,
  )
  const layers = [
    ...(building === undefined || isNothing(building.buildingAmps[phase])
      ? []
      : [{ colour: BUILDING_COLOUR, amps: building.buildingAmps[phase] }]),
    ...stations.map(({ station, colour }) => ({ colour, amps: station.amps[phase] })),
  ]
  const limit = circuit.limitAmps[PHASES[phase] ?? 'L1']
  const rowHeight = Math.min(18, Math.max(5, Math.floor(420 / Math.max(1, stations.length))))
  const ganttTop = TOP + PLOT_HEIGHT + GAP
  const height = ganttTop + rowHeight * stations.length + BOTTOM
  const stacked = stackOf(layers, course.minutes)
  const top = niceTop(Math.max(limit, stacked.highest) * 1.06)
  const scale: Scale = {
    x: (minute) => LEFT + (minute / course.minutes) * PLOT_WIDTH,
    y: (amps) => TOP + PLOT_HEIGHT * (1 - amps / top),
  }
  const hours = hourMarks(course.from, course.minutes, site.timezone)
  const title =
    options.title ??
    `${site.name}, circuit ${circuit.id}, phase ${PHASES[phase] ?? ''}, from ${dayOf(course.from, site.timezone)}`
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" font-family="system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif" font-size="12" fill="${INK}">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    text(LEFT, 22, escaped(title), 'font-size="15" font-weight="600"'),
    ...legend(
      layers.length > stations.length,
      stations.some(({ station }) => station.presence.includes('deferred')),
    ),
    ...ampsAxis(top, scale),
    ...hours.map(({ minute }) => line(scale.x(minute), TOP, scale.x(minute), TOP + PLOT_HEIGHT, GRID)),
    ...stacked.areas.map(({ colour, low, high }) => area(colour, low, high, stacked.minutesPerPoint, scale)),
    ...limitLine(limit, scale),
    line(LEFT, TOP + PLOT_HEIGHT, WIDTH - RIGHT, TOP + PLOT_HEIGHT, PALE_INK),
    ...hours.map(({ minute, label }) =>
      text(scale.x(minute), TOP + PLOT_HEIGHT + 16, label, `text-anchor="middle" fill="${PALE_INK}"`),
    ),
    ...hours.map(({ minute }) => line(scale.x(minute), ganttTop, scale.x(minute), height - BOTTOM, GRID)),
    ...stations.flatMap(({ station, colour }, index) =>
      gantt(
        station,
        colour,
        { top: ganttTop + index * rowHeight, height: rowHeight, named: rowHeight >= 10 || index % 2 === 0 },
        scale,
      ),
    ),
    ...hours.map(({ minute, label }) =>
      text(scale.x(minute), height - BOTTOM + 18, label, `text-anchor="middle" fill="${PALE_INK}"`),
    ),
    '</svg>',
    '',
  ].join('\n')
}

interface Scale {
  readonly x: (minute: number) => number
  readonly y: (amps: number) => number
}

interface Layer {
  readonly colour: string
  readonly amps: Float32Array
}

/** The circuit that bound most set-points; where none did, the grid connection. */
function tightestCircuit(courses: readonly CircuitCourse[], circuits: readonly Circuit[]): string {
  const tightest = courses.toSorted((one, other) => other.bound - one.bound)[0]
  if (tightest !== undefined && tightest.bound > 0) return tightest.circuitId
  return circuits.find(({ parentId }) => parentId === null)?.id ?? ''
}

function idsBelow(circuits: readonly Circuit[], id: string): ReadonlySet<string> {
  const children = circuits.filter(({ parentId }) => parentId === id)
  return new Set([id, ...children.flatMap((child) => [...idsBelow(circuits, child.id)])])
}

/** The site phase (0: L1) that was fullest: high currents count more than long ones. */
function fullestPhase(stations: readonly StationCourse[], building: CircuitCourse | undefined): 0 | 1 | 2 {
  const fullness = ([0, 1, 2] as const).map((phase) => {
    const series = [building?.buildingAmps[phase], ...stations.map(({ amps }) => amps[phase])]
    const minutes = Math.max(0, ...series.map((one) => one?.length ?? 0))
    let squares = 0
    for (let minute = 0; minute < minutes; minute++) {
      const amps = series.reduce((sum, one) => sum + (one?.[minute] ?? 0), 0)
      squares += amps * amps
    }
    return { phase, squares }
  })
  return fullness.toSorted((one, other) => other.squares - one.squares)[0]?.phase ?? 0
}

/** After all colours once, the same paler, and once more darker. */
function stationColour(index: number): string {
  const colour = STATION_COLOURS[index % STATION_COLOURS.length] ?? INK
  const cycle = Math.floor(index / STATION_COLOURS.length) % 3
  if (cycle === 0) return colour
  const towards = cycle === 1 ? 255 : 0
  const parts = [1, 3, 5].map((place) => Number.parseInt(colour.slice(place, place + 2), 16))
  return `#${parts
    .map((part) =>
      Math.round(part + (towards - part) * 0.4)
        .toString(16)
        .padStart(2, '0'),
    )
    .join('')}`
}

function isNothing(series: Float32Array): boolean {
  return series.every((amps) => amps === 0)
}

function stackOf(layers: readonly Layer[], minutes: number) {
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
function area(colour: string, low: Float64Array, high: Float64Array, minutesPerPoint: number, { x, y }: Scale): string {
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
  const corner = (point: number): string => n(x(point * minutesPerPoint))
  const level = (point: number): string => n(y(series[point] ?? 0))
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

function limitLine(limit: number, { y }: Scale): readonly string[] {
  return [
    `<path d="M${LEFT},${n(y(limit))}H${WIDTH - RIGHT}" stroke="${LIMIT_COLOUR}" stroke-width="1.6" stroke-dasharray="7 4" fill="none"/>`,
    text(WIDTH - RIGHT, y(limit) - 5, `${limit} A`, `text-anchor="end" font-weight="600" fill="${LIMIT_COLOUR}"`),
  ]
}

function ampsAxis(top: number, { y }: Scale): readonly string[] {
  const step = niceStep(top / 5)
  const marks = Array.from({ length: Math.floor(top / step) + 1 }, (_, index) => index * step)
  return marks.flatMap((amps) => [
    line(LEFT, y(amps), WIDTH - RIGHT, y(amps), GRID),
    text(LEFT - 8, y(amps) + 4, `${amps} A`, `text-anchor="end" fill="${PALE_INK}"`),
  ])
}

function gantt(
  { name, presence }: StationCourse,
  colour: string,
  row: { readonly top: number; readonly height: number; readonly named: boolean },
  { x }: Scale,
): readonly string[] {
  const inset = row.height >= 10 ? 2 : 0.5
  const size = Math.min(11, row.height)
  const bars = barsOf(presence).map(({ presence: what, from, until }) => {
    const place = `x="${n(x(from))}" y="${n(row.top + inset)}" width="${n(x(until) - x(from))}" height="${n(row.height - 2 * inset)}"`
    if (what === 'charging') return `<rect ${place} fill="${colour}"/>`
    if (what === 'done') return `<rect ${place} fill="${DONE_COLOUR}"/>`
    const [fill, edge] = what === 'deferred' ? [DEFERRED_COLOUR, DEFERRED_EDGE] : [WAITING_COLOUR, WAITING_EDGE]
    return `<rect ${place} fill="${fill}" stroke="${edge}" stroke-width="0.5"/>`
  })
  const label = row.named
    ? [
        text(
          LEFT - 8,
          row.top + row.height / 2 + size * 0.36,
          escaped(shortName(name)),
          `text-anchor="end" font-size="${size}" fill="${PALE_INK}"`,
        ),
      ]
    : []
  return [...label, ...bars]
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

function legend(hasBuilding: boolean, hasDeferred: boolean): readonly string[] {
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
    `<path d="M${n(x)},42h22" stroke="${LIMIT_COLOUR}" stroke-width="1.6" stroke-dasharray="7 4" fill="none"/>`,
    text(x + 27, 46, 'limit', `fill="${PALE_INK}"`),
  )
  return parts
}

/** Full local hours, of several days their midnights, so many that their labels do not touch. */
function hourMarks(
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

function niceTop(least: number): number {
  const step = niceStep(least / 10)
  return Math.ceil(least / step) * step
}

function shortName(name: string): string {
  return name.length <= 11 ? name : `${name.slice(0, 10)}…`
}

function line(x1: number, y1: number, x2: number, y2: number, colour: string): string {
  return `<path d="M${n(x1)},${n(y1)}L${n(x2)},${n(y2)}" stroke="${colour}" fill="none"/>`
}

/** `content` is markup. */
function text(x: number, y: number, content: string, attributes: string): string {
  return `<text x="${n(x)}" y="${n(y)}" ${attributes}>${content}</text>`
}

function n(value: number): string {
  return String(Math.round(value * 10) / 10)
}

function escaped(words: string): string {
  return words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}
