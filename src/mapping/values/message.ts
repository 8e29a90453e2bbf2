/** Orders to a device that speaks in texts: a template with `{value}`, and the other way round. */
import type { DocumentWrite } from '../../model/driver.ts'

/** Values of the text options by name. */
export type Texts = Readonly<Record<string, string>>

/** The options that the installer set, as texts. */
export function textsOf({ optionValues }: { readonly optionValues: ReadonlyMap<string, number | string> }): Texts {
  return Object.fromEntries([...optionValues].map(([name, value]) => [name, String(value)]))
}

const NAME = /\{([a-z][a-z0-9_]{0,31})\}/gu

/** Names of options that a text needs. */
export function namesOfTemplate(text: string): readonly string[] {
  return [...text.matchAll(NAME)].flatMap(([, name]) => (name === undefined || name === 'value' ? [] : [name]))
}

/** Fills in what is known; a name that is not stays as it is (a JSON body may hold braces). */
export function fill(text: string, texts: Texts, value: string | null = null): string {
  return text.replaceAll(NAME, (whole, name: string) => (name === 'value' ? (value ?? whole) : (texts[name] ?? whole)))
}

/** The message with the texts of the site and a value, ready to go out. */
export function render<Message extends DocumentWrite>(template: Message, texts: Texts, value: string | null): Message {
  return mapTexts(template, (text) => fill(text, texts, value))
}

function mapTexts<Message extends DocumentWrite>(template: Message, change: (text: string) => string): Message {
  switch (template.kind) {
    case 'http': {
      const headers = Object.fromEntries(Object.entries(template.headers).map(([name, text]) => [name, change(text)]))
      return {
        ...template,
        path: change(template.path),
        body: template.body === null ? null : change(template.body),
        headers,
      }
    }
    case 'datagram':
      return { ...template, text: change(template.text) }
    case 'publish':
      return { ...template, topic: change(template.topic), payload: change(template.payload) }
  }
}

/** How a person reads it, and how examples name it: `PUT /v1/x {"a": 13}`, `publish amp/set 13`, `send curr 13500`. */
export function messageText(message: DocumentWrite): string {
  switch (message.kind) {
    case 'http':
      return `${message.method} ${message.path}${message.body === null ? '' : ` ${message.body}`}`
    case 'datagram':
      return `send ${message.text}`
    case 'publish':
      return `publish ${message.topic} ${message.payload}`
  }
}

/** The value that a message carries when it is one of this template; null when it is not. A template without `{value}` carries 0. */
export function valueIn(template: DocumentWrite, message: DocumentWrite, texts: Texts): number | null {
  if (template.kind !== message.kind) return null
  const wanted = messageText(mapTexts(template, (text) => fill(text, texts)))
  const names = [...wanted.matchAll(NUMBER_NAME)].map(([, name]) => name ?? '')
  const found = messageText(message)
  if (names.length === 0) return found === wanted ? 0 : null
  const literal = wanted.split(NUMBER_NAME).filter((_, index) => index % 2 === 0)
  const match = new RegExp(`^${literal.map(literally).join(String.raw`(-?\d{1,12}(?:\.\d{1,6})?)`)}$`, 'u').exec(found)
  if (match === null) return null
  const numbers = Object.fromEntries(names.map((name, index) => [name, Number(match[index + 1])]))
  return numbers['value'] ?? pairOf(numbers)
}

const NUMBER_NAME = /\{(value|current|timeout)\}/gu

/** An order that carries the current and the time-out of the fail-safe: both are whole numbers and travel as one. */
const PAIR = 1_000_000

export function pairOf({ current = 0, timeout = 0 }: { readonly current?: number; readonly timeout?: number }): number {
  return timeout * PAIR + current
}

export function numbersOfPair(pair: number): { readonly current: number; readonly timeout: number } {
  return { current: pair % PAIR, timeout: Math.floor(pair / PAIR) }
}

/** The message with its number: `{value}`, or `{timeout}` and `{current}` of a pair. */
export function withNumber(template: DocumentWrite, texts: Texts, value: number): DocumentWrite {
  const { current, timeout } = numbersOfPair(value)
  const carriesPair = /\{(current|timeout)\}/u.test(messageText(template))
  const known = carriesPair ? { ...texts, current: String(current), timeout: String(timeout) } : texts
  return render(template, known, numberText(value))
}

/** What the answer to an order contains; it may hold the number too. */
export function obeyedText(template: string | null, texts: Texts, value: number): string | null {
  return template === null ? null : fill(template, texts, numberText(value))
}

/** 13.5 and not 13.500000000000002; never with an exponent. */
function numberText(value: number): string {
  return Number(value.toFixed(6)).toString()
}

function literally(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/gu, String.raw`\$&`)
}
