import { decodePoint } from '../values/decode.ts'
import { numbersIn } from '../values/expression.ts'
import type { Mapping, ReadPoint, Word } from '../mapping.ts'
import { encodeText, isText } from '../values/number-codec.ts'
import { rawWords } from './reverse.ts'
import type { SimulatedRegisters } from './simulated-registers.ts'
import { nameResolver, valueOf } from '../values/values.ts'
import { namesOfRule, pickVariant } from '../language/variants.ts'
import type { Fingerprint, Variant } from '../language/variants.ts'

/** More than any real set of variants needs. */
const MAX_TRIES = 4000

/**
 * The choice of a variant in reverse: puts words into the registers by which the bridge takes the device for `variant`. What the
 * registers hold already (words of the examples) is tried first. False: no such words were found.
 */
export function showVariant(file: Mapping, variant: Variant, registers: SimulatedRegisters): boolean {
  const read = (): Fingerprint => {
    const { firmware } = file.identity
    const part = firmware === null ? null : registers.wordsOf(firmware, 0)
    return {
      firmware: firmware === null || part === null ? null : decodePoint(firmware, part.words, 1),
      valueOf: valueOf(nameResolver(file, registers.wordsOf, 1)),
    }
  }
  const fits = (): boolean => pickVariant(file.variants, read()) === variant
  if (fits()) return true
  const unknown = unknownsOf(file)
  let tries = 0
  for (const assignment of combinations(unknown.map(({ candidates }) => candidates))) {
    for (const [index, words] of assignment.entries()) {
      const point = unknown[index]?.point
      const [place] = point === undefined ? [] : registers.placesOf(point)
      if (place !== undefined) registers.imageOf(place.unit).set(place.table, place.address, words)
    }
    if (fits()) return true
    if (++tries >= MAX_TRIES) return false
  }
  return false
}

interface Unknown {
  readonly point: ReadPoint
  readonly candidates: readonly (readonly Word[])[]
}

/** The registers that tell variants apart, with the words worth trying: what the rules compare with, and its neighbours. */
function unknownsOf(file: Mapping): readonly Unknown[] {
  const unknowns: Unknown[] = []
  const { firmware } = file.identity
  const literals = new Set(
    file.variants.flatMap(({ versions }) => [...versions.values()].map(({ literal }) => literal)),
  )
  if (firmware !== null && literals.size > 0)
    unknowns.push({ point: firmware, candidates: [...literals].flatMap((literal) => firmwareWords(firmware, literal)) })
  const numbers = new Set(file.variants.flatMap(({ when }) => (when === null ? [] : numbersIn(when))))
  const near = new Set([0, 1, ...[...numbers].flatMap((number) => [number, number + 1, number - 1])])
  for (const name of new Set(file.variants.flatMap(namesOfRule))) {
    const source = file.points.get(name)
    if (source?.kind !== 'point' || isText(source.point.type)) continue
    const { point } = source
    const raws = [...near].filter((value) => value >= 0)
    unknowns.push({
      point,
      candidates: raws.map((raw) =>
        rawWords(
          point,
          raw,
          Array.from({ length: point.words }, () => 0),
        ),
      ),
    })
  }
  return unknowns
}

function firmwareWords(point: ReadPoint, literal: string): readonly (readonly Word[])[] {
  if (!isText(point.type) && point.table !== 'field') {
    const number = Number(literal)
    return [number, number + 1, number - 1].filter((value) => value >= 0).map((value) => rawWords(point, value, []))
  }
  const { type, order, words, strip } = point
  const parts = literal.split('.').map(Number)
  const neighbours = [parts, [...parts.slice(0, -1), (parts.at(-1) ?? 0) + 1]]
  // The next lower version: 1.2.0 comes after 1.1.9999 as it does after 1.1.
  const last = parts.findLastIndex((part) => part > 0)
  if (last >= 0)
    neighbours.push([...parts.slice(0, last), (parts[last] ?? 1) - 1, ...parts.slice(last + 1).map(() => 9)])
  if (point.table === 'field' || !isText(type))
    return neighbours.map((version) => [`${strip ?? ''}${version.join('.')}`])
  return neighbours.map((version) => encodeText(`${strip ?? ''}${version.join('.')}`, type, order, words))
}

function* combinations(lists: readonly (readonly (readonly Word[])[])[]): Generator<readonly (readonly Word[])[]> {
  const [first, ...rest] = lists
  if (first === undefined) {
    yield []
    return
  }
  for (const words of first) for (const others of combinations(rest)) yield [words, ...others]
}
