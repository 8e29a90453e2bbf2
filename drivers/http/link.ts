/** The client side: one request at a time over a kept connection, logged in as the device asks. */

import { randomBytes } from 'node:crypto'
import { Agent } from 'node:http'
import { Agent as TlsAgent } from 'node:https'

import type {
  DeviceTiming,
  DocumentAnswer,
  DocumentLink,
  DocumentRead,
  DocumentWrite,
  LinkCounters,
  LinkSettings,
  LinkState,
  RequestOptions,
  TraceEntry,
} from '../../src/model/driver.ts'
import { BridgeError, type ErrorCode } from '../../src/model/errors.ts'
import { LinkRecord } from '../../src/wire/link-record.ts'
import { OpenCalls } from '../../src/wire/open-calls.ts'
import { inShort } from '../../src/wire/text.ts'
import { Turns } from '../../src/wire/turns.ts'
import { exchange, NoAnswer, type HttpAnswer, type Wire } from './exchange.ts'
import { Login } from './login.ts'
import { toOutgoing, type Outgoing } from './outgoing.ts'
import { Reach } from './reach.ts'
import type { HttpAddress } from './url.ts'

/** Without a login, with one, and once more with a new nonce. */
const LOGIN_SENDS_MAX = 3
const REDIRECTS_MAX = 3
/** An order is not entrusted to a connection that has been idle for longer: the device may be hanging up just now. */
const IDLE_FOR_ORDERS_MS = 1000

export class HttpLink implements DocumentLink {
  readonly kind = 'documents'
  readonly url: string
  readonly #wire: Wire
  readonly #login: Login
  readonly #record: LinkRecord
  readonly #reach: Reach
  readonly #turns: Turns
  readonly #calls: OpenCalls
  #usedAt = Number.NEGATIVE_INFINITY

  constructor(address: HttpAddress, { clock, random }: LinkSettings) {
    const kept = { keepAlive: true, maxSockets: 1, maxFreeSockets: 1 }
    const agent =
      address.scheme === 'https' ? new TlsAgent({ ...kept, rejectUnauthorized: !address.insecure }) : new Agent(kept)
    this.url = address.shown
    this.#wire = { address, agent, clock }
    this.#login = new Login(address.login, address.loginKind, () => randomBytes(16).toString('hex'))
    this.#record = new LinkRecord(clock)
    this.#reach = new Reach(clock, random)
    this.#turns = new Turns(this.url, clock)
    this.#calls = new OpenCalls(this.url)
  }

  get state(): LinkState {
    return this.#reach.state
  }

