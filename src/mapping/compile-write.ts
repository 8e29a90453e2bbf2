import {
  compileAddress,
  compileBits,
  compileCondition,
  compileDuration,
  compileExpression,
  compileNumberMap,
  compileRange,
  compileReadPoint,
  compileUnit,
  fitsType,
  isText,
  ONE_VALUE,
} from './compile-point.ts'
import type { Defaults, PointContext } from './compile-point.ts'
import type { FailSafe, KeepAlive, ReadPoint, Step, WriteBlock, WriteFunction, WritePoint } from './mapping.ts'
import { wordsOf } from './number-codec.ts'
import { isListOf } from './problem.ts'
import type { Path } from './problem.ts'
import { parseAmount } from './quantity.ts'
import type { Range } from './quantity.ts'
import type { RawPhases, RawReadBack, RawStep, RawStepOrName, RawWrite } from './schema.ts'
import type { Quantity } from './unit.ts'

/** What a set-point may be when the file gives no range: never between 0 and 6 A (IEC 61851-1 A.4). */
const DEFAULT_CURRENT_RANGE: Range = { min: 6, max: 32, orZero: false }

interface WriteContext extends PointContext {
  readonly writeFunction: WriteFunction | null
}

/** What the value of a write comes from: a command's own value (A, s, a phase count) or a constant. */
interface Wanted {
  readonly quantity: Quantity | null
  readonly valueNeeded: boolean
  readonly range: Range | null
}
const CONSTANT: Wanted = { quantity: null, valueNeeded: true, range: null }
const CURRENT: Wanted = { quantity: 'A', valueNeeded: false, range: DEFAULT_CURRENT_RANGE }
const FAILSAFE_CURRENT: Wanted = { quantity: 'A', valueNeeded: false, range: { min: 6, max: 32, orZero: true } }
const TIMEOUT: Wanted = { quantity: 's', valueNeeded: false, range: null }
const PHASE_COUNT: Wanted = { quantity: null, valueNeeded: false, range: null }

export function compileWrite(raw: RawWrite, path: Path, base: PointContext): WriteBlock {
  const defaults: Defaults = {
    ...base.defaults,
    table: raw.defaults?.table ?? (base.defaults.table === 'coil' ? 'coil' : 'holding'),
    type: raw.defaults?.type ?? base.defaults.type,
    order: raw.defaults?.order ?? base.defaults.order,
  }
  const context: WriteContext = { ...base, defaults, writeFunction: raw.defaults?.fc ?? null }
  const steps = (
    command: RawStepOrName | readonly RawStepOrName[] | undefined,
    key: string,
    wanted: Wanted,
  ): readonly Step[] => (command === undefined ? [] : compileSteps(command, [...path, key], wanted, context))

  const enable = (value: number): readonly Step[] => {
    if (raw.enable === undefined) return []
    const where = [...path, 'enable']
    if (raw.enable.value !== undefined)
      context.report(
        [...where, 'value'],
        '`enable` writes 0 and 1 by itself',
        'use `pause` and `resume` for other values',
      )
    return compileSteps({ ...raw.enable, value }, where, CONSTANT, context)
  }
  if (raw.enable !== undefined && (raw.pause !== undefined || raw.resume !== undefined)) {
    context.report([...path, 'enable'], '`enable` stands for `pause` and `resume`', 'keep one of the two ways')
  }
  const current = steps(raw.current, 'current', CURRENT)
  const pause = raw.enable === undefined ? steps(raw.pause, 'pause', CONSTANT) : enable(0)
  const resumeWritten =
    raw.enable === undefined ? steps(raw.resume, 'resume', CONSTANT) : [...useCurrent(current), ...enable(1)]
  const resume = resumeWritten.length === 0 && pausesBySetPoint(pause, current) ? useCurrent(current) : resumeWritten
  return {
    start: steps(raw.start, 'start', CONSTANT),
    stop: steps(raw.stop, 'stop', CONSTANT),
    current,
    pause,
    resume,
    wake: steps(raw.wake, 'wake', CONSTANT),
    unlock: steps(raw.unlock, 'unlock', CONSTANT),
    phases: raw.phases === undefined ? null : compilePhases(raw.phases, [...path, 'phases'], context),
    failsafe: raw.failsafe === undefined ? null : compileFailSafe(raw.failsafe, [...path, 'failsafe'], context),
    alive:
      raw.alive === undefined || raw.alive === 'none' ? null : compileAlive(raw.alive, [...path, 'alive'], context),
  }
}

