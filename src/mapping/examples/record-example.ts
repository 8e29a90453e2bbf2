import { SIGNALS } from '../../model/signal.ts'
import type { SignalName, SignalValues } from '../../model/signal.ts'
import { withValueAt } from '../values/document-path.ts'
import type { Json } from '../values/document-path.ts'
import type { Look, LookedAt } from '../device/look.ts'
import type { DocumentPlan, Mapping, Word } from '../mapping.ts'

/** Who somebody is stays on site: registers that only these signals need are left out. */
const PERSONAL: readonly string[] = ['tag', 'evid'] satisfies readonly SignalName[]

export interface Recorded {
  /** When and where, for the comment. */
  readonly about: string
  /** What the display showed, by signal; the values that the mapping makes stand in for the rest. */
  readonly displayed: Readonly<Partial<Record<SignalName, unknown>>>
  readonly connector: number
}

/** An example for the file, as YAML lines: what stood in the registers, and what it means. */
export function recordExample(mapping: Mapping, look: Look, values: SignalValues, recorded: Recorded): string {
  const kept = look.places.filter(({ names }) => names.some((name) => !PERSONAL.includes(name)))
  const given =
    mapping.documents === null ? registerLines(kept, mapping.defaultTable) : documentLines(kept, mapping.documents)
  const expected = SIGNALS.flatMap((name) => {
    if (PERSONAL.includes(name)) return []
    const shown = recorded.displayed[name]
    const value = shown ?? decoded(name, values)
    return value === null || value === undefined ? [] : [`${name}: ${JSON.stringify(value)}`]
  })
  return [
    `  # ${recorded.about}`,
    ...(recorded.connector === 1 ? [] : [`  - connector: ${recorded.connector}`]),
    `${recorded.connector === 1 ? '  - ' : '    '}given:`,
    ...given.map((line) => `      ${line}`),
    `    expect: {${expected.join(', ')}}`,
    '',
  ].join('\n')
}

function decoded(name: SignalName, values: SignalValues): unknown {
  const value = values[name]
  if (name === 'error') return values.error?.kind ?? null
  if (typeof value === 'number') return short(value)
  return Array.isArray(value) ? value.map((one: number | null) => (one === null ? null : short(one))) : value
}

function short(value: number): number {
  return Number(value.toPrecision(6))
}

function registerLines(places: readonly LookedAt[], own: LookedAt['table']): readonly string[] {
  const lines: string[] = []
  for (const table of ['holding', 'input', 'coil', 'discrete'] as const) {
    const words = new Map<number, Word>()
    for (const place of places)
      if (place.table === table)
        for (const [offset, word] of (place.words ?? []).entries()) words.set(place.address + offset, word)
    const blocks = blocksOf(words).map(([address, block]) => `${address}: [${block.map(wordText).join(', ')}]`)
    if (blocks.length === 0) continue
    if (table === own) lines.push(...blocks)
    else lines.push(`${table}: {${blocks.join(', ')}}`)
  }
  return lines
}

function wordText(word: Word): string {
  return typeof word === 'number' && word > 9 ? `0x${word.toString(16).toUpperCase().padStart(4, '0')}` : String(word)
}

/** Registers that follow each other, as one line. */
function blocksOf(words: ReadonlyMap<number, Word>): readonly (readonly [number, readonly Word[]])[] {
  const blocks: [number, Word[]][] = []
  for (const [address, word] of [...words].toSorted(([a], [b]) => a - b)) {
    const last = blocks.at(-1)
    if (last !== undefined && last[0] + last[1].length === address) last[1].push(word)
    else blocks.push([address, [word]])
  }
  return blocks
}

function documentLines(places: readonly LookedAt[], plan: DocumentPlan): readonly string[] {
  const documents = new Map<number, Json>()
  for (const { address, words } of places) {
    const field = plan.fields.get(address)
    const word = words?.[0] ?? null
    if (field === undefined || word === null) continue
    documents.set(field.source, withValueAt(documents.get(field.source), field.path, word))
  }
  const lines = [...documents].map(
    ([source, document]) => `${JSON.stringify(plan.sources[source]?.name ?? '')}: ${JSON.stringify(document)}`,
  )
  return plan.family === 'mqtt' ? [`topics: {${lines.join(', ')}}`] : lines
}
