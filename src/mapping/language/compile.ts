import { isText } from '../values/number-codec.ts'
import type { SignalName } from '../../model/signal.ts'
import { compileExample } from './compile-example.ts'
import { compileTransport, familyOf } from './compile-transport.ts'
import { DocumentBook } from './document-book.ts'
import { compileRange } from './compile-parts.ts'
import { ANY_VALUE, compileReadPoint, compileSource, ONE_VALUE } from './compile-point.ts'
import { LANGUAGE_DEFAULTS } from './point-context.ts'
import type { Expected } from './compile-point.ts'
import type { PointContext } from './point-context.ts'
import { compileError, compileState } from './compile-state.ts'
import { compileWrite } from './compile-write.ts'
import { compileNever, reportForbidden } from './forbidden.ts'
import { checkNames } from './names.ts'
import { compileOptions, constantPoints, defaultsOf } from './options.ts'
import type { Check, Mapping, ReadPoint, Source } from '../mapping.ts'
import { isListOf } from './problem.ts'
import type { Path, Report } from './problem.ts'
import { inRange } from '../values/quantity.ts'
import { reportSafety } from './safety.ts'
import type { RawMapping } from './schema.ts'
import type { RawCheck } from './schema-read.ts'
import type { SourceFile } from './source-file.ts'

/** What each signal is. `state` and `error` have shapes of their own. */
const SIGNAL_SHAPES: Readonly<Record<Exclude<SignalName, 'state' | 'error'>, Expected>> = {
  enabled: ONE_VALUE,
  current: { quantity: 'A', unitNeeded: true, perPhase: 'yes' },
  voltage: { quantity: 'V', unitNeeded: true, perPhase: 'yes' },
  powers: { quantity: 'W', unitNeeded: true, perPhase: 'yes' },
  power: { quantity: 'W', unitNeeded: true, perPhase: 'no' },
  energy: { quantity: 'Wh', unitNeeded: true, perPhase: 'no' },
  export: { quantity: 'Wh', unitNeeded: true, perPhase: 'no' },
  session: { quantity: 'Wh', unitNeeded: true, perPhase: 'no' },
  frequency: { quantity: 'Hz', unitNeeded: true, perPhase: 'no' },
  tag: ONE_VALUE,
  soc: { quantity: '%', unitNeeded: true, perPhase: 'no' },
  evid: ONE_VALUE,
  temperature: { quantity: '°C', unitNeeded: true, perPhase: 'no' },
  limit: { quantity: 'A', unitNeeded: true, perPhase: 'no' },
  phases: ONE_VALUE,
}

/** Gives the file its meaning. Problems are reported; the result may only be used when there were none. */
export function compileMapping(raw: RawMapping, source: SourceFile, report: Report): Mapping {
  const family = familyOf(raw, report)
  const options = compileOptions(raw.options, report)
  const transport = compileTransport(raw, family, report)
  const documents = family === 'modbus' ? null : new DocumentBook(raw, family, report)
  const context: PointContext = {
    defaults: {
      table: raw.defaults?.table ?? LANGUAGE_DEFAULTS.table,
      type: raw.defaults?.type ?? LANGUAGE_DEFAULTS.type,
      order: raw.defaults?.order ?? LANGUAGE_DEFAULTS.order,
      len: raw.defaults?.len ?? LANGUAGE_DEFAULTS.len,
      poll: raw.defaults?.poll ?? LANGUAGE_DEFAULTS.poll,
    },
    maxRead: transport.maxRead,
    optionNames: new Set(options.keys()),
    sunSpec: transport.sunspec !== null,
    documents,
    report,
  }
  const optionValues = defaultsOf(options)
  const points = new Map<string, Source>(constantPoints(optionValues))
  if (Object.keys(raw.points ?? {}).length > MAX_POINTS)
    report(['points'], `more than ${MAX_POINTS} points in one file`, 'only what the rules need')
  for (const [name, point] of Object.entries(raw.points ?? {})) {
    if (RESERVED.has(name) || options.has(name))
      report(['points', name], `"${name}" already means something in expressions`, 'choose another name')
    const compiled = compileSource(point, ['points', name], ANY_VALUE, context)
    if (compiled !== null) points.set(name, compiled)
  }
  const signals = new Map<SignalName, Source>()
  for (const name of Object.keys(SIGNAL_SHAPES).filter(isPlainSignal)) {
    const point = raw.read?.[name]
    if (point === undefined) continue
    const compiled = compileSource(point, ['read', name], SIGNAL_SHAPES[name], context)
    if (compiled !== null) {
      if (points.has(name)) report(['points', name], `"${name}" is a signal too`, 'choose another name')
      if (compiled.kind === 'point' && isText(compiled.point.type) && name !== 'tag' && name !== 'evid')
        report(['read', name], 'this signal is a number, not text')
      signals.set(name, compiled)
    }
  }
  for (const name of options.keys()) {
    if (RESERVED.has(name) || Object.hasOwn(SIGNAL_SHAPES, name))
      report(['options', name], `"${name}" already means something in expressions`, 'choose another name')
  }
  const bitOrder = source.keysAt(['read', 'error', 'bits'])
  const mapping: Mapping = {
    name: stem(source.name),
    file: source.name,
    device: raw.device,
    ...vendorAndModel(raw),
    also: raw.also ?? [],
    kind: raw.kind,
    sources: asList(raw.source),
    notes: asList(raw.note),
    status: raw.status ?? null,
    triedBy: raw.tried ?? 0,
    meter: null,
    variant: null,
    options,
    optionValues,
    variants: [],
    meters: new Map(),
    transport,
    documents: documents?.plan ?? null,
    defaultTable: context.defaults.table,
    never: compileNever(raw.never, context.defaults.table, report),
    connectors: compileConnectors(raw, context),
    identity: {
      serial:
        raw.identity?.serial === undefined
          ? null
          : compileReadPoint(raw.identity.serial, ['identity', 'serial'], ONE_VALUE, context),
      firmware:
        raw.identity?.firmware === undefined
          ? null
          : compileReadPoint(raw.identity.firmware, ['identity', 'firmware'], ONE_VALUE, context),
    },
    detect: compileChecks(raw.detect, ['detect'], context),
    require: compileChecks(raw.require, ['require'], context),
    points,
    signals,
    state: raw.state === undefined ? null : compileState(raw.state, ['state'], context),
    error: raw.read?.error === undefined ? null : compileError(raw.read.error, ['read', 'error'], bitOrder, context),
    write: raw.write === undefined ? null : compileWrite(raw.write, ['write'], context),
    examples: (raw.examples ?? []).map((example, index) =>
      compileExample(
        example,
        index + 1,
        source.problem(['examples', index], '').line,
        context.defaults.table,
        documents,
        ['examples', index],
        report,
      ),
    ),
  }
  if (raw.kind === 'meter' && raw.write !== undefined) report(['write'], 'a meter is only read', 'kind: charger')
  if (raw.kind === 'meter' && raw.state !== undefined) report(['state'], 'a meter has no pilot state', 'kind: charger')
  if (raw.kind === 'charger' && mapping.state === null && raw.state === undefined)
    report(['kind'], 'a charger needs `state`', 'A no vehicle, B connected, C charging')
  if (mapping.signals.size === 0 && mapping.state === null && points.size === 0)
    report([], 'the file reads nothing', 'add `read`')
  checkNames(mapping, report)
  reportForbidden(mapping, report)
  reportSafety(mapping, raw.write?.alive === 'none', report)
  return mapping
}

