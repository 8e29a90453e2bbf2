/** A device that speaks in texts, seen as cells: asks for documents, takes them apart, puts orders into words. */
import type { Clock } from '../../model/clock.ts'
import type { DocumentAnswer, DocumentLink, DocumentRead, RequestOptions, TelegramValue } from '../../model/driver.ts'
import { BridgeError, isBridgeError } from '../../model/errors.ts'
import type { CellRead, Cells, CellWrite } from './cells.ts'
import { MAX_FIELDS } from '../language/compile-transport.ts'
import { readDocument, scalarOf } from '../values/document-format.ts'
import { valueAt } from '../values/document-path.ts'
import type { Json } from '../values/document-path.ts'
import type { DocumentField, DocumentPlan, DocumentSource, Word } from '../mapping.ts'
import { messageText, obeyedText, render, withNumber } from '../values/message.ts'
import type { Texts } from '../values/message.ts'
import { parseUnit, toBase } from '../values/unit.ts'

/** A topic that nothing came on is waited for again after this time; in between it is only looked at. */
const WAIT_AGAIN_MS = 60_000

interface Known {
  readonly body: DocumentAnswer['body']
  readonly document: Json | ReadonlyMap<string, TelegramValue>
  readonly at: number
}

export class DocumentCells implements Cells {
  readonly #plan: DocumentPlan
  readonly #link: DocumentLink
  readonly #clock: Clock
  readonly #texts: Texts
  readonly #known = new Map<number, Known>()
  readonly #silentUntil = new Map<number, number>()

  constructor(plan: DocumentPlan, link: DocumentLink, clock: Clock, texts: Texts) {
    this.#plan = plan
    this.#link = link
    this.#clock = clock
    this.#texts = texts
  }

