/** The device's side of a file about texts: documents made from its values, orders understood by their templates. */
import type {
  Datagram,
  DocumentBank,
  DocumentRead,
  DocumentWrite,
  HttpRequest,
  TelegramValue,
} from '../../model/driver.ts'
import type { SignalName } from '../../model/signal.ts'
import { marked, writeDocument } from '../values/document-format.ts'
import { withValueAt } from '../values/document-path.ts'
import type { Json } from '../values/document-path.ts'
import { namesIn } from '../values/expression.ts'
import type { DocumentPlan, Mapping, Source, Word } from '../mapping.ts'
import { messageText, obeyedText, render, textsOf, valueIn } from '../values/message.ts'
import type { Texts } from '../values/message.ts'

export interface DocumentWorld {
  /** What stands at a place now; null: nothing. */
  readonly word: (field: number) => Word
  /** An order by the number of its template. */
  readonly order: (message: number, value: number) => 'taken' | 'refused' | 'unknown'
  /** Any request. */
  readonly heard: () => void
}

export function documentBank(mapping: Mapping, plan: DocumentPlan, world: DocumentWorld): DocumentBank {
  const texts = textsOf(mapping)
  const units = unitsOfFields(mapping)
  const documentOf = (source: number): Json | undefined => {
    let document: Json | undefined
    for (const [number, field] of plan.fields) {
      const word = field.source === source ? world.word(number) : null
      if (word !== null) document = withValueAt(document, field.path, word)
    }
    return document
  }
  const asked = (request: HttpRequest | Datagram): number =>
    plan.sources.findIndex(
      (source) => isOrder(source.request) && messageText(render(source.request, texts, null)) === messageText(request),
    )
  const take = (
    message: DocumentWrite,
  ): { readonly verdict: 'taken' | 'refused' | 'unknown'; readonly said: string | null } => {
    for (const [number, template] of plan.messages.entries()) {
      const value = valueIn(template, message, texts)
      if (value !== null)
        return { verdict: world.order(number, value), said: obeyedText(plan.obeyed[number] ?? null, texts, value) }
    }
    return { verdict: 'unknown', said: null }
  }
  return {
    answer: (request) => {
      world.heard()
      const source = plan.sources[asked(request)]
      if (source !== undefined) {
        const body = writeDocument(documentOf(plan.sources.indexOf(source)) ?? {}, source.format)
        return { status: 200, body: marked(body, source.request.kind === 'datagram' ? source.request.match : null) }
      }
      const { verdict, said } = take(request)
      if (verdict === 'unknown') return null
      return verdict === 'taken' ? { status: 200, body: said ?? '{}' } : { status: 400, body: 'refused' }
    },
    topics: () => {
      const topics = new Map<string, string>()
      for (const [index, source] of plan.sources.entries()) {
        // The broker keeps what was said last: what is not there any more has to be said too.
        const document = documentOf(index) ?? (index === plan.alive ? 0 : null)
        if (source.request.kind !== 'topic') continue
        topics.set(
          topicOf(source.request.topic, texts),
          typeof document === 'string' ? document : JSON.stringify(document),
        )
      }
      return topics
    },
    regular: () => {
      if (!Number.isFinite(plan.maxAgeMs)) return new Set()
      const sources = plan.alive === null ? plan.sources : plan.sources.slice(plan.alive, plan.alive + 1)
      return new Set(
        sources.flatMap(({ request }) => (request.kind === 'topic' ? [topicOf(request.topic, texts)] : [])),
      )
    },
    hear: (topic, payload) => {
      world.heard()
      for (const retain of [false, true])
        if (take({ kind: 'publish', topic, payload, retain }).verdict !== 'unknown') return
    },
    telegram: () => {
      const values = new Map<string, TelegramValue>()
      for (const [number, { path, asItStands }] of plan.fields) {
        const word = world.word(number)
        if (word === null) continue
        values.set(String(path[0]), { value: word, unit: asItStands ? null : (units.get(number) ?? null) })
      }
      return values
    },
  }
}

/** A topic with the texts that the installer has set. */
function topicOf(topic: string, texts: Texts): string {
  return render({ kind: 'publish', topic, payload: '', retain: false }, texts, null).topic
}

function isOrder(request: DocumentRead): request is HttpRequest | Datagram {
  return request.kind === 'http' || request.kind === 'datagram'
}

const BASE_UNITS: Readonly<Partial<Record<SignalName, string>>> = {
  current: 'A',
  voltage: 'V',
  power: 'W',
  powers: 'W',
  energy: 'Wh',
  export: 'Wh',
  session: 'Wh',
  frequency: 'Hz',
}

/** In which unit a telegram carries a value: that of the signal which it makes. */
function unitsOfFields(mapping: Mapping): ReadonlyMap<number, string> {
  const units = new Map<number, string>()
  const note = (source: Source | undefined, unit: string): void => {
    if (source?.kind === 'point') for (const { base } of source.point.addresses) units.set(base, unit)
    if (source?.kind === 'calc')
      for (const name of namesIn(source.calculation.expression)) note(mapping.points.get(name), unit)
  }
  for (const [signal, source] of mapping.signals) {
    const unit = BASE_UNITS[signal]
    if (unit !== undefined) note(source, unit)
  }
  return units
}
