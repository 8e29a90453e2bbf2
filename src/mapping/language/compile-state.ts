import { isText } from '../values/number-codec.ts'
import { FAULT_KINDS, FAULT_SENTENCES } from '../../model/fault-kind.ts'
import type { PilotState } from '../../model/pilot-state.ts'
import { compileBits, compileExpression } from './compile-parts.ts'
import { ANY_VALUE, compileReadPoint, ONE_VALUE } from './compile-point.ts'
import type { PointContext } from './point-context.ts'
import type { Expression } from '../values/expression.ts'
import type { ErrorRule, FaultName, StateRule } from '../mapping.ts'
import { didYouMean } from './problem.ts'
import type { Path } from './problem.ts'
import type { RawErrorPoint, RawReadPoint, RawState } from './schema-read.ts'

const LETTERS: readonly PilotState[] = ['A', 'B', 'C', 'D', 'E', 'F']

export function compileState(raw: RawState, path: Path, context: PointContext): StateRule | null {
  const { report } = context
  if (Array.isArray(raw)) {
    type Rule = { readonly state: PilotState; readonly when: Expression | null }
    const rules = raw.flatMap((line, index): readonly Rule[] => {
      const [entry, ...more] = Object.entries(line)
      const where = [...path, index]
      if (entry === undefined || more.length > 0) {
        report(where, 'a rule is one letter and one condition', 'e.g. `- C: run == 3`')
        return []
      }
      const [letter, condition] = entry
      if (condition === undefined) return []
      const state = LETTERS.find((known) => known === letter)
      if (state === undefined) return []
      if (condition === 'otherwise') {
        if (index !== raw.length - 1) report([...where, letter], '`otherwise` must be the last line')
        return [{ state, when: null }]
      }
      if (typeof condition === 'boolean') {
        report([...where, letter], 'write a condition or `otherwise`')
        return []
      }
      const when = compileExpression(condition, [...where, letter], report)
      return when === null ? [] : [{ state, when }]
    })
    return { kind: 'rules', rules }
  }
  const { A, B, C, D, E, F, ...rest } = raw
  const pointRaw: RawReadPoint = rest
  if (pointRaw.calc !== undefined)
    report([...path, 'calc'], 'a state from a calculation is a list of rules', '`- C: run == 3`')
  const point = compileReadPoint(pointRaw, path, ONE_VALUE, context)
  if (point === null) return null
  const numbers = new Map<number, PilotState>()
  const texts = new Map<string, PilotState>()
  const width =
    point.table === 'field' && point.bits === null
      ? 64
      : point.bits === null
        ? point.words * 16
        : point.bits.high - point.bits.low + 1
  for (const [letter, values] of Object.entries({ A, B, C, D, E, F })) {
    const state = LETTERS.find((known) => known === letter)
    if (values === undefined || state === undefined) continue
    for (const value of Array.isArray(values) ? values : [values]) {
      if (point.table !== 'field' && isText(point.type) !== (typeof value === 'string')) {
        report(
          [...path, letter],
          isText(point.type)
            ? `${value} is a number, the register is text`
            : `"${value}" is text, the register is a number`,
          isText(point.type) ? 'put it in quotes' : 'write the number',
        )
      } else if (
        texts.has(String(value)) && typeof value === 'string'
          ? texts.get(value) !== state
          : typeof value === 'number' && numbers.has(value)
      ) {
        report([...path, letter], `${value} already means another state`, 'one value, one state')
      } else if (typeof value === 'number') {
        if (width < 32 && value >= 2 ** width) report([...path, letter], `${value} does not fit ${width} bits`)
        numbers.set(value, state)
      } else {
        texts.set(value, state)
      }
    }
  }
  if (numbers.size + texts.size === 0) report(path, 'no state has a value', 'e.g. `A: [0, 1], B: 2, C: 3`')
  return { kind: 'values', point, numbers, texts }
}

/** `bitOrder` are the keys of `bits` in the order of the file. */
export function compileError(
  raw: RawErrorPoint,
  path: Path,
  bitOrder: readonly string[],
  context: PointContext,
): ErrorRule | null {
  const { report } = context
  const { bits, map, ...rest } = raw
  const pointRaw: RawReadPoint = typeof bits === 'string' ? { ...rest, bits } : rest
  if (pointRaw.calc !== undefined) report([...path, 'calc'], 'an error is read from a register')
  const point = compileReadPoint(pointRaw, path, ANY_VALUE, context)
  if (point === null) return null
  if (isText(point.type) || point.perPhase) report(path, 'an error is one whole number')
  const name = (
    fault: { code: string; text?: string | undefined; name?: string | undefined },
    where: Path,
  ): FaultName => {
    if (!FAULT_KINDS.some((known) => known === fault.code)) {
      report(
        [...where, 'code'],
        `"${fault.code}" is not an error code of OCPP 1.6`,
        didYouMean(fault.code, FAULT_KINDS),
      )
    }
    const kind = FAULT_KINDS.find((known) => known === fault.code) ?? 'OtherError'
    return { kind, text: fault.text ?? FAULT_SENTENCES[kind], name: fault.name ?? null }
  }
  const values = new Map<number, FaultName>()
  for (const [key, fault] of Object.entries(map ?? {})) {
    const value = Number(key)
    if (!Number.isInteger(value)) report([...path, 'map', key], `"${key}" is not a whole number`)
    values.set(value, name(fault, [...path, 'map', key]))
  }
  const quietBits: number[] = []
  const named: { bit: number; fault: FaultName }[] = []
  if (bits !== undefined && typeof bits !== 'string') {
    for (const key of bitOrder) {
      const fault = bits[key]
      if (fault === undefined) continue
      const where = [...path, 'bits', key]
      if (!/^\d+$/u.test(key)) report(where, `"${key}" is not a bit number`)
      else compileBits(Number(key), undefined, where, point.table === 'field' ? 32 : point.words * 16, report)
      if (fault === 'none') quietBits.push(Number(key))
      else named.push({ bit: Number(key), fault: name(fault, where) })
    }
  }
  return { point, values, bits: named, quietBits }
}
