/** One run as a picture (SVG): on top who took how much of a circuit's current, below who was served when. Pure. */
import type { Circuit } from '../model/circuit.ts'
import { isBelow } from '../model/circuit.ts'
import { PHASES } from '../model/phase.ts'
import type { CircuitCourse, StationCourse } from './course.ts'
import { dayOf } from './local-time.ts'
import { ampsAxis, cheapHours, hourMarks, limitLine, niceTop } from './picture-axes.ts'
import { currentLegend, rowLegend } from './picture-legend.ts'
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
  INK,
  PALE_INK,
  GRID,
  stationColour,
  line,
  text,
  escaped,
  type Scale,
} from './picture-marks.ts'
import { isNothing, stationRow } from './picture-rows.ts'
import type { Run } from './run.ts'
import { stationName } from './study-site.ts'
import { area, stackOf } from './stacked-areas.ts'

export interface PictureOptions {
  /** Which circuit; without it the one that bound most set-points. */
  readonly circuitId?: string
  readonly title?: string
}

export function drawRun(run: Run, options: PictureOptions = {}): string {
  const { site, course } = run
  const shown = options.circuitId ?? tightestCircuit(course.circuits, site.circuits)
  const circuit = site.circuits.find(({ id }) => id === shown)
  if (circuit === undefined) throw new RangeError(`there is no circuit ${shown}`)
  const stations = course.stations
    .filter(({ circuitId }) => isBelow(circuitId, circuit.id, site.circuits))
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
  const isDeferred = stations.some(({ station }) => station.presence.includes('deferred'))
  // Prices matter to a picture only where somebody waited for them.
  const cheap = isDeferred ? cheapHours(course, site.tariff, scale) : []
  const title =
    options.title ??
    `${site.name}, circuit ${circuit.id}, phase ${PHASES[phase] ?? ''}, from ${dayOf(course.from, site.timezone)}`
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" font-family="system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif" font-size="12" fill="${INK}">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    text(LEFT, 22, escaped(title), 'font-size="15" font-weight="600"'),
    ...currentLegend(layers.length > stations.length, cheap.length > 0),
    ...cheap,
    ...ampsAxis(top, scale),
    ...hours.map(({ minute }) => line(scale.x(minute), TOP, scale.x(minute), TOP + PLOT_HEIGHT, GRID)),
    ...stacked.areas.map(({ colour, low, high }) => area(colour, low, high, stacked.minutesPerPoint, scale)),
    ...limitLine(limit, scale),
    line(LEFT, TOP + PLOT_HEIGHT, WIDTH - RIGHT, TOP + PLOT_HEIGHT, PALE_INK),
    ...hours.map(({ minute, label }) =>
      text(scale.x(minute), TOP + PLOT_HEIGHT + 16, label, `text-anchor="middle" fill="${PALE_INK}"`),
    ),
    ...hours.map(({ minute }) => line(scale.x(minute), ganttTop, scale.x(minute), height - BOTTOM, GRID)),
    ...rowLegend(ganttTop - 20, {
      deferred: isDeferred,
      promises: stations.some(({ station }) => promisesOf(run, station).length > 0),
    }),
    ...stations.flatMap(({ station, colour }, index) =>
      stationRow(
        station,
        colour,
        phase,
        promisesOf(run, station),
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

/** Minutes of the course at which energy promised to a car of this station is due. */
function promisesOf({ course, site, visits }: Run, { name }: StationCourse): readonly number[] {
  const station = site.stations.find((one) => stationName(one) === name)
  return visits
    .filter(({ visit }) => visit.outletId === station?.outletId)
    .flatMap(({ visit: { commitment } }) => (commitment === null ? [] : [(commitment.byAt - course.from) / 60_000]))
    .filter((minute) => minute >= 0 && minute <= course.minutes)
}

/** The circuit that bound most set-points; where none did, the grid connection. */
function tightestCircuit(courses: readonly CircuitCourse[], circuits: readonly Circuit[]): string {
  const tightest = courses.toSorted((one, other) => other.bound - one.bound)[0]
  if (tightest !== undefined && tightest.bound > 0) return tightest.circuitId
  return circuits.find(({ parentId }) => parentId === null)?.id ?? ''
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
