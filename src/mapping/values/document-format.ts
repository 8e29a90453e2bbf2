/** From the text of a document to JSON and back. */
import { isList } from './document-path.ts'
import type { Json } from './document-path.ts'

export const FORMATS = ['json', 'pairs', 'text'] as const
export type DocumentFormat = (typeof FORMATS)[number]

/** The document in a text; undefined when it is not of that format. A JSON text that is none counts as plain text for topics only. */
export function readDocument(text: string, format: DocumentFormat): Json | undefined {
  if (format === 'text') return text.trim()
  if (format === 'pairs') return readPairs(text)
  try {
    const document: Json = JSON.parse(text)
    return document
  } catch {
    return undefined
  }
}

/** `key=value` or `key: value` per line, or joined by `&`, `;` or a comma. */
function readPairs(text: string): Json | undefined {
  const pairs = new Map<string, string>()
  for (const line of text.split(/[\r\n&;,]+/u)) {
    const match = /^\s*([^=:]{1,64}?)\s*[=:]\s*(.*?)\s*$/u.exec(line)
    if (match !== null) pairs.set(match[1] ?? '', match[2] ?? '')
  }
  return pairs.size === 0 ? undefined : Object.fromEntries(pairs)
}

export function writeDocument(document: Json, format: DocumentFormat): string {
  if (format === 'text') return typeof document === 'string' ? document : JSON.stringify(document)
  if (format === 'json') return JSON.stringify(document)
  if (typeof document !== 'object' || document === null || isList(document)) return ''
  return Object.entries(document)
    .map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join('\n')
}

/** What a place in a document says as a value of the mapping: true and false are 1 and 0; a map or a list says nothing. */
export function scalarOf(value: Json | undefined): number | string | null {
  if (typeof value === 'boolean') return value ? 1 : 0
  if (typeof value === 'number' || typeof value === 'string') return value
  return null
}

/** A document that is told from others by a piece of its text has that piece. */
export function marked(text: string, match: string | null): string {
  if (match === null || text.includes(match)) return text
  if (!text.startsWith('{')) return `${match} ${text}`
  return text === '{}' ? `{${match}}` : `{${match},${text.slice(1)}`
}
