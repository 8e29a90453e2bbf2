import type { RegisterTable } from '../../model/driver.ts'
import type { DocumentBook } from './document-book.ts'
import { documentsGiven, fieldsGiven, messageOfExample } from './example-documents.ts'
import type { Example, ExampleCommand, ExampleWrite } from '../mapping.ts'
import type { Path, Report } from './problem.ts'
import { parseAmount } from '../values/quantity.ts'
import type { RawExample } from './schema-example.ts'

const TABLES: readonly RegisterTable[] = ['holding', 'input', 'coil', 'discrete']

/** `number` counts from 1. Registers without a table belong to the file's default table. */
export function compileExample(
  raw: RawExample,
  number: number,
  line: number,
  table: RegisterTable,
  documents: DocumentBook | null,
  path: Path,
  report: Report,
): Example {
  const said =
    documents === null ? new Map() : documentsGiven(raw.given ?? {}, documents.plan, [...path, 'given'], report)
  if (raw.expect === undefined && raw.do === undefined) report(path, 'an example has `expect` or `do`')
  if (raw.do !== undefined && raw.writes === undefined && raw.refused === undefined)
    report(path, '`do` needs `writes`', 'the frames that go out, or `refused: true`')
  if (raw.writes !== undefined && raw.do === undefined) report([...path, 'writes'], '`writes` needs `do`')
  return {
    number,
    line,
    connector: raw.connector ?? 1,
    meter: raw.meter ?? null,
    variant: raw.variant ?? null,
    options: raw.options ?? {},
    given:
      documents !== null
        ? fieldsGiven(said, documents.plan)
        : raw.given === undefined
          ? []
          : compileGiven(raw.given, table, [...path, 'given'], report),
    documents: said,
    expect: raw.expect ?? {},
    command: raw.do === undefined ? null : compileCommand(raw.do, [...path, 'do'], report),
    writes:
      raw.writes === undefined
        ? null
        : raw.writes.map((write, index) => compileWrite(write, documents, [...path, 'writes', index], report)),
    refused: raw.refused ?? false,
  }
}

function compileWrite(
  raw: NonNullable<RawExample['writes']>[number],
  documents: DocumentBook | null,
  path: Path,
  report: Report,
): ExampleWrite {
  const frame = { functionCode: raw.fc ?? null, unitId: raw.unit_id ?? null, table: raw.table ?? null }
  if (documents !== null)
    return { ...frame, address: 0, words: [], message: messageOfExample(raw, documents, path, report) }
  if (raw.at === undefined || raw.words === undefined)
    report(path, 'a frame has `at` and `words`', 'e.g. `{fc: 6, at: 5004, words: [13500]}`')
  return { ...frame, address: raw.at ?? 0, words: raw.words ?? [], message: null }
}

function compileGiven(
  raw: NonNullable<RawExample['given']>,
  table: RegisterTable,
  path: Path,
  report: Report,
): Example['given'] {
  const seen = new Set<string>()
  const block = (key: string, words: readonly number[], inTable: RegisterTable, where: Path): Example['given'] => {
    const address = Number(key)
    if (!/^\d+$/u.test(key) || address + words.length > 65_536) {
      report(
        where,
        `"${key}" is not a register`,
        `numbers, or registers of another table under one of ${TABLES.join(', ')}`,
      )
      return []
    }
    if (inTable !== 'holding' && inTable !== 'input' && words.some((word) => word > 1)) report(where, 'a bit is 0 or 1')
    for (let offset = 0; offset < words.length; offset++) {
      const place = `${inTable} ${address + offset}`
      if (seen.has(place)) report(where, `register ${address + offset} is given twice`)
      seen.add(place)
    }
    return [{ table: inTable, address, words }]
  }
  return Object.entries(raw).flatMap(([key, value]) => {
    if (isWords(value)) return block(key, value, table, [...path, key])
    if (!isTable(value)) {
      report([...path, key], 'registers are a list of words from 0 to 65535', 'e.g. `1020: [0x0054, 0x3E30]`')
      return []
    }
    const inner = TABLES.find((known) => known === key)
    if (inner === undefined) {
      report([...path, key], `"${key}" is not a table`, TABLES.join(', '))
      return []
    }
    return Object.entries(value).flatMap(([register, words]) => {
      if (isWords(words)) return block(register, words, inner, [...path, key, register])
      report([...path, key, register], 'registers are a list of words from 0 to 65535', 'e.g. `1020: [0x0054, 0x3E30]`')
      return []
    })
  })
}

function isWords(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((word) => Number.isInteger(word) && word >= 0 && word <= 0xffff)
}

function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function compileCommand(raw: NonNullable<RawExample['do']>, path: Path, report: Report): ExampleCommand | null {
  const [entry, ...more] = Object.entries(raw).filter(([, value]) => value !== undefined)
  if (entry === undefined || more.length > 0) {
    report(path, 'one command in one example', 'e.g. `do: {current: 13.5 A}`')
    return null
  }
  const amount = (value: unknown, quantity: 'A' | 's', where: Path): number => {
    const number = parseAmount(value, quantity)
    if (number === null)
      report(where, `${JSON.stringify(value)} is not in ${quantity}`, quantity === 'A' ? 'e.g. 13.5 A' : 'e.g. 60 s')
    return number ?? 0
  }
  if (raw.current !== undefined) return { kind: 'current', amps: amount(raw.current, 'A', [...path, 'current']) }
  if (raw.resume !== undefined)
    return { kind: 'resume', amps: raw.resume === true ? null : amount(raw.resume, 'A', [...path, 'resume']) }
  if (raw.phases !== undefined) return { kind: 'phases', count: raw.phases }
  if (raw.failsafe !== undefined) {
    return {
      kind: 'failsafe',
      amps: amount(raw.failsafe.current, 'A', [...path, 'failsafe', 'current']),
      timeoutSeconds: amount(raw.failsafe.timeout, 's', [...path, 'failsafe', 'timeout']),
    }
  }
  if (raw.alive !== undefined)
    return {
      kind: 'alive',
      timeoutSeconds: raw.alive === true ? null : amount(raw.alive.timeout, 's', [...path, 'alive', 'timeout']),
    }
  if (raw.pause === true) return { kind: 'pause' }
  if (raw.wake === true) return { kind: 'wake' }
  if (raw.unlock === true) return { kind: 'unlock' }
  if (raw.reserved === true) return { kind: 'reserved' }
  if (raw.unreserved === true) return { kind: 'unreserved' }
  return raw.start === true ? { kind: 'start' } : { kind: 'stop' }
}
