/** What a picture is drawn with: its measures, colours, lines and words (SVG). Pure. */

export const WIDTH = 960
export const LEFT = 76
export const RIGHT = 26
export const TOP = 62
export const PLOT_HEIGHT = 260
export const GAP = 66
export const BOTTOM = 34
export const PLOT_WIDTH = WIDTH - LEFT - RIGHT

/** Told apart by most eyes, also side by side. */
export const STATION_COLOURS = [
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
export const BUILDING_COLOUR = '#c3c9d2'
export const WAITING_COLOUR = '#ffe3b8'
export const WAITING_EDGE = '#e0a040'
export const DEFERRED_COLOUR = '#d9ecdf'
export const DEFERRED_EDGE = '#7fb58f'
/** Behind the currents. */
export const CHEAP_COLOUR = '#eef5fc'
export const CHEAP_EDGE = '#b9d3ec'
export const DONE_COLOUR = '#e4e7ec'
export const LIMIT_COLOUR = '#c0392b'
export const INK = '#24292f'
export const PALE_INK = '#57606a'
export const GRID = '#e6e9ed'

export interface Scale {
  readonly x: (minute: number) => number
  readonly y: (amps: number) => number
}

/** After all colours once, the same paler, and once more darker. */
export function stationColour(index: number): string {
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

export function line(x1: number, y1: number, x2: number, y2: number, colour: string): string {
  return `<path d="M${short(x1)},${short(y1)}L${short(x2)},${short(y2)}" stroke="${colour}" fill="none"/>`
}

/** `content` is markup. */
export function text(x: number, y: number, content: string, attributes: string): string {
  return `<text x="${short(x)}" y="${short(y)}" ${attributes}>${content}</text>`
}

/** A diamond. */
export function promiseMark(x: number, y: number, size: number): string {
  const [right, down] = [short(size), short(-size)]
  return `<path d="M${short(x)},${short(y - size)}l${right},${right}l${down},${right}l${down},${down}Z" fill="${INK}" stroke="#ffffff"/>`
}

export function short(value: number): string {
  return String(Math.round(value * 10) / 10)
}

export function escaped(words: string): string {
  return words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}
