/** The file as it stands, with each of its meters and each of its variants: all are compiled, so that all problems show up at load. */
import { compileMapping } from './compile.ts'
import { layered, partOf, without } from './layers.ts'
import type { Example, Mapping } from '../mapping.ts'
import { optionProblems } from './options.ts'
import { didYouMean } from './problem.ts'
import type { Path, Problem, Report } from './problem.ts'
import { reportIssues } from './schema-problems.ts'
import { mappingSchema } from './schema.ts'
import type { RawMapping } from './schema.ts'
import { isPlainMap } from './source-file.ts'
import type { SourceFile } from './source-file.ts'
import { checkVariantRule, compileVariantRule } from './variants.ts'
import type { Variant } from './variants.ts'

/** Meters times variants; a real device has four or five. */
const MAX_VIEWS = 100

/** What a variant or a meter cannot change: it is still the same device and the same file. */
const FIXED_KEYS: readonly string[] = ['from', 'kind', 'options', 'variants', 'meters', 'examples']

interface View {
  readonly raw: RawMapping
  readonly mapping: Mapping
}

/** Null after a problem. */
export function compileViews(file: SourceFile, tell: (problem: Problem) => void): Mapping | null {
  const base = compileView(file, tell)
  if (base === null) return null
  const plain = without(file, ['variants', 'meters'])
  const meterNames = Object.keys(base.raw.meters ?? {})
  if (meterNames.length > 0 && base.raw.kind !== 'meter')
    tell(
      file.problem(
        ['meters'],
        'a charger has one meter of its own',
        'describe the others in a file with `kind: meter`',
      ),
    )
  const views = (meterNames.length + 1) * ((base.raw.variants ?? []).length + 1)
  if (views > MAX_VIEWS) {
    tell(file.problem(['variants'], `${views} combinations of meters and variants`, `at most ${MAX_VIEWS}`))
    return null
  }
  const mapping = { ...base.mapping, variants: compileVariants(base, file, plain, null, tell) }
  const meters = new Map<string, Mapping>()
  for (const name of meterNames) {
    const path = ['meters', name]
    refuseFixedKeys(file, path, tell)
    const source = layered(plain, partOf(file, path))
    const view = compileView(source, tell)
    if (view === null) continue
    const meter: Mapping = { ...view.mapping, meter: name }
    meters.set(name, { ...meter, variants: compileVariants({ ...base, mapping: meter }, file, source, name, tell) })
  }
  const whole = { ...mapping, meters }
  const isWhole = [mapping, ...meters.values()].every((one) => one.variants.length === (base.raw.variants ?? []).length)
  // Without it an example of a variant that has a wrong line would be a second problem.
  return isWhole && meters.size === meterNames.length ? withExamples(whole, reporter(file, tell)) : whole
}

/** A mapping of the file by the names of its meter and its variant; null: there is none of that name. */
export function viewOf(mapping: Mapping, meter: string | null, variant: string | null): Mapping | null {
  const ofMeter = meter === null ? mapping : (mapping.meters.get(meter) ?? null)
  if (variant === null || ofMeter === null) return ofMeter
  return ofMeter.variants.find(({ name }) => name === variant)?.mapping ?? null
}

function compileVariants(
  { raw, mapping }: View,
  file: SourceFile,
  below: SourceFile,
  meter: string | null,
  tell: (problem: Problem) => void,
): readonly Variant[] {
  const report = reporter(file, tell)
  const names = new Set<string>()
  return (raw.variants ?? []).flatMap((entry, index, all): readonly Variant[] => {
    const path = ['variants', index]
    const name = entry.name ?? entry.when
    if (names.has(name)) report([...path, 'name'], `"${name}" is the name of another variant`, 'one name, one variant')
    names.add(name)
    const rule = compileVariantRule(entry.when, [...path, 'when'], report)
    if (rule.when === null && entry.when.trim() === 'otherwise' && index !== all.length - 1)
      report([...path, 'when'], '`otherwise` must be the last variant')
    checkVariantRule(rule, mapping, [...path, 'when'], report)
    refuseFixedKeys(file, path, tell)
    const view = compileView(layered(below, without(partOf(file, path), ['name', 'when'])), tell)
    return view === null ? [] : [{ ...rule, name, mapping: { ...view.mapping, meter, variant: name } }]
  })
}

function compileView(source: SourceFile, tell: (problem: Problem) => void): View | null {
  const report = reporter(source, tell)
  const shape = mappingSchema.safeParse(source.data)
  if (!shape.success) {
    reportIssues(shape.error, source.data, report)
    return null
  }
  return { raw: shape.data, mapping: compileMapping(shape.data, source, report) }
}

function reporter(source: SourceFile, tell: (problem: Problem) => void): Report {
  return (path, message, hint) => tell(source.problem(path, message, hint))
}

function refuseFixedKeys(file: SourceFile, path: Path, tell: (problem: Problem) => void): void {
  const { data } = partOf(file, path)
  if (!isPlainMap(data)) return
  for (const key of FIXED_KEYS)
    if (Object.hasOwn(data, key))
      tell(file.problem([...path, key], `\`${key}\` cannot change here`, 'it stands once in the file'))
}

/** Each example as its own meter and variant reads it, and for each of these the examples that show it. */
function withExamples(mapping: Mapping, report: Report): Mapping {
  const examples = mapping.examples.flatMap((example, index): readonly Example[] => {
    const path = ['examples', index]
    if (example.meter !== null && !mapping.meters.has(example.meter)) {
      report(
        [...path, 'meter'],
        `"${example.meter}" is not a meter of this file`,
        hintOf(example.meter, [...mapping.meters.keys()]),
      )
      return []
    }
    const view = viewOf(mapping, example.meter, example.variant)
    if (view === null) {
      const names = mapping.variants.map(({ name }) => name)
      report(
        [...path, 'variant'],
        `"${example.variant}" is not a variant of this file`,
        hintOf(example.variant ?? '', names),
      )
      return []
    }
    for (const { name, message, hint } of optionProblems(mapping, example.options))
      report(name === null ? path : [...path, 'options', name], message, hint)
    const own = view.examples[index]
    return own === undefined ? [] : [own]
  })
  // What a variant shows stands first; the rest of the file's examples still says what its other registers hold.
  const seen = (view: Mapping): Mapping => {
    const ofMeter = examples.filter((example) => example.meter === view.meter)
    const own = ofMeter.filter((example) => example.variant === view.variant)
    return { ...view, examples: [...own, ...ofMeter.filter((example) => !own.includes(example))] }
  }
  const all = (view: Mapping): Mapping => ({
    ...view,
    variants: view.variants.map((variant) => ({ ...variant, mapping: seen(variant.mapping) })),
  })
  return {
    ...all(mapping),
    examples,
    meters: new Map([...mapping.meters].map(([name, meter]) => [name, seen(all(meter))])),
  }
}

function hintOf(word: string, names: readonly string[]): string {
  return names.length === 0 ? 'there are none' : didYouMean(word, names)
}
