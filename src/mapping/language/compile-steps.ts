import { compileDuration } from './compile-parts.ts'
import { compileReadPoint, ONE_VALUE } from './compile-point.ts'
import type { Step } from '../mapping.ts'
import { isListOf } from './problem.ts'
import type { Path } from './problem.ts'
import type { RawStepOrName } from './schema-write.ts'
import { compileWritePoint } from './compile-write-point.ts'
import type { Wanted, WriteContext } from './compile-write-point.ts'

export function compileSteps(
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