  get counters(): LinkCounters {
    return { ...this.#record.counts }
  }

  ask(request: DocumentRead, options: RequestOptions): Promise<DocumentAnswer> {
    return this.#call(request, options, true)
  }

  tell(request: DocumentWrite, options: RequestOptions): Promise<DocumentAnswer> {
    return this.#call(request, options, false)
  }

  trace(listener: (entry: TraceEntry) => void): () => void {
    return this.#record.listen(listener)
  }

  close(): Promise<void> {
    if (this.state === 'closed') return Promise.resolve()
    this.#reach.close()
    this.#calls.close()
    this.#wire.agent.destroy()
    this.#record.event('closed')
    this.#record.close()
    return Promise.resolve()
  }

  /** @param question may be sent again */
  async #call(
    request: DocumentRead | DocumentWrite,
    options: RequestOptions,
    question: boolean,
  ): Promise<DocumentAnswer> {
    const { timing, urgency } = options
    return this.#calls.run(options.signal, async (signal) => {
      const outgoing = toOutgoing(this.#wire.address, request)
      if ('problem' in outgoing) throw new BridgeError('REQUEST_INVALID', `${this.url}: ${outgoing.problem}`)
      for (let tries = 1; ; tries += 1) {
        try {
          return await this.#turns.take(urgency, timing.pauseMs, signal, () =>
            this.#attempt(outgoing, timing, signal, question),
          )
        } catch (error) {
          if (!(error instanceof NoAnswer)) throw error
          const again = question && error.code !== 'LINK_UNREACHABLE' && tries <= timing.retries
          if (!again) throw this.#fault(error.code, outgoing, `${error.message}${tries > 1 ? ` (${tries} tries)` : ''}`)
        }
      }
    })
  }

  /** The request, with what login and redirects need. */
  async #attempt(
    first: Outgoing,
    timing: DeviceTiming,
    signal: AbortSignal,
    question: boolean,
  ): Promise<DocumentAnswer> {
    const { clock, agent } = this.#wire
    const { waitMs } = this.#reach
    if (waitMs > timing.timeoutMs)
      throw new NoAnswer('LINK_UNREACHABLE', 'not connected; the next attempt is later than its time-out')
    if (waitMs > 0) await clock.sleep(waitMs, signal)
    if (!question && clock.monotonic() - this.#usedAt > IDLE_FOR_ORDERS_MS) agent.destroy()
    let outgoing = first
    let logins = 0
    let redirects = 0
    for (;;) {
      const authorization = this.#login.header(outgoing.method, outgoing.path)
      logins += 1
      const answer = await this.#send(outgoing, authorization, timing.timeoutMs, signal, question)
      const { status, body, at } = answer
      if (status === 401) {
        const after = this.#login.refused(answer.challenges, authorization !== null)
        if (after.again && logins < LOGIN_SENDS_MAX) continue
        throw this.#refusal(outgoing, answer, after.again ? 'it asks for the login again and again' : after.why)
      }
      if (authorization !== null) this.#login.accepted()
      if (status >= 200 && status < 300) return { body, at }
      const next = question && redirects < REDIRECTS_MAX ? this.#redirected(outgoing, answer) : null
      if (next === null) throw this.#refusal(outgoing, answer, ownWords(answer))
      redirects += 1
      logins = 0
      outgoing = next
    }
  }

  /** One request on the wire; once more at once when the kept connection had ended meanwhile. */
  async #send(
    outgoing: Outgoing,
    authorization: string | null,
    timeoutMs: number,
    signal: AbortSignal,
    question: boolean,
  ): Promise<HttpAnswer> {
    const { counts } = this.#record
    for (let repeatable = question; ; repeatable = false) {
      this.#reach.trying()
      counts.requests += 1
      this.#record.message('sent', shownRequest(outgoing))
      try {
        const answer = await exchange(this.#wire, outgoing, authorization, timeoutMs, signal)
        this.#usedAt = answer.at
        this.#record.message('received', shownAnswer(answer))
        this.#reached()
        return answer
      } catch (error) {
        if (!(error instanceof NoAnswer)) throw error
        this.#record.event(error.message)
        if (error.code === 'DEVICE_TIMEOUT') counts.timeouts += 1
        if (error.code === 'DEVICE_BAD_ANSWER') counts.badAnswers += 1
        if (error.code.startsWith('DEVICE_')) this.#reached()
        else if (!error.hungUpIdle) this.#reach.failed()
        if (!repeatable || !error.hungUpIdle) throw error
      }
    }
  }

  #reached(): void {
    if (this.#reach.reached()) this.#record.counts.reconnects += 1
  }

  /** Only a GET, and only to the same host, port and scheme: nobody sends us, with our password, to somebody else. */
  #redirected(outgoing: Outgoing, { status, location }: HttpAnswer): Outgoing | null {
    if (outgoing.method !== 'GET' || ![301, 302, 303, 307, 308].includes(status) || location === null) return null
    const { address } = this.#wire
    const own = new URL(outgoing.path, address.shown)
    if (location.length > 2048 || !URL.canParse(location, own.href)) return null
    const { origin, pathname, search } = new URL(location, own)
    if (origin !== own.origin) return null
    return { ...outgoing, path: pathname + search, name: `GET ${pathname}` }
  }

  #refusal(outgoing: Outgoing, { status }: HttpAnswer, why: string): BridgeError {
    this.#record.counts.exceptions += 1
    // 2 as Modbus says it: there is nothing at this address.
    const details = status === 404 ? { status, exceptionCode: 2 } : { status }
    return this.#fault('DEVICE_EXCEPTION', outgoing, `HTTP ${status}: ${why}`, details)
  }

  #fault(
    code: ErrorCode,
    { name }: Outgoing,
    why: string,
    details: Readonly<Record<string, number>> = {},
  ): BridgeError {
    return new BridgeError(code, `${name.slice(0, 200)} at ${this.url}: ${why}`, { details })
  }
}

/** What the device says to it. */
function ownWords({ status, location, body }: HttpAnswer): string {
  const words = inShort(status >= 300 && status < 400 ? `it points to ${location ?? 'nowhere'}` : body, 120)
  return words === '' ? 'no further words' : words
}

/** Without headers: tokens may stand there. */
function shownRequest({ method, path, body }: Outgoing): string {
  return body === null ? `${method} ${path}` : `${method} ${path}\n\n${body}`
}

function shownAnswer({ status, contentType, body }: HttpAnswer): string {
  return `HTTP ${status} ${contentType}\n\n${body}`
}
