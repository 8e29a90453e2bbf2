/**
 * Hears one MQTT topic through its driver: the newest message is looked at once a second. What is heard anew counts anew, also when it says
 * the same; how long it holds without another one is decided by who is told.
 */
import type { MqttWay } from '../../config/site-config.ts'
import type { Clock } from '../../model/clock.ts'
import type { DeviceTiming, DocumentAnswer, DocumentLink } from '../../model/driver.ts'
import { BridgeError, isBridgeError, toBridgeError } from '../../model/errors.ts'
import type { Log } from '../log.ts'
import { Rounds } from '../rounds.ts'
import { type LimitMessage, readLimitMessage } from './limit-message.ts'

export interface TopicReaderOptions {
  readonly id: string
  readonly way: MqttWay
  readonly link: DocumentLink
  readonly clock: Clock
  readonly log: Log
  /** A message that is understood. `agoMs`: how long ago it came. */
  readonly onMessage: (message: LimitMessage, agoMs: number) => void
}

const POLL_MS = 1000
/** The first message of a topic is waited for so long before the next try: nothing depends on it. */
const TIMING: DeviceTiming = { timeoutMs: 5000, pauseMs: 0, retries: 0, connectDelayMs: 0 }
const MAX_SHOWN = 100

export class TopicReader {
  readonly #options: TopicReaderOptions
  readonly #rounds: Rounds
  #heard: DocumentAnswer | null = null
  #problem: BridgeError | null = null
  #misunderstood: string | null = null

  constructor(options: TopicReaderOptions) {
    this.#options = options
    this.#rounds = new Rounds(options.clock, async (stop, dueAt) => {
      await this.#listen(stop)
      return dueAt + POLL_MS
    })
  }

  /** What is wrong with the last message, in a sentence; null: it was understood, or there was none. */
  get misunderstood(): string | null {
    return this.#misunderstood
  }

  /** Why the broker cannot be heard; null: it can. */
  get problem(): BridgeError | null {
    return this.#problem
  }

  start(): void {
    this.#rounds.start()
  }

  stop(): Promise<void> {
    return this.#rounds.stop()
  }

  async #listen(stop: AbortSignal): Promise<void> {
    const { way, link } = this.#options
    try {
      const answer = await link.ask(
        { kind: 'topic', topic: way.topic },
        { timing: TIMING, urgency: 'normal', signal: stop },
      )
      // the last message is told also while the broker is away
      this.#notice(link.state === 'open' ? null : new BridgeError('LINK_UNREACHABLE', `${link.url}: not connected`))
      if (answer.at === this.#heard?.at && answer.body === this.#heard.body) return
      this.#heard = answer
      this.#take(answer)
    } catch (error) {
      if (stop.aborted) return
      // A topic on which nothing was said yet is no fault.
      if (isBridgeError(error, 'DEVICE_TIMEOUT')) return this.#notice(null)
      this.#notice(toBridgeError(error))
    }
  }

  #notice(problem: BridgeError | null): void {
    const { id, log } = this.#options
    if (this.#problem === null && problem !== null)
      log.warn({ signal: id, code: problem.code }, `signal ${id}: ${problem.message}`)
    if (this.#problem !== null && problem === null) log.info({ signal: id }, `signal ${id} is heard again`)
    this.#problem = problem
  }

  #take({ body, at }: DocumentAnswer): void {
    const { id, way, clock, log, onMessage } = this.#options
    const message = readLimitMessage(typeof body === 'string' ? body : '', clock.now())
    if (typeof message !== 'string') {
      this.#misunderstood = null
      onMessage(message, Math.max(0, clock.monotonic() - at))
      return
    }
    const shown = typeof body === 'string' ? body.slice(0, MAX_SHOWN) : ''
    this.#misunderstood = `the last message on ${way.topic} is not understood: ${message}`
    log.warn({ signal: id }, `signal ${id}: ${this.#misunderstood}: ${JSON.stringify(shown)}`)
  }
}
