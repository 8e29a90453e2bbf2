/** Examples of devices that speak in texts: what the device says, and the messages that go out. */
import type { DocumentBook } from './document-book.ts'
import type { Datagram, DocumentBank, DocumentRead, HttpRequest, TelegramValue } from '../model/driver.ts'
import { marked, scalarOf, writeDocument } from './document-format.ts'
import { isList, valueAt } from './document-path.ts'
import type { Json } from './document-path.ts'
import type { DocumentPlan, Example } from './mapping.ts'
import type { RegisterImage } from './memory-link.ts'
import { fill, messageText, obeyedText, render, valueIn } from './message.ts'
import type { Texts } from './message.ts'
import { didYouMean } from './problem.ts'
import type { Path, Report } from './problem.ts'
import type { RawExample } from './schema.ts'

type Documents = ReadonlyMap<string, Json>

/** By the name of the document: `{status: {...}}`, `{topics: {amp: 16}}`, `{obis: {"1-0:1.8.0": [1234.5, kWh]}}`. */
export function documentsGiven(
  raw: Readonly<Record<string, Json>>,
  plan: DocumentPlan,
  path: Path,
  report: Report,
): Documents {
  if (plan.family === 'mqtt') {
    const said = raw['topics']
    if (said !== undefined && isMap(said) && Object.keys(raw).length === 1)
      return known(said, plan, [...path, 'topics'], report)
    if (Object.keys(raw).length > 0)
      report(path, 'what an MQTT device says stands under `topics`', 'e.g. `{topics: {car: 2}}`')
    return new Map()
  }
  return known(raw, plan, path, report)
}

function known(raw: Readonly<Record<string, Json>>, plan: DocumentPlan, path: Path, report: Report): Documents {
  const names = plan.sources.map(({ name }) => name)
  for (const name of Object.keys(raw))
    if (!names.includes(name)) report([...path, name], `the file reads no "${name}"`, didYouMean(name, names))
  return new Map(Object.entries(raw))
}

function isMap(value: Json): value is Readonly<Record<string, Json>> {
  return typeof value === 'object' && value !== null && !isList(value)
}

/** The same, by the numbers of the values: what a simulated device starts with. */
export function fieldsGiven(documents: Documents, plan: DocumentPlan): Example['given'] {
  return [...plan.fields].flatMap(([address, { source, path }]) => {
    const document = documents.get(plan.sources[source]?.name ?? '')
    if (document === undefined) return []
    const value = valueAt(document, path)
    // A telegram's value stands with its unit: [1234.5, kWh].
    const word = scalarOf(plan.family === 'telegram' && value !== undefined && isOfTelegram(value) ? value[0] : value)
    return word === null ? [] : [{ table: 'field' as const, address, words: [word] }]
  })
}

function isOfTelegram(value: Json): value is readonly Json[] {
  return isList(value)
}

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

export function messageOfExample(
  raw: NonNullable<RawExample['writes']>[number],
  documents: DocumentBook,
  path: Path,
  report: Report,
): string {
  const { at: _at, words: _words, fc: _fc, table: _table, unit_id: _unit, body, ...order } = raw
  const message = documents.compile({ ...order, ...(body === undefined ? {} : { body: String(body) }) }, path)
  if (message === null) report(path, 'the message is not complete')
  return message === null ? '' : messageText(message)
}
