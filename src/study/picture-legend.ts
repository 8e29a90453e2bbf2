/** What the colours of a picture mean, each beside what it explains. Pure. */
import {
  LEFT,
  STATION_COLOURS,
  BUILDING_COLOUR,
  CHEAP_COLOUR,
  CHEAP_EDGE,
  WAITING_COLOUR,
  WAITING_EDGE,
  DEFERRED_COLOUR,
  DEFERRED_EDGE,
  DONE_COLOUR,
  LIMIT_COLOUR,
  INK,
  PALE_INK,
  promiseMark,
  text,
  short,
} from './picture-marks.ts'

interface Entry {
  readonly label: string
  /** Drawn in 12 x 12 from this corner. */
  readonly mark: (x: number, y: number) => string
}

const OF_A_CAR = STATION_COLOURS[0] ?? INK

export function currentLegend(hasBuilding: boolean, hasCheapHours: boolean): readonly string[] {
  return inARow(36, [
    ...(hasBuilding ? [{ label: 'building', mark: box(BUILDING_COLOUR, 'none') }] : []),
    { label: 'cars, each its colour', mark: box(OF_A_CAR, 'none') },
    { label: 'limit', mark: dashes },
    ...(hasCheapHours ? [{ label: 'cheapest hours', mark: box(CHEAP_COLOUR, CHEAP_EDGE) }] : []),
  ])
}

export function rowLegend(
  top: number,
  has: { readonly deferred: boolean; readonly promises: boolean },
): readonly string[] {
  return inARow(top, [
    { label: 'charging', mark: box(OF_A_CAR, 'none') },
    { label: 'on other phases only', mark: box('#ffffff', OF_A_CAR) },
    { label: 'waits for current', mark: box(WAITING_COLOUR, WAITING_EDGE) },
    ...(has.deferred ? [{ label: 'waits for a better hour', mark: box(DEFERRED_COLOUR, DEFERRED_EDGE) }] : []),
    { label: 'full, or own timer', mark: box(DONE_COLOUR, 'none') },
    ...(has.promises
      ? [{ label: 'promised until then', mark: (x: number, y: number) => promiseMark(x + 6, y + 6, 5.5) }]
      : []),
  ])
}

function inARow(top: number, entries: readonly Entry[]): readonly string[] {
  let x = LEFT
  return entries.flatMap(({ label, mark }) => {
    const parts = [mark(x, top), text(x + 17, top + 10, label, `fill="${PALE_INK}"`)]
    x += 17 + label.length * 6.6 + 16
    return parts
  })
}

function box(colour: string, edge: string): Entry['mark'] {
  return (x, y) =>
    `<rect x="${short(x + 0.5)}" y="${short(y + 0.5)}" width="11" height="11" fill="${colour}" stroke="${edge}"/>`
}

function dashes(x: number, y: number): string {
  return `<path d="M${short(x - 3)},${short(y + 6)}h16" stroke="${LIMIT_COLOUR}" stroke-width="1.6" stroke-dasharray="6 4" fill="none"/>`
}
