import type { Datagram, DocumentBank, DocumentRead, HttpRequest, TelegramValue } from '../../model/driver.ts'
import { marked, writeDocument } from '../values/document-format.ts'
import { isList, isMap } from '../values/document-path.ts'
import type { Json } from '../values/document-path.ts'
import type { DocumentPlan, Example } from '../mapping.ts'
import type { RegisterImage } from './memory-link.ts'
import { fill, messageText, obeyedText, render, valueIn } from '../values/message.ts'
import type { Texts } from '../values/message.ts'

/**
 * A device that says just what the example lists: another document is not there. Every order is taken; it is kept in `image` so that a
 * refused command can be seen to have written nothing.
 */
export function exampleBank(example: Example, plan: DocumentPlan, texts: Texts, image: RegisterImage): DocumentBank {
  const textOf = (index: number): string | null => {
    const source = plan.sources[index]
    // The sign of life need not be listed with each example.
    const life = index === plan.alive && example.documents.size > 0 ? 0 : undefined
    const document = source === undefined ? undefined : (example.documents.get(source.name) ?? life)
    return source === undefined || document === undefined ? null : writeDocument(document, source.format)
  }
  const note = (): void =>
    image.write({ kind: 'registers', unit: 0, table: 'holding', address: 0, words: [], functionCode: null })
  return {
    answer: (request) => {
      const index = plan.sources.findIndex(({ request: one }) => sameQuestion(one, request, texts))
      if (index >= 0) {
        const body = textOf(index)
        // Also of a device that would keep silent: the other documents can still be shown.
        return body === null
          ? { status: 404, body: '' }
          : { status: 200, body: marked(body, request.kind === 'datagram' ? request.match : null) }
      }
      note()
      for (const [number, message] of plan.messages.entries()) {
        const value = valueIn(message, request, texts)
        if (value !== null) return { status: 200, body: obeyedText(plan.obeyed[number] ?? null, texts, value) ?? '' }
      }
      return { status: 200, body: '' }
    },
    topics: () =>
      new Map(
        plan.sources.flatMap(({ request }, index) => {
          const payload = textOf(index)
          return request.kind === 'topic' && payload !== null ? [[fill(request.topic, texts), payload] as const] : []
        }),
      ),
    hear: note,
    telegram: () => new Map(Object.entries(telegramOf(example.documents.get('obis') ?? {}))),
  }
}

function sameQuestion(one: DocumentRead, request: HttpRequest | Datagram, texts: Texts): boolean {
  if (one.kind !== 'http' && one.kind !== 'datagram') return false
  return messageText(render(one, texts, null)) === messageText(request)
}

function telegramOf(said: Json): Readonly<Record<string, TelegramValue>> {
  if (!isMap(said)) return {}
  return Object.fromEntries(
    Object.entries(said).flatMap(([code, value]) => {
      const [number, unit] = isList(value) ? value : [value]
      if (typeof number !== 'number' && typeof number !== 'string') return []
      return [[code, { value: number, unit: typeof unit === 'string' ? unit : null }]]
    }),
  )
}
