/** Orders to a device that speaks in texts: a template with `{value}`, and the other way round. */
import type { DocumentWrite } from '../model/driver.ts'

/** One order as the file writes it; `{value}` stands for the number, other `{names}` for options of the site. */
export type MessageTemplate = DocumentWrite

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
  const [before = '', ...after] = wanted.split('{value}')
  const found = messageText(message)
  if (after.length === 0) return found === before ? 0 : null
  const pattern = new RegExp(`^${[before, ...after].map(literally).join('(-?\\d{1,12}(?:\\.\\d{1,6})?)')}$`, 'u')
  const match = pattern.exec(found)
  return match === null ? null : Number(match[1])
}

function literally(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/gu, String.raw`\$&`)
}
