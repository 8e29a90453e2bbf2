import { capabilitiesOf } from './capabilities.ts'
import type { Mapping } from './mapping.ts'

/**
 * What a file that comes with the bridge still lacks: its source, and an example for every signal and command that it declares.
 * An installer's own file works without; `ampbridge` then only cannot tell when an address or a scale is wrong.
 */
export function missingFrom(mapping: Mapping): readonly string[] {
  const missing: string[] = []
  if (mapping.sources.length === 0) missing.push('`source` does not say where the facts come from')
  const { signals, commands } = capabilitiesOf(mapping)
  for (const signal of signals) {
    const shown = mapping.examples.some((example) => {
      const value = example.expect[signal]
      return value !== undefined && value !== null
    })
    if (!shown) missing.push(`no example shows \`${signal}\` with a value`)
  }
  for (const command of commands) {
    const done = mapping.examples.some((example) => example.command?.kind === command && example.writes !== null)
    if (!done) missing.push(`no example shows the frames of \`${command}\``)
  }
  const write = mapping.write
  const kinds = mapping.examples.map((example) => example.command?.kind)
  if (write !== null && write.start.length > 0 && !kinds.includes('start'))
    missing.push('no example shows the frames of `start`')
  if (write !== null && write.stop.length > 0 && !kinds.includes('stop'))
    missing.push('no example shows the frames of `stop`')
  if (write !== null && write.alive !== null && write.alive.write !== null && !kinds.includes('alive'))
    missing.push('no example shows the frame of `alive`')
  return missing
}
