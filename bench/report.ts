/** Prints rows as a table for a terminal. */
import { isMet, type Figure, type Row, type Target } from './benchmark.ts'
import type { Machine } from './machine.ts'

export interface Report {
  readonly id: string
  readonly title: string
  readonly rows: readonly Row[]
  /** Why it could not run, or null. */
  readonly failure: string | null
}

export function machineLine({ cores, cpu, memoryGiB, node, load, at }: Machine): string {
  return `${cores} cores (${cpu}), ${memoryGiB} GiB, Node ${node}, load ${load.toFixed(1)}, ${at}Z`
}

export function reportText({ id, title, rows, failure }: Report): string {
  const head = `\n${id}  ${title}`
  if (failure !== null) return `${head}\n  FAILED: ${failure}`
  const lines = rows.map((row) => [
    row.what,
    figureText(row.ours),
    `${row.beside.name} ${figureText(row.beside)}`,
    row.ratio === null ? '' : row.ratio.toFixed(2),
    row.target === null ? '' : targetText(row.target),
    { true: 'met', false: 'MISSED', null: '' }[String(isMet(row)) as 'true' | 'false' | 'null'],
    row.note ?? '',
  ])
  const table = [['', 'ours', 'beside', 'ratio', 'target', '', ''], ...lines]
  const widths = table[0]?.map((_, column) => Math.max(...table.map((line) => line[column]?.length ?? 0))) ?? []
  const printed = table.map((line) => `  ${line.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join('  ')}`.trimEnd())
  return [head, ...printed].join('\n')
}

export function figureText({ value, unit }: Figure): string {
  return unit === '' ? numberText(value) : `${numberText(value)} ${unit}`
}

function targetText({ sense, limit, unit }: Target): string {
  return `${sense === 'at-least' ? '>=' : '<='} ${figureText({ value: limit, unit })}`
}

function numberText(value: number): string {
  if (!Number.isFinite(value)) return '-'
  if (Math.abs(value) >= 10_000) return `${(value / 1000).toFixed(1)}k`
  return Math.abs(value) >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3)))
}
