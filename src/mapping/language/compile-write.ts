import { compileDuration } from './compile-parts.ts'
import type { Defaults, PointContext } from './point-context.ts'
import type { Step, WriteBlock } from '../mapping.ts'
import type { Path } from './problem.ts'
import type { RawPhases, RawStepOrName, RawWrite } from './schema-write.ts'
import { compileAlive, compileFailSafe } from './compile-failsafe.ts'
import { compileSteps } from './compile-steps.ts'
import { CONSTANT, CURRENT, PHASE_COUNT } from './compile-write-point.ts'
import type { Wanted, WriteContext } from './compile-write-point.ts'

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
    reserved: steps(raw.reserved, 'reserved', CONSTANT),
    unreserved: steps(raw.unreserved, 'unreserved', CONSTANT),
    phases: raw.phases === undefined ? null : compilePhases(raw.phases, [...path, 'phases'], context),
    failsafe: raw.failsafe === undefined ? null : compileFailSafe(raw.failsafe, [...path, 'failsafe'], context),
    alive:
      raw.alive === undefined || raw.alive === 'none'
        ? null
        : compileAlive(raw.alive, [...path, 'alive'], context, raw.failsafe?.order !== undefined),
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

function compilePhases(raw: RawPhases, path: Path, context: WriteContext): WriteBlock['phases'] {
  const { 1: one, 3: three, paused, ...point } = raw
  const pausedMs = paused === undefined ? null : compileDuration(paused, [...path, 'paused'], context.report)
  if (pausedMs !== null && pausedMs > 60_000)
    context.report([...path, 'paused'], 'longer than a minute', 'nothing else can be done while it waits')
  if (one === undefined && three === undefined) {
    const steps = compileSteps(point, path, PHASE_COUNT, context)
    const [first] = steps
    if (first?.kind === 'write' && first.point.map !== null && !(first.point.map.has(1) && first.point.map.has(3))) {
      context.report([...path, 'map'], 'the map needs a value for 1 and for 3 phases', 'map: {1: 0, 3: 1}')
    }
    return { one: steps, three: steps, pausedMs }
  }
  if (Object.keys(point).length > 0 || one === undefined || three === undefined) {
    context.report(path, 'steps are given for both 1 and 3 phases, and nothing beside them')
    return null
  }
  return {
    one: compileSteps(one, [...path, 1], CONSTANT, context),
    three: compileSteps(three, [...path, 3], CONSTANT, context),
    pausedMs,
  }
}
