import type { Mapping, OptionValue } from '../../src/mapping/index.ts'

/** What an installer could have set: what the file's own examples (of this variant) set, else the defaults. */
export function installedOptions(mapping: Mapping, variant?: string): Readonly<Record<string, OptionValue>> {
  const needed = [...mapping.options].filter(([, option]) => option.default === null).map(([name]) => name)
  const ofVariant = mapping.examples.filter((example) => variant !== undefined && example.variant === variant)
  const isWhole = (options: Readonly<Record<string, OptionValue>>): boolean =>
    needed.every((name) => Object.hasOwn(options, name))
  return (
    [...ofVariant, ...(needed.length === 0 ? [] : mapping.examples)].map(({ options }) => options).find(isWhole) ?? {}
  )
}