function useCurrent(current: readonly Step[]): readonly Step[] {
  return current.length === 0 ? [] : [{ kind: 'use', name: 'current' }]
}

function places(list: readonly Step[]): readonly string[] {
  return list.flatMap((step) => (step.kind === 'write' ? [`${step.point.table} ${step.point.address.base}`] : []))
}

/** True when pause is a value of the set-point register, so that a new set-point ends it. */
function pausesBySetPoint(pause: readonly Step[], current: readonly Step[]): boolean {
  const setPoint = new Set(places(current))
  const last = places(pause).at(-1)
  return last !== undefined && setPoint.has(last)
}

function compileSteps(
  raw: RawStepOrName | readonly RawStepOrName[],
  path: Path,
  wanted: Wanted,
  context: WriteContext,
): readonly Step[] {
  const isList = isListOf(raw)
  return (isList ? raw : [raw]).flatMap((item, index) =>
    compileStep(item, isList ? [...path, index] : path, wanted, context),
  )
}

function compileStep(raw: RawStepOrName, path: Path, wanted: Wanted, context: WriteContext): readonly Step[] {
  const { report } = context
  if (typeof raw === 'string') {
    if (path.at(1) === raw) report(path, `\`${raw}\` cannot use itself`)
    return [{ kind: 'use', name: raw }]
  }
  const others = Object.keys(raw).filter((key) => key !== 'wait' && key !== 'verify')
  if (raw.wait !== undefined || raw.verify !== undefined) {
    if (others.length > 0 || (raw.wait !== undefined && raw.verify !== undefined)) {
      report(
        path,
        'a step does one thing: write, wait or verify',
        'make several steps: `[{at: 5, value: 1}, {wait: 3s}]`',
      )
    }
    if (raw.wait !== undefined) {
      const ms = compileDuration(raw.wait, [...path, 'wait'], report)
      if (ms > 120_000)
        report([...path, 'wait'], 'longer than 2 minutes', 'nothing else can be done while a step waits')
      return [{ kind: 'wait', ms }]
    }
    const { is = 0, within = '1s', ...pointRaw } = raw.verify ?? {}
    const point = compileReadPoint(pointRaw, [...path, 'verify'], ONE_VALUE, context)
    return point === null
      ? []
      : [{ kind: 'verify', point, is, withinMs: compileDuration(within, [...path, 'verify', 'within'], report) }]
  }
  const point = compileWritePoint(raw, path, wanted, context)
  return point === null ? [] : [{ kind: 'write', point }]
}

