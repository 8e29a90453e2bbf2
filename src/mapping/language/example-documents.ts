/** Examples of devices that speak in texts: what the device says, and the messages that go out. */
import type { DocumentBook } from './document-book.ts'
import { scalarOf } from '../values/document-format.ts'
import { isList, isMap, valueAt } from '../values/document-path.ts'
import type { Json } from '../values/document-path.ts'
import type { DocumentPlan, Example } from '../mapping.ts'
import { messageText } from '../values/message.ts'
import { didYouMean } from './problem.ts'
import type { Path, Report } from './problem.ts'
import type { RawExample } from './schema-example.ts'

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