  async read(
    request: CellRead,
    options: RequestOptions,
  ): Promise<{ readonly words: readonly Word[]; readonly at: number }> {
    const index = Math.floor(request.address / MAX_FIELDS)
    const source = this.#plan.sources[index]
    if (source === undefined) throw new BridgeError('REQUEST_INVALID', `there is no document ${index}`)
    const known = await this.#document(index, source, options)
    const words = Array.from({ length: request.count }, (_, offset): Word => {
      const field = this.#plan.fields.get(request.address + offset)
      return field === undefined || known === null ? null : wordAt(known.document, field)
    })
    return { words, at: known?.at ?? this.#clock.monotonic() }
  }

  async write(request: CellWrite | { readonly kind: 'mask' }, options: RequestOptions): Promise<string> {
    const template = request.kind === 'mask' ? undefined : this.#plan.messages[request.address]
    if (template === undefined || request.kind === 'mask')
      throw new BridgeError('REQUEST_INVALID', 'there is no such order in the mapping')
    const message = withNumber(template, this.#texts, request.words[0] ?? 0)
    const answer = await this.#link.tell(message, options)
    const wanted = obeyedText(this.#plan.obeyed[request.address] ?? null, this.#texts, request.words[0] ?? 0)
    // Many a web server says 200 to an order that it does not carry out.
    if (
      wanted !== null &&
      typeof answer?.body === 'string' &&
      !withoutBlanks(answer.body).includes(withoutBlanks(wanted))
    )
      throw new BridgeError(
        'DEVICE_VALUE_REFUSED',
        `${messageText(message)}: the device said "${answer.body.slice(0, 80)}"`,
      )
    // What the device said before the order is no answer to it.
    if (this.#plan.family === 'http' || this.#plan.family === 'udp') this.#known.clear()
    return messageText(message)
  }

  /** Null: a topic or telegram that has not come, or is too old. */
  async #document(index: number, source: DocumentSource, options: RequestOptions): Promise<Known | null> {
    const comesByItself = source.request.kind === 'topic' || source.request.kind === 'telegram'
    const last = this.#known.get(index)
    const now = this.#clock.monotonic()
    if (!comesByItself && last !== undefined && now - last.at < source.everyMs && options.urgency !== 'urgent')
      return last
    const request = readRequest(source.request, this.#texts)
    const answer = comesByItself ? await this.#newest(index, request, options) : await this.#link.ask(request, options)
    if (answer === null) return null
    const at = comesByItself ? await this.#ageOf(index, answer, options) : answer.at
    if (at === null) return null
    if (comesByItself && now - at > this.#plan.maxAgeMs)
      return this.#missing(index, `nothing new on ${nameOf(source)} for ${Math.round((now - at) / 1000)} s`)
    if (last !== undefined && last.at === at && last.body === answer.body) return last
    const document = typeof answer.body === 'string' ? readDocument(answer.body, source.format) : answer.body
    const read = document === undefined && source.request.kind === 'topic' ? bareWord(answer) : document
    if (read === undefined)
      throw new BridgeError('DEVICE_BAD_ANSWER', `the answer to ${nameOf(source)} is not ${source.format}`)
    const known = { body: answer.body, document: read, at }
    this.#known.set(index, known)
    return known
  }

  /** When a topic was last known to be right: when it came, or when the topic came that shows that the device lives. */
  async #ageOf(index: number, answer: DocumentAnswer, options: RequestOptions): Promise<number | null> {
    const alive = this.#plan.alive === null || this.#plan.alive === index ? null : this.#plan.sources[this.#plan.alive]
    if (this.#plan.alive === null || alive === null || alive === undefined) return answer.at
    const life = await this.#newest(this.#plan.alive, readRequest(alive.request, this.#texts), options)
    return life === null ? null : Math.max(answer.at, life.at)
  }

  /** The newest of what comes by itself. One missing topic costs one time-out, not one in each cycle. */
  async #newest(index: number, request: DocumentRead, options: RequestOptions): Promise<DocumentAnswer | null> {
    const silent = (this.#silentUntil.get(index) ?? 0) > this.#clock.monotonic()
    const timing = silent ? { ...options.timing, timeoutMs: 1, retries: 0 } : options.timing
    try {
      const answer = await this.#link.ask(request, { ...options, timing })
      this.#silentUntil.delete(index)
      return answer
    } catch (error) {
      if (!isBridgeError(error, 'DEVICE_TIMEOUT')) throw error
      if (!silent) this.#silentUntil.set(index, this.#clock.monotonic() + WAIT_AGAIN_MS)
      return this.#missing(index, error.message)
    }
  }

  /** Missing as long as the device says something else; silence when it says nothing at all. */
  #missing(index: number, text: string): null {
    this.#known.delete(index)
    const now = this.#clock.monotonic()
    const heard = [...this.#known.values()].some((known) => now - known.at <= this.#plan.maxAgeMs)
    const last = index === this.#plan.sources.length - 1
    if (!heard && last) throw new BridgeError('DEVICE_TIMEOUT', text)
    return null
  }
}

/** A topic may carry a bare word; anywhere else a text that is no JSON is a broken answer. */
function bareWord({ body }: DocumentAnswer): Json | undefined {
  return typeof body === 'string' ? body.trim() : undefined
}

function withoutBlanks(text: string): string {
  return text.replaceAll(/\s/gu, '')
}

function nameOf(source: DocumentSource): string {
  return source.request.kind === 'topic' ? source.request.topic : source.name
}

function readRequest(request: DocumentRead, texts: Texts): DocumentRead {
  if (request.kind === 'telegram') return request
  if (request.kind === 'topic')
    return {
      kind: 'topic',
      topic: render({ kind: 'publish', topic: request.topic, payload: '', retain: false }, texts, null).topic,
    }
  return render(request, texts, null)
}

/** A telegram's number is brought to the base unit that it names itself: 1.5 kWh is 1500 Wh. */
function wordAt(document: Known['document'], { path, asItStands }: DocumentField): Word {
  if (!isTelegram(document)) return scalarOf(valueAt(document, path))
  const found = document.get(String(path[0] ?? ''))
  if (found === undefined) return null
  if (typeof found.value === 'string' || found.unit === null || asItStands) return found.value
  const unit = parseUnit(found.unit)
  return typeof unit === 'string' ? found.value : toBase(found.value, unit)
}

function isTelegram(document: Known['document']): document is ReadonlyMap<string, TelegramValue> {
  return document instanceof Map
}
