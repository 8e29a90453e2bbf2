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
    return faults
  })
}
