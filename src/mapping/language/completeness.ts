import { isDeepStrictEqual } from 'node:util'
import type { SignalName } from '../../model/signal.ts'
import { capabilitiesOf } from './capabilities.ts'
import type { Example, Mapping } from '../mapping.ts'

/**
 * What a file that comes with the bridge still lacks: its source, and an example for every signal and command that it declares; for a
 * meter or a variant only for those that it changes. An installer's own file works without; `ampbridge` then only cannot tell when an
 * address or a scale is wrong.
 */
export function missingFrom(mapping: Mapping): readonly string[] {
  const missing: string[] = []
  if (mapping.sources.length === 0) missing.push('`source` does not say where the facts come from')
  missing.push(...missingFromView(mapping, mapping.examples, null))
  for (const variant of mapping.variants) missing.push(...missingFromView(variant.mapping, mapping.examples, mapping))
  for (const meter of mapping.meters.values()) {
    missing.push(...missingFromView(meter, mapping.examples, mapping))
    for (const variant of meter.variants) missing.push(...missingFromView(variant.mapping, mapping.examples, meter))
  }
  return missing
}

/** `below` is what the view is merged over: what is the same there needs no example of its own. */
function missingFromView(view: Mapping, all: readonly Example[], below: Mapping | null): readonly string[] {
  const examples = all.filter((example) => example.meter === view.meter && example.variant === view.variant)
  const missing: string[] = []
  const { signals, commands } = capabilitiesOf(view)
  for (const signal of signals) {
    const shown = examples.some((example) => {
      const value = example.expect[signal]
      return value !== undefined && value !== null
    })
    if (!shown && !isSameSignal(signal, view, below)) missing.push(`no example shows \`${signal}\` with a value`)
  }
  const write = view.write
  const before = below?.write ?? null
  for (const command of commands) {
    const done = examples.some((example) => example.command?.kind === command && example.writes !== null)
    const same =
      before !== null && isDeepStrictEqual(write?.[command], before[command]) && usesSame(command, write, before)
    if (!done && !same) missing.push(`no example shows the frames of \`${command}\``)
  }
  const kinds = examples.map((example) => example.command?.kind)
  for (const kind of ['start', 'stop'] as const) {
    if (write === null || write[kind].length === 0 || kinds.includes(kind)) continue
    if (!isDeepStrictEqual(write[kind], before?.[kind])) missing.push(`no example shows the frames of \`${kind}\``)
  }
  if (write !== null && write.alive !== null && write.alive.write !== null && !kinds.includes('alive'))
    if (!isDeepStrictEqual(write.alive, before?.alive)) missing.push('no example shows the frame of `alive`')
  const where = [
    view.meter === null ? [] : [`meter ${view.meter}`],
    view.variant === null ? [] : [`variant ${view.variant}`],
  ]
  return below === null ? missing : missing.map((text) => `${text} (${where.flat().join(', ')})`)
}

/** Read in the same way; a calculation counts as changed when any point does. */
function isSameSignal(signal: SignalName, view: Mapping, below: Mapping | null): boolean {
  if (below === null) return false
  if (signal === 'error') return isDeepStrictEqual(view.error, below.error)
  if (signal === 'state' && !isDeepStrictEqual(view.state, below.state)) return false
  const source = view.signals.get(signal)
  const usesNames = signal === 'state' ? view.state?.kind === 'rules' : source?.kind === 'calc'
  if (usesNames && !isDeepStrictEqual(view.points, below.points)) return false
  return signal === 'state' || isDeepStrictEqual(source, below.signals.get(signal))
}

/** `resume` writes the set-point too. */
function usesSame(command: string, write: Mapping['write'], before: NonNullable<Mapping['write']>): boolean {
  return command !== 'resume' || isDeepStrictEqual(write?.current, before.current)
}
