/** The signals of a site together: contacts and topics are read, limits stand and end, the API sets some, and the log proves what became of them. */
import type { ContactWay, MqttWay, SignalConfig } from '../../config/site-config.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import type { BalanceInput, BalanceResult } from '../../model/balance-input.ts'
import type { Circuit } from '../../model/circuit.ts'
import type { Clock } from '../../model/clock.ts'
import { BridgeError } from '../../model/errors.ts'
import { everyPhase } from '../../model/phase.ts'
import type { SiteLimit } from '../../model/site-limit.ts'
import type { Raised } from '../alarms.ts'
import type { LinkPool } from '../link-pool.ts'
import type { Log } from '../log.ts'
import { apiLimit, isReadBySite, mayEnd } from './api-limit.ts'
import { ContactReader } from './contact-reader.ts'
import { type HeardSignal, signalAlarms, signalView } from './heard-signal.ts'
import type { LimitMessage } from './limit-message.ts'
import type { LimitOperations, LimitsView, LimitView, SaidApiLimit, SetLimit } from './limit-operations.ts'
import { describeLimit, limitView } from './limit-view.ts'
import { ProofLog } from './proof-log.ts'
import { provenCommands } from './proof-report.ts'
import { SiteLimits, type StandingLimit } from './site-limits.ts'
import type { ToldLimit } from './told-limit.ts'
import { TopicReader } from './topic-reader.ts'

export interface SiteSignalsOptions {
  readonly signals: readonly SignalConfig[]
  readonly circuits: readonly Circuit[]
  readonly links: Pick<LinkPool, 'open'>
  readonly clock: Clock
  readonly log: Log
  readonly ledger: Pick<Ledger, 'saveLimit' | 'removeLimit' | 'limits' | 'recordLimitProof' | 'limitProofs'>
  /** What section 14a guarantees to the cars of a circuit, W; null: nothing there is controllable. */
  readonly guaranteedWatts: (circuitId: string) => number | null
  /** What binds beside the commands of signals: shown with them, and no affair of the log that proves. */
  readonly others?: () => readonly LimitView[]
  /** The balancing core should decide anew. */
  readonly onChange: () => void
}

const PROOFS_AT_ONCE = 20_000

export class SiteSignals implements LimitOperations {
  readonly #options: SiteSignalsOptions
  readonly #limits: SiteLimits
  readonly #proofs: ProofLog
  #heard: readonly HeardSignal[] = []

