import { MAX_FAULT_TEXT } from '../../model/fault-kind.ts'
import type { Mapping } from '../mapping.ts'

/**
 * What must hold between files, and what a shipped file must say that an installer's own need not: every device and badge belongs to one
 * file of its kind of connection, and the reader knows how far to trust it. What must hold in one file is the loader's business.
 */
export function lintLibrary(mappings: readonly Mapping[]): readonly string[] {
  const owners = new Map<string, string>()
  return mappings.flatMap((mapping) => {
    const faults: string[] = []
    const speaks = mapping.documents?.family ?? 'modbus'
    for (const badge of [mapping.device, ...mapping.also]) {
      const key = `${badge.toLowerCase()} over ${speaks}`
      const owner = owners.get(key)
      if (owner === undefined) owners.set(key, mapping.name)
      else faults.push(`${mapping.name}: ${badge} is in ${owner} already`)
    }
    if (mapping.status === null) faults.push(`${mapping.name}: \`status\` does not say where the facts come from`)
    if (mapping.write !== null && mapping.write.current.length > 0 && mapping.write.pause.length === 0)
      faults.push(`${mapping.name}: there is no \`pause\``)
    faults.push(...faultTexts(mapping))
    return faults
  })
}

/** A fault is told to people in a CSMS: a sentence, and short enough that none is cut. */
function faultTexts({ name, error }: Mapping): readonly string[] {
  if (error === null) return []
  const { values, bits } = error
  return [...values.values(), ...bits.map(({ fault }) => fault)].flatMap(({ text }) => {
    if (text === null) return []
    if (text.length > MAX_FAULT_TEXT) return [`${name}: "${text}" has more than ${MAX_FAULT_TEXT} characters`]
    if (/^[A-Z].*[A-Za-z0-9)]$/.test(text)) return []
    return [`${name}: "${text}" is no sentence: it begins with a capital letter and has no full stop`]
  })
}
