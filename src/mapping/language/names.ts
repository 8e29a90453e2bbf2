import { CONNECTOR, sourceNames } from '../values/source-names.ts'
import type { SignalName } from '../../model/signal.ts'
import { namesIn } from '../values/expression.ts'
import type { Expression } from '../values/expression.ts'
import type { Mapping, ReadPoint, Source, Step, WritePoint } from '../mapping.ts'
import { didYouMean } from './problem.ts'
import type { Path, Report } from './problem.ts'

/** Every name in an expression must exist, must not need itself, and a value per phase must not stand where one value is wanted. */
export function checkNames(mapping: Mapping, report: Report): void {
  const known = new Map<string, Source>([...mapping.points, ...mapping.signals])
  const options = [...mapping.options].flatMap(([name, { type }]) => (type === 'number' ? [name] : []))
  const names = [...new Set([...known.keys(), ...options])]
  const check = (expression: Expression | null, path: Path, extra: readonly string[] = []): void => {
    if (expression === null) return
    for (const name of namesIn(expression)) {
      if (name !== CONNECTOR && !names.includes(name) && !extra.includes(name))
        report(path, `"${name}" is not a point or signal of this file`, didYouMean(name, [...names, ...extra]))
    }
  }
  const checkPoint = (point: ReadPoint, path: Path): void => {
    check(point.condition, [...path, 'if'])
    if (point.times !== null && !names.includes(point.times))
      report([...path, 'times'], `"${point.times}" is not a point of this file`, didYouMean(point.times, names))
  }
  const checkSource = (source: Source, path: Path): void => {
    if (source.kind === 'point') checkPoint(source.point, path)
    else {
      check(source.calculation.expression, [...path, 'calc'])
      check(source.calculation.condition, [...path, 'if'])
    }
  }
  for (const [name, source] of mapping.points) checkSource(source, ['points', name])
  for (const [name, source] of mapping.signals) checkSource(source, ['read', name])
  for (const name of names)
    if (needsItself(name, known))
      report([mapping.points.has(name) ? 'points' : 'read', name], `"${name}" needs its own value`)

  if (mapping.state?.kind === 'values') checkPoint(mapping.state.point, ['state'])
  else mapping.state?.rules.forEach((rule, index) => check(rule.when, ['state', index, rule.state]))
  if (mapping.error !== null) checkPoint(mapping.error.point, ['read', 'error'])
  for (const [list, key] of [
    [mapping.detect, 'detect'],
    [mapping.require, 'require'],
  ] as const) {
    for (const item of list) {
      if (item.target.kind === 'signal' && !hasSignal(mapping, item.target.signal))
        report([key, 'signal'], `the file does not read ${item.target.signal}`)
    }
  }
  const write = mapping.write
  if (write === null) return
  const checkWrite = (point: WritePoint, path: Path): void => {
    const own = path[1] === 'phases' ? ['phases'] : path[2] === 'timeout' ? ['timeout'] : ['A']
    check(point.calc, [...path, 'calc'], own)
    check(point.condition, [...path, 'if'])
    for (const name of point.rangeNames ?? []) {
      const source = known.get(name)
      if (!names.includes(name))
        report([...path, 'range'], `"${name}" is not a point or signal of this file`, didYouMean(name, names))
      else if (source?.kind === 'point' && (source.point.perPhase || source.point.unit?.quantity !== 'A'))
        report(
          [...path, 'range'],
          `"${name}" is not one current`,
          'its line needs `unit: A` or another unit of current',
        )
    }
  }
  const checkSteps = (steps: readonly Step[], path: Path): void => {
    for (const step of steps) {
      if (step.kind === 'write') checkWrite(step.point, path)
      if (step.kind === 'use' && write[step.name].length === 0)
        report(path, `\`${step.name}\` is not defined`, `add \`write.${step.name}\``)
    }
  }
  for (const key of [
    'start',
    'stop',
    'current',
    'pause',
    'resume',
    'wake',
    'unlock',
    'reserved',
    'unreserved',
  ] as const)
    checkSteps(write[key], ['write', key])
  checkSteps(write.phases?.one ?? [], ['write', 'phases'])
  checkSteps(write.phases?.three ?? [], ['write', 'phases'])
  checkSteps(write.failsafe?.persist ?? [], ['write', 'failsafe', 'persist'])
  for (const key of ['current', 'timeout'] as const) {
    const point = write.failsafe?.[key] ?? null
    if (point !== null) checkWrite(point, ['write', 'failsafe', key])
  }
  if (write.alive?.write === 'failsafe.timeout' && (write.failsafe?.timeout ?? null) === null)
    report(['write', 'alive', 'write'], '`write.failsafe.timeout` is not defined')
  if (
    write.alive?.every.kind === 'timeout' &&
    (write.failsafe?.timeout ?? null) === null &&
    (write.failsafe?.timeoutReadback ?? null) === null
  ) {
    report(
      ['write', 'alive', 'every'],
      'there is no fail-safe time-out to take a part of',
      'write a period, e.g. `every: 5s`',
    )
  }
}

export function hasSignal(mapping: Mapping, signal: SignalName): boolean {
  if (signal === 'state') return mapping.state !== null
  return signal === 'error' ? mapping.error !== null : mapping.signals.has(signal)
}

function needsItself(name: string, known: ReadonlyMap<string, Source>): boolean {
  const seen = new Set<string>()
  const open = [name]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const source = known.get(next)
    if (source === undefined) continue
    for (const needed of sourceNames(source)) {
      if (needed === name) return true
      if (!seen.has(needed)) open.push(needed)
      seen.add(needed)
    }
  }
  return false
}