  constructor(options: SiteSignalsOptions) {
    this.#options = options
    const { clock, log, ledger, guaranteedWatts, onChange } = options
    this.#proofs = new ProofLog({
      clock,
      log,
      ledger,
      guaranteedWatts,
      // who changes a value every second must not fill the log of the service either
      onWritten: ({ limit, by }) => log.info({ limit: limit.id }, `${describeLimit(limit)} (${by})`),
    })
    this.#limits = new SiteLimits({
      clock,
      log,
      ledger,
      onChange,
      onCame: (standing) => this.#proofs.came(standing),
      onTakenUp: (standing) => this.#proofs.takenUp(standing),
      onEnded: (standing, reason) => this.#ended(standing, reason),
    })
  }

  /** Takes up what stood before the restart, then reads contacts and topics. Throws LINK_BAD_URL, CONFIG_INVALID, and what the ledger does. */
  async start(): Promise<void> {
    this.#heard = this.#options.signals.map((signal) => this.#hear(signal))
    await this.#limits.restore((limit) => this.#originOf(limit))
    const { log, guaranteedWatts } = this.#options
    for (const { signal, contact, topic } of this.#heard) {
      const { id, way, circuitId } = signal
      if (way.kind === 'contact' && way.section14a && guaranteedWatts(circuitId) === null)
        log.warn(
          { signal: id },
          `signal ${id}: no charger of circuit ${circuitId} takes more than 4.2 kW: it limits nothing`,
        )
      contact?.start()
      topic?.start()
    }
  }

  async stop(): Promise<void> {
    await Promise.all(
      this.#heard.flatMap(({ contact, topic }) =>
        [contact, topic].flatMap((way) => (way === null ? [] : [way.stop()])),
      ),
    )
    this.#proofs.close()
  }

  /** What the balancing core is told: monotonic ms. */
  inForce(): readonly SiteLimit[] {
    return this.#limits.inForce()
  }

  observe(input: BalanceInput, result: Pick<BalanceResult<unknown>, 'allocations'>): void {
    this.#proofs.observe(input, result)
  }

  alarms(): readonly Raised[] {
    return [...this.#heard.flatMap(signalAlarms), ...this.#proofs.alarms()]
  }

  // ---- what the API asks

  view(): LimitsView {
    const inForce = this.#idsInForce()
    const commands = this.#limits.all.map((standing) => limitView(standing, inForce.has(standing.limit.id)))
    return {
      limits: [...commands, ...(this.#options.others?.() ?? [])],
      signals: this.#heard.map(signalView),
    }
  }

  async set(id: string, said: SaidApiLimit, by: string, mayUse: readonly string[] | null = null): Promise<SetLimit> {
    const { signals, circuits, clock } = this.#options
    const standingNow = this.#limits.all.map(({ limit }) => limit)
    const told = apiLimit(id, said, by, { signals, circuits, standing: standingNow, mayUse, now: clock.now() })
    if ('outcome' in told) return told
    const stored = await this.#limits.set(told)
    const standing = this.#limits.get(id)
    // it may have ended while it was being stored
    if (standing === null) return { outcome: 'invalid', reason: 'its time was over before it was stored' }
    return { outcome: 'set', limit: limitView(standing, this.#idsInForce().has(id)), stored }
  }

  async end(
    id: string,
    by: string,
    mayUse: readonly string[] | null = null,
  ): Promise<'ended' | 'not-stored' | 'unknown' | 'taken' | 'not-allowed'> {
    const { signals, circuits } = this.#options
    if (isReadBySite(id, signals)) return 'taken'
    const standing = this.#limits.get(id)
    if (standing !== null && !mayEnd(standing.limit, { signals, circuits, mayUse })) return 'not-allowed'
    const ended = this.#limits.end(id, `taken back (${by})`)
    if (ended === null) return 'unknown'
    return (await ended) ? 'ended' : 'not-stored'
  }

  async proofs(from: number, to: number) {
    const entries = await this.#options.ledger.limitProofs(from, to, PROOFS_AT_ONCE)
    return { commands: provenCommands(entries), complete: entries.length < PROOFS_AT_ONCE }
  }

  // ---- contacts and topics

  #hear(signal: SignalConfig): HeardSignal {
    const { links, clock, log } = this.#options
    const { id, way } = signal
    const heard = { signal, contact: null, topic: null, fellSilent: false }
    if (way.kind === 'api') return heard
    const link = links.open(way.address, null)
    if (way.kind === 'contact') {
      if (link.kind !== 'registers')
        throw new BridgeError('CONFIG_INVALID', `signals: ${id}: ${way.address.connect} has no inputs to read`)
      const onState = (state: 'active' | 'idle' | 'presumed'): void => this.#contact(signal, way, state)
      return { ...heard, contact: new ContactReader({ id, way, link, clock, log, onState }) }
    }
    if (link.kind !== 'documents')
      throw new BridgeError('CONFIG_INVALID', `signals: ${id}: ${way.address.connect} has no topics`)
    const onMessage = (message: LimitMessage, agoMs: number): void => this.#message(signal, way, message, agoMs)
    return { ...heard, topic: new TopicReader({ id, way, link, clock, log, onMessage }) }
  }

  #contact(signal: SignalConfig, way: ContactWay, state: 'active' | 'idle' | 'presumed'): void {
    const { id, source, circuitId, priority } = signal
    if (state === 'idle') {
      void this.#limits.end(id, 'the contact is off')
      return
    }
    // nothing controllable on the circuit: then 14a has nothing to limit, and a limit of nothing would be none
    const watts = way.section14a ? this.#options.guaranteedWatts(circuitId) : way.carsMaxWatts
    if (watts === null && way.maxAmps === null) return
    void this.#limits.set({
      id,
      source,
      circuitId,
      priority,
      maxAmps: way.maxAmps === null ? null : everyPhase(way.maxAmps),
      carsMaxWatts: watts,
      forMs: null,
      lapse: 'time',
      by: contactName(signal, state),
    })
  }

  #message(signal: SignalConfig, way: MqttWay, message: LimitMessage, agoMs: number): void {
    const { id, source, circuitId, priority, expiresMs } = signal
    const heard = this.#heard.find((one) => one.signal.id === id)
    if (heard !== undefined) heard.fellSilent = false
    if (message.kind === 'clear') {
      void this.#limits.end(id, 'taken back by a message')
      return
    }
    const { terms } = message
    const forMs = terms.forMs ?? expiresMs
    if (forMs !== null && forMs <= agoMs) return
    void this.#limits.set({
      ...terms,
      id,
      source,
      circuitId,
      priority,
      forMs: forMs === null ? null : forMs - agoMs,
      agoMs,
      lapse: terms.forMs === null ? 'silence' : 'time',
      by: topicName(way),
    })
  }

  #ended(standing: StandingLimit, reason: string): void {
    const { limit, endsAt, lapse } = standing
    const { clock, log, onChange } = this.#options
    if (this.#proofs.ended(standing, reason)) log.info({ limit: limit.id }, `limit ${limit.id} ended: ${reason}`)
    const heard = this.#heard.find(({ signal }) => signal.id === limit.id)
    const isOver = endsAt !== null && clock.monotonic() >= endsAt
    if (heard !== undefined && lapse === 'silence' && isOver) heard.fellSilent = true
    onChange()
  }

  /** Who told a limit of before the restart, or why it cannot go on. */
  #originOf(limit: SiteLimit): { readonly by: string; readonly lapse: ToldLimit['lapse'] } | string {
    const { signals, circuits } = this.#options
    if (!circuits.some(({ id }) => id === limit.circuitId)) return 'its circuit is no longer in the site file'
    const signal = signals.find(({ id }) => id === limit.id)
    if (signal !== undefined && signal.source === limit.source && signal.way.kind !== 'api')
      return signal.way.kind === 'contact'
        ? { by: contactName(signal, 'active'), lapse: 'time' }
        : // the ledger does not know which it was; without `expires` none ends because nothing more is heard
          { by: topicName(signal.way), lapse: signal.expiresMs === null ? 'time' : 'silence' }
    const mayBeSet = signals.some(({ way, source }) => way.kind === 'api' && source === limit.source)
    return mayBeSet && (signal === undefined || signal.way.kind === 'api')
      ? { by: 'the API', lapse: 'time' }
      : 'its signal is no longer in the site file'
  }

  #idsInForce(): ReadonlySet<string> {
    return new Set(this.#limits.inForce().map(({ id }) => id))
  }
}

function contactName({ id }: SignalConfig, state: 'active' | 'presumed'): string {
  return state === 'presumed' ? `contact ${id}, which cannot be read` : `contact ${id}`
}

function topicName({ topic }: MqttWay): string {
  return `MQTT topic ${topic}`
}
