/** `options:` of a mapping: what the installer sets in the site file, such as the ratio of current transformers. */
import { BridgeError } from '../../model/errors.ts'
import { parseRange, inRange } from '../values/quantity.ts'
import type { Range } from '../values/quantity.ts'
import type { Mapping, Source } from '../mapping.ts'
import { didYouMean } from './problem.ts'
import type { Report } from './problem.ts'
import type { RawOption } from './schema.ts'

/** Numbers are names in expressions; texts stand for `{name}` in topics, paths and bodies. */
export type OptionValue = number | string

export interface OptionDefinition {
  /** What the installer reads. */
  readonly text: string
  readonly type: 'number' | 'text'
  /** Null: the installer must set it. */
  readonly default: OptionValue | null
  readonly range: Range | null
  /** Empty: any value. */
  readonly choices: readonly OptionValue[]
}

/** One wrong option; `name` is null where one is missing. */
export interface OptionProblem {
  readonly name: string | null
  readonly message: string
  readonly hint: string
}

/** Long enough for a serial number or a token, short enough for a topic. */
const MAX_TEXT = 200

export function compileOptions(
  raw: Readonly<Record<string, RawOption>> | undefined,
  report: Report,
): ReadonlyMap<string, OptionDefinition> {
  const options = new Map<string, OptionDefinition>()
  for (const [name, option] of Object.entries(raw ?? {})) {
    const path = ['options', name]
    const choices = option.choices ?? []
    const type = option.type ?? (choices.some((choice) => typeof choice === 'string') ? 'text' : 'number')
    let range: Range | null = null
    if (option.range !== undefined) {
      const parsed = parseRange(option.range, null)
      if (typeof parsed === 'string') report([...path, 'range'], parsed)
      else range = parsed
      if (type === 'text') report([...path, 'range'], 'a text has no range', 'list its `choices`')
      if (choices.length > 0) report([...path, 'range'], '`range` and `choices` exclude each other', 'keep one of them')
    }
    const definition: OptionDefinition = { text: option.text, type, default: option.default ?? null, range, choices }
    for (const [index, choice] of choices.entries()) {
      if ((typeof choice === 'string') !== (type === 'text'))
        report([...path, 'choices', index], `${JSON.stringify(choice)} is no ${type}`, 'all choices are of one type')
    }
    if (definition.default !== null) {
      const wrong = wrongValue(definition, definition.default)
      if (wrong !== null) report([...path, 'default'], wrong.message, wrong.hint)
    }
    options.set(name, definition)
  }
  return options
}

/** Everything that is wrong with the values that an installer gives; empty: nothing. */
export function optionProblems(
  mapping: Pick<Mapping, 'options'>,
  values: Readonly<Record<string, OptionValue>>,
): readonly OptionProblem[] {
  const problems: OptionProblem[] = []
  const names = [...mapping.options.keys()]
  for (const [name, value] of Object.entries(values)) {
    const definition = mapping.options.get(name)
    if (definition === undefined) {
      const hint = names.length === 0 ? 'this mapping has no options' : didYouMean(name, names)
      problems.push({ name, message: `"${name}" is not an option of this mapping`, hint })
      continue
    }
    const wrong = wrongValue(definition, value)
    if (wrong !== null) problems.push({ name, ...wrong })
  }
  for (const [name, definition] of mapping.options) {
    if (definition.default === null && !Object.hasOwn(values, name))
      problems.push({ name: null, message: `the option \`${name}\` must be set`, hint: definition.text })
  }
  return problems
}

/** Values from a command line as their options want them: numbers where they are. */
export function optionsFromTexts(
  mapping: Pick<Mapping, 'options'>,
  texts: Readonly<Record<string, string>>,
): Readonly<Record<string, OptionValue>> {
  const values = Object.entries(texts).map(([name, text]): [string, OptionValue] => {
    const isNumber = mapping.options.get(name)?.type === 'number' && /^-?\d{1,12}(\.\d{1,9})?$/u.test(text)
    return [name, isNumber ? Number(text) : text]
  })
  return Object.fromEntries(values)
}