function compileWritePoint(raw: RawStep, path: Path, wanted: Wanted, context: WriteContext): WritePoint | null {
  const { defaults, report } = context
  if (raw.at === undefined) {
    report(path, '`at` is missing', 'name the register, as `at: 5004`')
    return null
  }
  const table = raw.table ?? (defaults.table === 'coil' ? 'coil' : 'holding')
  const type = raw.type ?? defaults.type
  const len = raw.len ?? 1
  if (isText(type)) {
    report([...path, 'type'], 'text cannot be written', 'a number type')
    return null
  }
  const words = table === 'coil' ? 1 : wordsOf(type, len)
  const functionCode =
    raw.fc ??
    (table === 'coil' && context.writeFunction !== 5 && context.writeFunction !== 15 ? null : context.writeFunction)
  if (functionCode !== null) {
    const forCoil = functionCode === 5 || functionCode === 15
    if (forCoil !== (table === 'coil'))
      report(
        [...path, 'fc'],
        `function ${functionCode} writes ${forCoil ? 'coils' : 'holding registers'}, this is a ${table} register`,
      )
    if (functionCode === 6 && words > 1)
      report([...path, 'fc'], `function 6 writes one register, the value takes ${words}`, 'fc: 16')
  }
  const bits = compileBits(raw.bit, raw.bits, path, table === 'coil' ? 0 : 16, report)
  if (bits !== null && words > 1) report(path, 'bits are written in one register', 'type: u16')
  if (functionCode === 22 && bits === null)
    report([...path, 'fc'], 'function 22 changes bits', 'say which with `bit` or `bits`')
  const unit = raw.unit === undefined ? null : compileUnit(raw.unit, [...path, 'unit'], report)
  if (unit !== null && wanted.quantity !== null && unit.quantity !== wanted.quantity) {
    report([...path, 'unit'], `the unit is of ${unit.quantity}, this is written in ${wanted.quantity}`)
  }
  const values = raw.value === undefined ? null : Array.isArray(raw.value) ? raw.value : [raw.value]
  if (values !== null) {
    for (const value of values) {
      const highest = bits === null ? null : 2 ** (bits.high - bits.low + 1) - 1
      const fits =
        highest !== null
          ? Number.isInteger(value) && value >= 0 && value <= highest
          : table === 'coil'
            ? value === 0 || value === 1
            : fitsType(value, type, len)
      if (!fits)
        report(
          [...path, 'value'],
          `${value} does not fit ${highest !== null ? 'these bits' : table === 'coil' ? 'a coil' : type}`,
        )
    }
  } else if (wanted.valueNeeded && raw.calc === undefined) {
    report(path, '`value` is missing', 'what is to be written, e.g. `value: 1`')
  } else if (
    wanted.quantity !== null &&
    unit === null &&
    raw.calc === undefined &&
    raw.map === undefined &&
    raw.unit === undefined
  ) {
    report(path, '`unit` is missing', `copy it from the data sheet, e.g. 0.1 ${wanted.quantity}`)
  }
  if (values !== null && raw.calc !== undefined) report([...path, 'calc'], '`value` and `calc` exclude each other')
  const range =
    raw.range === undefined ? wanted.range : compileRange(raw.range, [...path, 'range'], wanted.quantity, report)
  const step = raw.step === undefined ? 0 : (parseAmount(raw.step, wanted.quantity ?? 'A') ?? -1)
  if (step < 0) report([...path, 'step'], `"${raw.step}" is not a step`, 'e.g. `step: 1`')
  return {
    address: compileAddress(raw.at, [...path, 'at'], words, report),
    table,
    type,
    order: raw.order ?? defaults.order,
    len,
    functionCode: functionCode === 22 ? null : functionCode,
    mask: functionCode === 22,
    unitId: raw.unit_id ?? null,
    shared: raw.shared ?? raw.unit_id !== undefined,
    unit,
    offset: raw.offset ?? 0,
    value: values,
    calc: raw.calc === undefined ? null : compileExpression(raw.calc, [...path, 'calc'], report),
    bits,
    range: values === null ? range : null,
    step: Math.max(step, 0),
    map: raw.map === undefined ? null : compileNumberMap(raw.map, [...path, 'map'], report),
    onChange: raw.on_change ?? false,
    minGapMs: raw.min_gap === undefined ? 0 : compileDuration(raw.min_gap, [...path, 'min_gap'], report),
    rewriteMs: raw.rewrite === undefined ? null : compileDuration(raw.rewrite, [...path, 'rewrite'], report),
    repeat: raw.repeat ?? 1,
    wears: raw.wears ?? false,
    condition: compileCondition(raw.if, [...path, 'if'], report),
    readback:
      raw.readback === undefined
        ? null
        : compileReadBack(raw.readback, raw, [...path, 'readback'], wanted.quantity, context),
  }
}

