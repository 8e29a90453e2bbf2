/**
 * Numbers the values and orders of a device that speaks in texts while its file is compiled, so that they can be planned, decoded
 * and simulated as registers are.
 */
import type { DocumentRead, DocumentWrite } from '../../model/driver.ts'
import { compileDuration } from './compile-parts.ts'
import { MAX_FIELDS } from './compile-transport.ts'
import type { Family } from './compile-transport.ts'
import { parsePath } from '../values/document-path.ts'
import type { DocumentPath } from '../values/document-path.ts'
import type { DocumentField, DocumentPlan, DocumentSource } from '../mapping.ts'
import { messageText, namesOfTemplate } from '../values/message.ts'
import { didYouMean } from './problem.ts'
import type { Path, Report } from './problem.ts'
import type { RawMapping } from './schema.ts'
import type { RawStep } from './schema-write.ts'

/** How the file names a place: exactly one of these. */
export interface PlaceText {
  readonly path?: string | undefined
  readonly topic?: string | undefined
  readonly obis?: string | undefined
}

const MAX_MESSAGES = 200
const MAX_SOURCES = 200
const DEFAULT_MAX_AGE = '60s'
const OBIS = /^\d{1,3}-\d{1,3}:[\dA-Z]{1,3}(\.\d{1,3}){1,2}$/u

export class DocumentBook {
  readonly #family: Exclude<Family, 'modbus'>
  readonly #base: string
  readonly #speaks: string
  readonly #login: DocumentPlan['login']
  readonly #headers: Readonly<Record<string, string>>
  readonly #maxAgeMs: number
  readonly #alive: number | null
  readonly #report: Report
  /** Names that may stand in braces. */
  readonly #options: readonly string[]
  readonly #sources: DocumentSource[] = []
  readonly #fields = new Map<number, DocumentField>()
  readonly #counts = new Map<number, number>()
  readonly #messages: DocumentWrite[] = []
  readonly #obeyed: (string | null)[] = []

  constructor(raw: RawMapping, family: Exclude<Family, 'modbus'>, report: Report) {
    this.#family = family
    this.#report = report
    this.#speaks = raw.telegram?.format ?? family
    this.#login = raw.http?.login ?? null
    this.#options = [...Object.keys(raw.options ?? {}), 'value', 'current', 'timeout']
    const base = raw.mqtt?.base ?? ''
    this.#base = base === '' || base.endsWith('/') ? base : `${base}/`
    this.#headers = raw.http?.headers ?? {}
    const maxAge = raw.mqtt?.max_age ?? raw.telegram?.max_age ?? DEFAULT_MAX_AGE
    this.#maxAgeMs = compileDuration(maxAge, [family, 'max_age'], report)
    this.#addHttp(raw)
    this.#addUdp(raw)
    const alive = raw.mqtt?.alive
    this.#alive = alive === undefined ? null : this.#topic(alive, ['mqtt', 'alive'])
    if (family === 'telegram')
      this.#sources.push({ name: 'obis', request: { kind: 'telegram' }, format: 'json', everyMs: 0 })
  }

  get plan(): DocumentPlan {
    return {
      family: this.#family,
      speaks: this.#speaks,
      login: this.#login,
      sources: this.#sources,
      fields: this.#fields,
      messages: this.#messages,
      obeyed: this.#obeyed,
      maxAgeMs: this.#maxAgeMs,
      alive: this.#alive,
    }
  }