/** The mapping as the installer has set it: one of its meters, values in place of defaults. Throws CONFIG_INVALID with every problem. */
export function asInstalled(
  mapping: Mapping,
  { meter, options = {} }: { readonly meter?: string; readonly options?: Readonly<Record<string, OptionValue>> },
): Mapping {
  if (meter === undefined) return withOptions(mapping, options)
  const problem = meterProblem(mapping, meter)
  const chosen = mapping.meters.get(meter)
  if (problem !== null || chosen === undefined)
    throw new BridgeError('CONFIG_INVALID', `${mapping.device}: ${problem?.message} (${problem?.hint})`)
  return withOptions(chosen, options)
}

/** Why there is no such meter in the device; null: there is. */
export function meterProblem(
  mapping: Pick<Mapping, 'meters'>,
  meter: string,
): { readonly message: string; readonly hint: string } | null {
  if (mapping.meters.has(meter)) return null
  const names = [...mapping.meters.keys()]
  const hint = names.length === 0 ? 'the mapping has one meter only' : didYouMean(meter, names)
  return { message: `there is no meter "${meter}"`, hint }
}

function withOptions(mapping: Mapping, values: Readonly<Record<string, OptionValue>>): Mapping {
  const problems = optionProblems(mapping, values)
  if (problems.length > 0) {
    const text = problems.map(({ message, hint }) => `${message} (${hint})`).join('; ')
    throw new BridgeError('CONFIG_INVALID', `${mapping.device}: ${text}`)
  }
  return Object.keys(values).length === 0 ? mapping : bind(mapping, new Map(Object.entries(values)))
}

/** Values of the file itself, for reading it without an installer. */
export function defaultsOf(options: ReadonlyMap<string, OptionDefinition>): ReadonlyMap<string, OptionValue> {
  const values = new Map<string, OptionValue>()
  for (const [name, definition] of options) if (definition.default !== null) values.set(name, definition.default)
  return values
}

/** Numbers become points that never change, so that expressions, `times` and `if` find them by name. */
export function constantPoints(values: ReadonlyMap<string, OptionValue>): ReadonlyMap<string, Source> {
  const points = new Map<string, Source>()
  for (const [name, value] of values) {
    if (typeof value !== 'number') continue
    const expression = { kind: 'number', value } as const
    points.set(name, { kind: 'calc', calculation: { expression, condition: null, range: null } })
  }
  return points
}

function bind(mapping: Mapping, values: ReadonlyMap<string, OptionValue>): Mapping {
  const optionValues = new Map([...mapping.optionValues, ...values])
  return {
    ...mapping,
    optionValues,
    points: new Map([...mapping.points, ...constantPoints(optionValues)]),
    variants: mapping.variants.map((variant) => ({ ...variant, mapping: bind(variant.mapping, values) })),
    meters: new Map([...mapping.meters].map(([name, meter]) => [name, bind(meter, values)])),
  }
}

function wrongValue(definition: OptionDefinition, value: OptionValue): { message: string; hint: string } | null {
  const { type, range, choices, text } = definition
  if (type === 'number' && (typeof value !== 'number' || !Number.isFinite(value)))
    return { message: `${show(value)} is not a number`, hint: text }
  if (type === 'text') {
    if (typeof value !== 'string') return { message: `${show(value)} is not a text`, hint: 'put it in quotes' }
    if (value === '' || value.length > MAX_TEXT || /\p{Cc}/u.test(value))
      return { message: `${show(value)} is not a usable text`, hint: `1 to ${MAX_TEXT} letters, digits and signs` }
  }
  if (choices.length > 0 && !choices.includes(value))
    return { message: `${show(value)} is not a choice`, hint: `one of: ${choices.join(', ')}` }
  if (range !== null && typeof value === 'number' && !inRange(value, range))
    return { message: `${value} is outside ${range.min} to ${range.max}`, hint: text }
  return null
}

function show(value: OptionValue): string {
  return JSON.stringify(value).slice(0, 40)
}