/** A real device needs ten; every point is asked for in every cycle (H24). */
const MAX_POINTS = 200

/** Names with a meaning of their own in expressions. */
const RESERVED: ReadonlySet<string> = new Set([
  'A',
  'n',
  'and',
  'or',
  'not',
  'sum',
  'min',
  'max',
  'otherwise',
  'timeout',
  'state',
  'error',
  'firmware',
])

function isPlainSignal(name: string): name is keyof typeof SIGNAL_SHAPES {
  return Object.hasOwn(SIGNAL_SHAPES, name)
}

function stem(file: string): string {
  return (file.split('/').at(-1) ?? file).replace(/\.ya?ml$/u, '')
}

function asList(value: string | readonly string[] | undefined): readonly string[] {
  if (value === undefined) return []
  return typeof value === 'string' ? [value] : value
}

/** OCPP carries at most 20 characters of each. */
function vendorAndModel(raw: RawMapping): { vendor: string; model: string } {
  const [first = '', ...rest] = raw.device.split(' ')
  const remaining = rest.join(' ')
  return {
    vendor: raw.vendor ?? first.slice(0, 20),
    model: raw.model ?? (remaining === '' ? first : remaining).slice(0, 20),
  }
}

function compileConnectors(raw: RawMapping, context: PointContext): Mapping['connectors'] {
  const path: Path = ['connectors']
  if (raw.connectors === undefined) return { count: 1, step: 0, unitStep: 0 }
  if (context.sunSpec) context.report(path, 'a device with SunSpec has one connector here', 'remove `connectors`')
  const { count, step = 0, unit_step: unitStep = 0 } = raw.connectors
  if (typeof count === 'number') return { count, step, unitStep }
  const point: ReadPoint | null = compileReadPoint(count, [...path, 'count'], ONE_VALUE, context)
  if (point !== null && (point.range === null || point.range.min < 1 || point.range.max > 64)) {
    context.report([...path, 'count'], 'the number of connectors needs a range within 1..64', 'range: 1..2')
  }
  return { count: point ?? 1, step, unitStep }
}

function compileChecks(raw: RawMapping['detect'], path: Path, context: PointContext): readonly Check[] {
  if (raw === undefined) return []
  const isList = isListOf(raw)
  return (isList ? raw : [raw]).flatMap((check, index) =>
    compileCheck(check, isList ? [...path, index] : path, context),
  )
}

function compileCheck(raw: RawCheck, path: Path, context: PointContext): readonly Check[] {
  const { report } = context
  const { signal, range, is, text, ...point } = raw
  if ((range === undefined) === (is === undefined)) report(path, 'a check has either `range` or `is`')
  const values = is === undefined ? [] : isListOf(is) ? is : [is]
  const limits = range === undefined ? null : compileRange(range, [...path, 'range'], null, report)
  if (signal !== undefined) {
    if (Object.keys(point).length > 0) report(path, '`signal` and `at` exclude each other')
    return [{ target: { kind: 'signal', signal }, range: limits, values, text: text ?? null }]
  }
  const target = compileReadPoint(point, path, ONE_VALUE, context)
  if (target === null) return []
  if (isText(target.type) && (limits !== null || values.some((value) => typeof value === 'number')))
    report(path, 'text is compared with `is: "TEXT"`')
  if (!isText(target.type) && values.some((value) => typeof value === 'string'))
    report([...path, 'is'], 'the register is a number')
  return [{ target: { kind: 'point', point: target }, range: limits, values, text: text ?? null }]
}

/** Whether a value passes a check; missing never does. */
export function passes(check: Check, value: number | string | boolean | null): boolean {
  if (value === null) return false
  if (check.range !== null) return typeof value === 'number' && inRange(value, check.range)
  return check.values.some((wanted) =>
    typeof wanted === 'string' ? wanted.trim() === value : wanted === Number(value),
  )
}
