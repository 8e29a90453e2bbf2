/** One run as a picture (SVG): on top who took how much of a circuit's current, below who was served when. Pure. */
import type { Circuit } from '../model/circuit.ts'
import { PHASES } from '../model/phase.ts'
import type { CircuitCourse, Presence, StationCourse } from './course.ts'
import { dayOf } from './local-time.ts'
import { ampsAxis, hourMarks, legend, limitLine, niceTop } from './picture-axes.ts'
import {
  WIDTH,
  LEFT,
  RIGHT,
  TOP,
  PLOT_HEIGHT,
  GAP,
  BOTTOM,
  PLOT_WIDTH,
  BUILDING_COLOUR,
  WAITING_COLOUR,
  WAITING_EDGE,
  DEFERRED_COLOUR,
  DEFERRED_EDGE,
  DONE_COLOUR,
  INK,
  PALE_INK,
  GRID,
  stationColour,
  line,
  text,
  short,
  escaped,
  type Scale,
} from './picture-marks.ts'
import type { Run } from './run.ts'
import { area, stackOf } from './stacked-areas.ts'

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

function isNothing(series: Float32Array): boolean {
  return series.every((amps) => amps === 0)
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
    const place = `x="${short(x(from))}" y="${short(row.top + inset)}" width="${short(x(until) - x(from))}" height="${short(row.height - 2 * inset)}"`
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

function shortName(name: string): string {
  return name.length <= 11 ? name : `${name.slice(0, 10)}…`
}
