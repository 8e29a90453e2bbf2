import type { Mapping, Step, WriteBlock, WritePoint } from '../mapping.ts'
import { wordsOf } from '../values/number-codec.ts'
import type { Path, Report } from './problem.ts'
import { toBase } from '../values/unit.ts'

/** What a charger file must never allow. These are faults of the file: it does not load with one of them. */
export function reportSafety(mapping: Mapping, aliveIsNone: boolean, report: Report): void {
  const write = mapping.write
  if (write === null) return
  if (write.current.length > 0 && write.pause.length === 0)
    report(['write'], '`pause` is missing', 'the charger must be able to stop: `pause: {at: 261, value: 0}`')
  if (write.pause.length > 0 && write.resume.length === 0)
    report(['write'], '`resume` is missing', 'how charging goes on after a pause')
  for (const point of writesOf(write.current)) reportSetPoint(point, ['write', 'current'], report)
  if (write.current.length > 0 && writesOf(write.current).every((point) => point.value !== null)) {
    report(['write', 'current'], 'the set-point writes only constants', 'one step without `value`')
  }
  const failSafe = write.failsafe?.current ?? null
  if (failSafe !== null) reportSetPoint(failSafe, ['write', 'failsafe', 'current'], report)
  reportConstants(mapping, write, report)
  if (
    (write.failsafe?.timeout ?? null) !== null &&
    write.alive === null &&
    !aliveIsNone &&
    !writesOf(write.current).some((point) => point.rewriteMs !== null)
  ) {
    report(
      ['write'],
      'a charger with a fail-safe needs `alive`',
      'how the time-out is fed, or `alive: none` and a `note` that says why',
    )
  }
  if (aliveIsNone && mapping.notes.length === 0)
    report(['write', 'alive'], '`alive: none` needs a `note` that says why')
  for (const { point, path } of everyWrite(write)) {
    const isLimited = point.onChange || point.minGapMs >= 60_000 || point.writesPerDay !== null
    if (point.wears && !isLimited && path[1] !== 'failsafe') {
      report(
        path,
        'a register that wears needs a limit',
        '`on_change: true`, `min_gap: 1 min` or longer, or `wears: {per_day: 24}`',
      )
    }
    if (point.rewriteMs !== null && (point.wears || point.rewriteMs < 1000))
      report(
        [...path, 'rewrite'],
        point.wears ? 'a register that wears must not be rewritten' : 'more often than once a second',
      )
  }
  const fed =
    write.alive?.write === 'failsafe.timeout' ? (write.failsafe?.timeout ?? null) : (write.alive?.write ?? null)
  if (fed !== null && typeof fed === 'object' && fed.wears)
    report(['write', 'alive'], 'the keep-alive writes a register that wears', 'its flash would be worn out in weeks')
  reportOverlaps(write, report)
}

function reportSetPoint(point: WritePoint, path: Path, report: Report): void {
  if (point.range !== null && (point.range.min < 6 || point.range.max > 1000)) {
    report(
      [...path, 'range'],
      `${point.range.min} to ${point.range.max} A`,
      'a limit is 0 or from 6 A (IEC 61851-1 A.4); pause has a key of its own',
    )
  }
  if (point.range !== null && point.step > point.range.max)
    report([...path, 'step'], 'the step is larger than the largest value')
}

/** A constant in the set-point register that means a current between 0 and 6 A. */
function reportConstants(mapping: Mapping, write: WriteBlock, report: Report): void {
  const setPoints = writesOf(write.current).filter((point) => point.unit !== null)
  for (const { point, path } of everyWrite(write)) {
    const same = setPoints.find((setPoint) => place(setPoint) === place(point) && setPoint.bits === null)
    for (const value of point.value ?? []) {
      if (same === undefined || same.unit === null) continue
      const amps = toBase(value + same.offset, same.unit)
      const odd = amps > 0 && amps < 6
      if (odd && !(path[1] === 'pause' && mapping.notes.length > 0)) {
        report(
          [...path, 'value'],
          `${value} is ${amps} A in the set-point register`,
          'nothing between 0 and 6 A; a maker’s own code for off needs a `note`',
        )
      }
    }
  }
}

/** Two writes that share some registers but not all: one would tear the other's value (H17). */
function reportOverlaps(write: WriteBlock, report: Report): void {
  const writes = everyWrite(write)
  for (const [index, { point, path }] of writes.entries()) {
    if (point.bits !== null || point.address.expression !== null) continue
    const from = point.address.base
    const to = from + widthOf(point)
    for (const { point: other } of writes.slice(0, index)) {
      if (
        other.bits !== null ||
        other.table !== point.table ||
        other.unitId !== point.unitId ||
        other.address.expression !== null
      )
        continue
      const otherFrom = other.address.base
      const otherTo = otherFrom + widthOf(other)
      if (from < otherTo && otherFrom < to && (from !== otherFrom || to !== otherTo)) {
        report(
          path,
          `registers ${from} to ${to - 1} overlap another write at ${otherFrom} to ${otherTo - 1}`,
          'one of the two has a wrong address or type',
        )
      }
    }
  }
}

/** Registers of an order; a coil and a message are one. */
export function widthOf(point: WritePoint): number {
  return point.table === 'holding' ? wordsOf(point.type, point.len) : 1
}

function place(point: WritePoint): string {
  return `${point.table} ${point.unitId ?? ''} ${point.address.base}`
}

export function writesOf(steps: readonly Step[]): readonly WritePoint[] {
  return steps.flatMap((step) => (step.kind === 'write' ? [step.point] : []))
}

/** All writes that the file can ever make, with the place in the file. */
export function everyWrite(write: WriteBlock): readonly { readonly point: WritePoint; readonly path: Path }[] {
  const commands = (
    ['start', 'stop', 'current', 'pause', 'resume', 'wake', 'unlock', 'reserved', 'unreserved'] as const
  ).flatMap((key) => writesOf(write[key]).map((point) => ({ point, path: ['write', key] as Path })))
  const phases = writesOf([...(write.phases?.one ?? []), ...(write.phases?.three ?? [])]).map((point) => ({
    point,
    path: ['write', 'phases'] as Path,
  }))
  const failSafe = (['current', 'timeout'] as const).flatMap((key) => {
    const point = write.failsafe?.[key] ?? null
    return point === null ? [] : [{ point, path: ['write', 'failsafe', key] as Path }]
  })
  const persist = writesOf(write.failsafe?.persist ?? []).map((point) => ({
    point,
    path: ['write', 'failsafe', 'persist'] as Path,
  }))
  const alive =
    typeof write.alive?.write === 'object' && write.alive.write !== null
      ? [{ point: write.alive.write, path: ['write', 'alive'] as Path }]
      : []
  return [...commands, ...phases, ...failSafe, ...persist, ...alive]
}
