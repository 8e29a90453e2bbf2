import { isText } from '../values/number-codec.ts'
/** `variants:` of a mapping: which of them a device is, told by its firmware and by registers that are read once at connect. */
import { compileExpression } from './compile-parts.ts'
import { evaluate, isList, namesIn } from '../values/expression.ts'
import type { Expression, Value } from '../values/expression.ts'
import type { Mapping } from '../mapping.ts'
import { didYouMean } from './problem.ts'
import type { Path, Report } from './problem.ts'

type Comparison = '<' | '<=' | '>' | '>=' | '==' | '!='

/** `firmware < 1.2.1` */
interface VersionCheck {
  readonly comparison: Comparison
  readonly version: readonly number[]
  readonly literal: string
}

/** When a variant holds. Version checks are names in the expression that no file can write. */
export interface VariantRule {
  /** Null: `otherwise`. */
  readonly when: Expression | null
  readonly versions: ReadonlyMap<string, VersionCheck>
}

export interface Variant extends VariantRule {
  readonly name: string
  readonly mapping: Mapping
}

const VERSION_CHECK = /\bfirmware\s*(<=|>=|==|!=|<|>)\s*v?(0x[0-9a-fA-F]{1,8}|\d{1,9}(?:\.\d{1,9}){0,5})(?![\w.])/gu

export function compileVariantRule(text: string, path: Path, report: Report): VariantRule {
  if (text.trim() === 'otherwise') return { when: null, versions: new Map() }
  const versions = new Map<string, VersionCheck>()
  const plain = text.replaceAll(VERSION_CHECK, (_, comparison: string, literal: string) => {
    const name = `firmware__${versions.size}`
    if (isComparison(comparison)) versions.set(name, { comparison, version: partsOf(literal), literal })
    return ` ${name} `
  })
  return { when: compileExpression(plain, path, report), versions }
}

/** Names that a rule reads, beside the firmware. */
export function namesOfRule(rule: VariantRule): readonly string[] {
  return rule.when === null ? [] : [...namesIn(rule.when)].filter((name) => !rule.versions.has(name))
}

/** Problems that only the whole file shows: unknown points, a firmware that nobody reads. */
export function checkVariantRule(rule: VariantRule, mapping: Mapping, path: Path, report: Report): void {
  const names = [...mapping.points.keys()]
  const firmware = mapping.identity.firmware
  const usesFirmware = rule.versions.size > 0 || namesOfRule(rule).includes('firmware')
  if (usesFirmware && firmware === null)
    report(
      path,
      '`identity.firmware` is missing',
      'where the firmware version is read, e.g. `{at: 20, type: text, len: 8}`',
    )
  const isNumber = firmware !== null && firmware.table !== 'field' && !isText(firmware.type) && !firmware.hex
  for (const { literal } of rule.versions.values())
    if (isNumber && literal.split('.').length > 2)
      report(
        path,
        `the firmware register is a number, ${literal} is none`,
        'e.g. `firmware < 0x0121`, or read it as text',
      )
  for (const name of namesOfRule(rule)) {
    if (name === 'firmware') report(path, 'the firmware is compared with a version', 'e.g. `firmware < 1.2.1`')
    else if (!names.includes(name))
      report(path, `"${name}" is not a point of this file`, didYouMean(name, ['firmware', ...names]))
  }
}

/** What a device tells of itself at connect. */
export interface Fingerprint {
  readonly firmware: string | number | null
  readonly valueOf: (name: string) => Value
}

/**
 * The first variant whose rule is true; null when none is. A rule that cannot be judged because a register is missing ends the
 * search: the variants below it would be a guess.
 */
export function pickVariant(variants: readonly Variant[], fingerprint: Fingerprint): Variant | null {
  for (const variant of variants) {
    if (variant.when === null) return variant
    const truth = evaluate(variant.when, (name) => {
      const check = variant.versions.get(name)
      return check === undefined ? fingerprint.valueOf(name) : holdsFor(check, fingerprint.firmware)
    })
    if (truth === null || isList(truth)) return null
    if (truth !== false && truth !== 0) return variant
  }
  return null
}

/** Null: the firmware is not known, or names no version. */
function holdsFor({ comparison, version, literal }: VersionCheck, firmware: string | number | null): boolean | null {
  if (firmware === null) return null
  const order =
    typeof firmware === 'number' ? firmware - Number(literal) : compareVersions(versionIn(firmware), version)
  if (order === null || Number.isNaN(order)) return null
  switch (comparison) {
    case '<':
      return order < 0
    case '<=':
      return order <= 0
    case '>':
      return order > 0
    case '>=':
      return order >= 0
    case '==':
      return order === 0
    case '!=':
      return order !== 0
  }
}

/** The version in a text such as `P30 v 3.10.57 (221009)`: the first number with a dot, else the first number. */
function versionIn(text: string): readonly number[] | null {
  const found = /\d{1,9}(?:\.\d{1,9})+/u.exec(text) ?? /\d{1,9}/u.exec(text)
  return found === null ? null : partsOf(found[0])
}

/** Parts that are not written count as 0: 1.3 and 1.3.0 are one version. */
function compareVersions(a: readonly number[] | null, b: readonly number[]): number | null {
  if (a === null) return null
  for (let index = 0; index < Math.max(a.length, b.length); index++) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

function partsOf(literal: string): readonly number[] {
  return literal.startsWith('0x') ? [Number(literal)] : literal.split('.').map(Number)
}

const COMPARISONS: readonly string[] = ['<', '<=', '>', '>=', '==', '!=']
function isComparison(text: string): text is Comparison {
  return COMPARISONS.includes(text)
}
