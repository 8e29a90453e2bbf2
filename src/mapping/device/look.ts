/** What a device shows now, value by value: for a person who writes its mapping. */
import type { Mapping, Poll, Word } from '../mapping.ts'
import { pathText } from '../values/document-path.ts'
import type { PlanItem } from './plan.ts'
import { nameResolver } from '../values/values.ts'
import type { WordsOf } from '../values/values.ts'

export interface LookedAt {
  /** Names of the file that need it. */
  readonly names: readonly string[]
  /** `holding 1020`, or a place in a document. */
  readonly place: string
  readonly unit: number
  readonly table: PlanItem['table']
  readonly address: number
  readonly poll: Poll
  /** Null: the device does not have it, or it was not read yet. */
  readonly words: readonly Word[] | null
  /** Monotonic ms; null where there are no words. */
  readonly at: number | null
}

export interface Look {
  readonly places: readonly LookedAt[]
  /** Points and signals by name; null: not available. */
  readonly values: ReadonlyMap<string, unknown>
}

export function lookAt(
  mapping: Mapping,
  items: readonly PlanItem[],
  storedAt: (key: string) => { readonly words: readonly Word[]; readonly at: number } | null,
  wordsOf: WordsOf,
  connector: number,
): Look {
  const take = nameResolver(mapping, wordsOf, connector)
  const names = [...mapping.points.keys(), ...mapping.signals.keys()]
  return {
    places: items.map((item) => {
      const stored = storedAt(item.key)
      return {
        names: item.names,
        place: placeText(mapping, item),
        unit: item.unit,
        table: item.table,
        address: item.address,
        poll: item.poll,
        words: stored?.words ?? null,
        at: stored?.at ?? null,
      }
    }),
    values: new Map(names.map((name) => [name, take(name).value])),
  }
}

function placeText(mapping: Mapping, { table, address }: PlanItem): string {
  if (table !== 'field') return `${table} ${address}`
  const field = mapping.documents?.fields.get(address)
  const source = field === undefined ? undefined : mapping.documents?.sources[field.source]
  const inside = pathText(field?.path ?? [])
  return `${source?.name ?? '?'}${inside === '' ? '' : inside.startsWith('[') ? inside : `.${inside}`}`
}
