/** The comparison as a table for a terminal, readable by an electrician. Pure. */
import { measuresOf, type Measures } from './measures.ts'
import { daysText, type WhatIf } from './what-if.ts'
import { type Row, SECTIONS, type Section } from './comparison-rows.ts'

const TITLE_WIDTH = 48
const COLUMN_WIDTH = 16
const LINE_WIDTH = 96

/** Lines of at most 96 columns. */
export function comparisonLines(study: WhatIf): readonly string[] {
  const { site, source, asItIs, changed, changes, notes } = study
  const runs = changed === null ? [asItIs] : [asItIs, changed]
  const measures = runs.map(measuresOf)
  const what = source.kind === 'recorded' ? 'recorded days' : 'a rush hour'
  const heading = changed === null ? ['as it is'] : ['as it is', 'with the change', 'difference']
  return [
    `${site.name}: ${what}, ${daysText(study)}`,
    ...changes.map((change, index) => `${index === 0 ? 'Change: ' : '        '}${change}`),
    '',
    tableLine('', heading),
    ...SECTIONS.flatMap((section) => sectionLines(section, measures)),
    ...(notes.length === 0 ? [] : ['', ...notes.flatMap((note) => wrapped(note, LINE_WIDTH))]),
  ]
}

function sectionLines({ title, rows }: Section, measures: readonly Measures[]): readonly string[] {
  const shown = rows.filter(({ of, unless }) => {
    const values = measures.map(of)
    return unless === undefined ? values.some((value) => value !== null) : values.some((value) => value !== unless)
  })
  if (shown.length === 0) return []
  return [title, ...shown.map((row) => rowLine(row, measures))]
}

function rowLine({ title, of, show, difference, isMoney }: Row, measures: readonly Measures[]): string {
  const values = measures.map(of)
  const cells = values.map((value, index) => {
    const own = measures[index]
    return value === null || own === undefined ? '–' : show(value, own)
  })
  const [before = null, after = null] = values
  const isAlike = isMoney !== true || measures[0]?.currency === measures[1]?.currency
  const isCompared = isAlike && measures.length > 1 && before !== null && after !== null && difference !== undefined
  return tableLine(`  ${title}`, isCompared ? [...cells, difference(after - before)] : cells)
}

function tableLine(title: string, cells: readonly string[]): string {
  return `${title.padEnd(TITLE_WIDTH)}${cells.map((cell) => cell.padStart(COLUMN_WIDTH)).join('')}`.trimEnd()
}

/** Words into lines of at most `width`; those after the first are indented. */
export function wrapped(text: string, width: number): readonly string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(lines.length === 0 ? word : `  ${word}`)
  }
  return lines
}

/** The whole answer as data. */
export function comparisonData(study: WhatIf): object {
  const { site, source, changes, asItIs, changed, notes } = study
  return {
    site: site.name,
    days: {
      kind: source.kind,
      from: new Date(asItIs.days.from).toISOString(),
      until: new Date(asItIs.days.until).toISOString(),
    },
    changes,
    asItIs: measuresOf(asItIs),
    changed: changed === null ? null : measuresOf(changed),
    notes,
  }
}