/** A read-back says only what differs from its write. */
function compileReadBack(
  raw: RawReadBack,
  written: RawStep,
  path: Path,
  quantity: Quantity | null,
  context: WriteContext,
): ReadPoint | null {
  const unit = raw.unit ?? written.unit
  const inherited: RawReadBack = {
    ...(written.table === undefined ? {} : { table: written.table }),
    ...(written.type === undefined ? {} : { type: written.type }),
    ...(written.order === undefined ? {} : { order: written.order }),
    ...(typeof written.at === 'undefined' ? {} : { at: written.at }),
    ...raw,
    ...(unit === undefined ? {} : { unit }),
  }
  return compileReadPoint(inherited, path, { quantity, unitNeeded: quantity !== null, perPhase: 'no' }, context)
}

function compilePhases(raw: RawPhases, path: Path, context: WriteContext): WriteBlock['phases'] {
  const { 1: one, 3: three, ...point } = raw
  if (one === undefined && three === undefined) {
    const steps = compileSteps(point, path, PHASE_COUNT, context)
    const [first] = steps
    if (first?.kind === 'write' && first.point.map !== null && !(first.point.map.has(1) && first.point.map.has(3))) {
      context.report([...path, 'map'], 'the map needs a value for 1 and for 3 phases', 'map: {1: 0, 3: 1}')
    }
    return { one: steps, three: steps }
  }
  if (Object.keys(point).length > 0 || one === undefined || three === undefined) {
    context.report(path, 'steps are given for both 1 and 3 phases, and nothing beside them')
    return null
  }
  return {
    one: compileSteps(one, [...path, 1], CONSTANT, context),
    three: compileSteps(three, [...path, 3], CONSTANT, context),
  }
}

function compileFailSafe(raw: NonNullable<RawWrite['failsafe']>, path: Path, context: WriteContext): FailSafe {
  const part = (
    step: RawStep | undefined,
    key: string,
    wanted: Wanted,
  ): { write: WritePoint | null; readback: ReadPoint | null } => {
    if (step === undefined) return { write: null, readback: null }
    const where = [...path, key]
    if (step.at === undefined && step.readback !== undefined) {
      return {
        write: null,
        readback: compileReadBack(step.readback, step, [...where, 'readback'], wanted.quantity, context),
      }
    }
    const write = compileWritePoint(step, where, wanted, context)
    return { write, readback: write?.readback ?? null }
  }
  const current = part(raw.current, 'current', FAILSAFE_CURRENT)
  const timeout = part(raw.timeout, 'timeout', TIMEOUT)
  return {
    current: current.write,
    timeout: timeout.write,
    currentReadback: current.readback,
    timeoutReadback: timeout.readback,
    persist: raw.persist === undefined ? [] : compileSteps(raw.persist, [...path, 'persist'], CONSTANT, context),
  }
}

function compileAlive(
  raw: Exclude<NonNullable<RawWrite['alive']>, 'none'>,
  path: Path,
  context: WriteContext,
): KeepAlive | null {
  const { every, write, ...point } = raw
  const part = /^timeout ?\/ ?(\d{1,2})$/u.exec(every.trim())
  const divisor = part === null ? 0 : Number(part[1])
  if (part !== null && divisor < 2)
    context.report([...path, 'every'], 'the keep-alive must come well before the time-out', 'timeout/2')
  const period: KeepAlive['every'] =
    part === null
      ? { kind: 'fixed', ms: compileDuration(every, [...path, 'every'], context.report) }
      : { kind: 'timeout', divisor }
  if (period.kind === 'fixed' && period.ms < 200)
    context.report([...path, 'every'], 'more often than every 200 ms', 'e.g. 5s')
  if (write !== undefined) {
    if (Object.keys(point).length > 0) context.report(path, '`write: failsafe.timeout` needs nothing beside `every`')
    return { every: period, write }
  }
  if (Object.keys(point).length === 0) return { every: period, write: null }
  const target = compileWritePoint(point, path, CONSTANT, context)
  return target === null ? null : { every: period, write: target }
}