  /** The number of a value; null after a reported problem. */
  field(place: PlaceText, asItStands: boolean, where: Path): number | null {
    const found = this.#find(place, where)
    if (found === null) return null
    const [source, path] = found
    const key = JSON.stringify(path)
    for (const [number, field] of this.#fields)
      if (field.source === source && field.asItStands === asItStands && JSON.stringify(field.path) === key)
        return number
    const count = this.#counts.get(source) ?? 0
    if (count >= MAX_FIELDS) {
      this.#report(where, `more than ${MAX_FIELDS} values of one document`)
      return null
    }
    this.#counts.set(source, count + 1)
    const number = source * MAX_FIELDS + count
    this.#fields.set(number, { source, path, asItStands })
    return number
  }

  /** The number of an order; two lines that send the same text share it. Null after a reported problem. */
  message(raw: RawStep, where: Path): number | null {
    const message = this.compile(raw, where)
    if (message === null) return null
    const text = messageText(message)
    this.#checkNames(text, where)
    const known = this.#messages.findIndex((other) => messageText(other) === text)
    if (known >= 0) return known
    if (this.#messages.length >= MAX_MESSAGES) this.#report(where, `more than ${MAX_MESSAGES} different orders`)
    this.#obeyed.push(raw.match ?? null)
    return this.#messages.push(message) - 1
  }

  #find(place: PlaceText, where: Path): readonly [number, DocumentPath] | null {
    switch (this.#family) {
      case 'telegram':
        if (place.obis === undefined) return this.#wrong(where, '`obis` is missing', 'e.g. `obis: "1-0:1.8.0"`')
        if (!OBIS.test(place.obis))
          return this.#wrong([...where, 'obis'], `"${place.obis}" is not an OBIS code`, 'e.g. "1-0:1.8.0"')
        return [0, [place.obis]]
      case 'mqtt': {
        if (place.topic === undefined) return this.#wrong(where, '`topic` is missing', 'e.g. `topic: status/power`')
        const path = parsePath(place.path ?? '')
        return typeof path === 'string'
          ? this.#wrong([...where, 'path'], path)
          : [this.#topic(place.topic, where), path]
      }
      case 'http':
      case 'udp': {
        if (place.path === undefined)
          return this.#wrong(where, '`path` is missing', 'the document and the place in it, e.g. `path: status.power`')
        const path = parsePath(place.path)
        if (typeof path === 'string') return this.#wrong([...where, 'path'], path)
        const [name, ...rest] = path
        const source = this.#sources.findIndex((known) => known.name === name)
        if (source >= 0) return [source, rest]
        const names = this.#sources.map((known) => known.name)
        return this.#wrong(
          [...where, 'path'],
          `"${String(name)}" is not a document of \`${this.#family}.documents\``,
          didYouMean(String(name), names),
        )
      }
    }
  }

  #topic(name: string, where: Path): number {
    const known = this.#sources.findIndex((source) => source.name === name)
    if (known >= 0) return known
    if (this.#sources.length >= MAX_SOURCES) this.#report(where, `more than ${MAX_SOURCES} topics`)
    const topic = this.#fullTopic(name)
    this.#checkNames(topic, [...where, 'topic'])
    if (/[#+]/u.test(topic)) this.#report([...where, 'topic'], 'one topic, not a pattern', 'without # and +')
    return this.#sources.push({ name, request: { kind: 'topic', topic }, format: 'json', everyMs: 0 }) - 1
  }

  #fullTopic(name: string): string {
    return name.startsWith('/') ? name.slice(1) : `${this.#base}${name}`
  }

  /** The message that a line means, whether the file sends it or an example shows it. */
  compile(raw: RawStep, where: Path): DocumentWrite | null {
    const { get, put, post, topic, send, body } = raw
    const given = Object.entries({ get, put, post, topic, send }).filter(([, text]) => text !== undefined)
    if (given.length !== 1) return this.#wrong(where, `an order is ${ORDERS_OF[this.#family]}`)
    switch (this.#family) {
      case 'telegram':
        return this.#wrong(where, 'a meter that sends telegrams is only read')
      case 'mqtt':
        if (topic === undefined || body === undefined)
          return this.#wrong(where, 'an MQTT order has `topic` and `body`', 'e.g. `{topic: amp/set, body: "{value}"}`')
        return { kind: 'publish', topic: this.#fullTopic(topic), payload: body, retain: raw.retain ?? false }
      case 'udp':
        if (send === undefined)
          return this.#wrong(where, 'a UDP order has `send`', 'e.g. `{send: "curr {value}", match: TCH-OK}`')
        return { kind: 'datagram', text: send, match: raw.match ?? null }
      case 'http': {
        const path = get ?? put ?? post
        if (path === undefined) return this.#wrong(where, 'an HTTP order has `get`, `put` or `post`')
        return this.#http(get === undefined ? (put === undefined ? 'POST' : 'PUT') : 'GET', path, body, where)
      }
    }
  }

  #http(method: 'GET' | 'POST' | 'PUT', path: string, body: string | undefined, where: Path) {
    if (!path.startsWith('/')) this.#report(where, `the path "${path.slice(0, 40)}" does not begin with /`)
    if (method === 'GET' && body !== undefined) this.#report([...where, 'body'], 'GET has no body', 'put or post')
    const headers =
      body?.trimStart().startsWith('{') === true
        ? { 'Content-Type': 'application/json', ...this.#headers }
        : this.#headers
    return { kind: 'http', method, path, headers, body: body ?? null } as const
  }

  #addHttp(raw: RawMapping): void {
    for (const [name, document] of Object.entries(raw.http?.documents ?? {})) {
      const where: Path = ['http', 'documents', name]
      const { get, put, post, body, format, every } = document
      const path = get ?? put ?? post
      if (path === undefined || [get, put, post].filter((one) => one !== undefined).length > 1) {
        this.#report(where, 'a document is asked for with one of `get`, `post`, `put`', 'e.g. `get: /api/status`')
        continue
      }
      const method = get === undefined ? (put === undefined ? 'POST' : 'PUT') : 'GET'
      this.#add(name, this.#http(method, path, body, where), format, every, where)
    }
  }

  #addUdp(raw: RawMapping): void {
    for (const [name, { send, match, format, every }] of Object.entries(raw.udp?.documents ?? {})) {
      this.#add(name, { kind: 'datagram', text: send, match: match ?? null }, format, every, ['udp', 'documents', name])
    }
  }

  #add(
    name: string,
    request: DocumentRead,
    format: DocumentSource['format'] | undefined,
    every: string | undefined,
    where: Path,
  ): void {
    this.#checkNames(request.kind === 'http' || request.kind === 'datagram' ? messageText(request) : '', where)
    const everyMs = every === undefined ? 0 : compileDuration(every, [...where, 'every'], this.#report)
    this.#sources.push({ name, request, format: format ?? 'json', everyMs })
  }

  #checkNames(text: string, where: Path): void {
    for (const name of namesOfTemplate(text))
      if (!this.#options.includes(name))
        this.#report(where, `{${name}} is not an option of this file`, didYouMean(name, this.#options))
  }

  #wrong(where: Path, message: string, hint = ''): null {
    this.#report(where, message, hint)
    return null
  }
}

const ORDERS_OF: Readonly<Record<Exclude<Family, 'modbus'>, string>> = {
  http: 'one of `get`, `put`, `post`',
  mqtt: '`topic` and `body`',
  udp: '`send`',
  telegram: 'not possible: the meter is only read',
}
