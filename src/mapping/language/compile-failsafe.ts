import { compileDuration } from './compile-parts.ts'
import type { FailSafe, KeepAlive, ReadPoint, WritePoint } from '../mapping.ts'
import type { Path } from './problem.ts'
import type { RawStep, RawWrite } from './schema-write.ts'
import { compileReadBack, compileWritePoint, CONSTANT, FAILSAFE_CURRENT, TIMEOUT } from './compile-write-point.ts'
import type { Wanted, WriteContext } from './compile-write-point.ts'
import { compileSteps } from './compile-steps.ts'

export function compileFailSafe(raw: NonNullable<RawWrite['failsafe']>, path: Path, context: WriteContext): FailSafe {
  const { order } = raw
  if (order !== undefined) reportOrder(raw, path, context)
  const part = (
    own: RawStep | undefined,
    key: 'current' | 'timeout',
    wanted: Wanted,
  ): { write: WritePoint | null; readback: ReadPoint | null } => {
    if (own === undefined) return { write: null, readback: null }
    const where = [...path, key]
    const step = order === undefined ? own : { ...own, ...order }
    if (!isOrder(step) && step.readback !== undefined) {
      return {
        write: null,
        readback: compileReadBack(step.readback, step, [...where, 'readback'], wanted.quantity, context),
      }
    }
    const write = compileWritePoint(step, where, wanted, context)
    return {
      write: write === null || order === undefined ? write : { ...write, share: key },
      readback: write?.readback ?? null,
    }
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

/** A line without an order only says where the value can be read. */
function isOrder({ at, get, put, post, topic, send }: RawStep): boolean {
  return [at, get, put, post, topic, send].some((key) => key !== undefined)
}

function reportOrder(
  { order, current, timeout }: NonNullable<RawWrite['failsafe']>,
  path: Path,
  { documents, report }: WriteContext,
): void {
  if (documents === null) report([...path, 'order'], 'one order for both is not for registers', '`at` on each line')
  const text = JSON.stringify(order ?? {})
  for (const [key, step] of Object.entries({ current, timeout })) {
    if (step === undefined) report(path, `\`${key}\` is missing`, 'its `unit` and `range`; the order carries both')
    else if (isOrder(step))
      report([...path, key], 'the order above carries it', 'only `unit`, `range` and `readback` here')
    if (!text.includes(`{${key}}`))
      report([...path, 'order'], `{${key}} is missing`, 'e.g. `failsafe {timeout} {current} 1`')
  }
}

export function compileAlive(
  raw: Exclude<NonNullable<RawWrite['alive']>, 'none'>,
  path: Path,
  context: WriteContext,
  shared = false,
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
    if (shared)
      context.report(
        path,
        'the time-out cannot be sent alone, its order carries the current too',
        '`rewrite` on `current`',
      )
    if (Object.keys(point).length > 0) context.report(path, '`write: failsafe.timeout` needs nothing beside `every`')
    return { every: period, write }
  }
  if (Object.keys(point).length === 0) return { every: period, write: null }
  const target = compileWritePoint(point, path, CONSTANT, context)
  return target === null ? null : { every: period, write: target }
}
