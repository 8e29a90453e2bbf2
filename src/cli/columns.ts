import { oneLine } from './text.ts'

const WIDEST = 60

/** Lines of a table with a heading; long cells are cut, text of devices cannot break the terminal. */
export function columns(heading: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const cut = rows.map((row) => row.map((cell) => shortened(oneLine(cell))))
  const widths = heading.map((title, index) => Math.max(title.length, ...cut.map((row) => row[index]?.length ?? 0)))
  return [heading, ...cut].map((row) =>
    row
      .map((cell, index) => cell.padEnd(widths[index] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}

function shortened(text: string): string {
  return text.length <= WIDEST ? text : `${text.slice(0, WIDEST - 1)}…`
}
