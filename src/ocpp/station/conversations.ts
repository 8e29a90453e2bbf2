/**
 * The CSMSs of one station: the first decides (the authority), the others get copies. What one of them must hear of goes through
 * here, and what the way to it brings to light is logged.
 */
import type { Ledger, OutboxDraft, OutboxEntry } from '../../ledger/ledger.ts'
import type { Clock } from '../../model/clock.ts'
import type { CsmsRequest } from '../../model/csms-request.ts'
import type { StationAnswer, StationMessage } from '../../model/csms.ts'
import type { StationHappening } from '../../model/event.ts'
import type { SecurityEventType } from '../../model/security-event.ts'
import type { StationIdentity } from '../../model/station.ts'
import { CertificateRenewal } from './security/certificate-renewal.ts'
import type { StationSettings } from './settings.ts'
import type { UpstreamView } from './station-contract.ts'
import type { Answered, Later } from './upstream/incoming-calls.ts'
import { Upstream, type UpstreamOptions } from './upstream/upstream.ts'

export interface ConversationsOptions {
  readonly stationId: string
  readonly upstreams: readonly UpstreamOptions[]
  readonly identify: () => Promise<StationIdentity>
  readonly ledger: Ledger
  readonly clock: Clock
  readonly random: () => number
  readonly settings: StationSettings
  readonly newId: () => string
  /** Puts stamps of before the machine's clock was set right; null: it was set from the start. */
  readonly trueTime: ((at: number) => number) | null
  readonly emit: (happening: StationHappening) => void
  readonly onFault: (error: unknown) => void
  /** `decides`: the authority asks. */
  readonly onRequest: (request: CsmsRequest, upstream: Upstream, decides: boolean) => Promise<Answered | Later>
  readonly onRegistered: (upstream: Upstream) => void
  /** Of the authority alone. */
  readonly onTime: (upstreamId: string, currentTime: number, sentAt: number, receivedAt: number) => void
  /** The authority has a stored message, and has answered. */
  readonly onDelivered: (entry: OutboxEntry, answer: StationAnswer) => void
  readonly onSecurityEvent: (type: SecurityEventType, techInfo: string) => void
}

type StatusMessage = Extract<StationMessage, { readonly kind: 'status' }>

export class Conversations {
  readonly all: readonly Upstream[]
  readonly #options: ConversationsOptions
  readonly #renewals = new Map<Upstream, CertificateRenewal>()

  constructor(options: ConversationsOptions) {
    this.#options = options
    this.all = options.upstreams.map((upstream) => this.#open(upstream))
    for (const upstream of this.all) this.#watch(upstream)
  }

  /** Null: a station without a CSMS. */
  get authority(): Upstream | null {
    return this.all[0] ?? null
  }

  /** @param stop ends the renewal of certificates */
  start(stop: AbortSignal): void {
    for (const upstream of this.all) upstream.start()
    for (const renewal of this.#renewals.values()) void renewal.run(stop)
  }

  async close(): Promise<void> {
    await Promise.all(this.all.map((upstream) => upstream.close()))
  }

  /** The station shows itself anew everywhere. */
  reset(): void {
    for (const upstream of this.all) upstream.reset()
  }

  renewalOf(upstream: Upstream): CertificateRenewal | null {
    return this.#renewals.get(upstream) ?? null
  }

  /** New stored messages wait in the outboxes. */
  wake(): void {
    for (const upstream of this.all) upstream.wake()
  }

  /** Copies of a transaction's message for every outbox. */
  drafts(transactionId: string, message: StationMessage): readonly OutboxDraft[] {
    return this.all.map((upstream) => this.#draft(upstream, transactionId, message))
  }

  /** Stores a message that belongs to no transaction; it is delivered in its turn. */
  queue(message: StationMessage, upstreams: readonly Upstream[]): void {
    if (upstreams.length === 0) return
    const drafts = upstreams.map((upstream) => this.#draft(upstream, null, message))
    this.#options.ledger.recordSamples(null, drafts).then(
      () => upstreams.forEach((upstream) => upstream.wake()),
      (error: unknown) => this.#options.onFault(error),
    )
  }

  /** A CSMS of security profile 0 has never heard of security events. */
  queueSecurityEvent(message: StationMessage): void {
    this.queue(
      message,
      this.all.filter(({ access }) => access !== null && access.profile > 0),
    )
  }

  reportStatus(message: StatusMessage): void {
    for (const upstream of this.all) upstream.reportStatus(message)
  }

  views(): readonly UpstreamView[] {
    return this.all.map(({ id, isOpen, registration }) => ({ id, connected: isOpen, registration }))
  }

  #draft({ id }: Upstream, transactionId: string | null, message: StationMessage): OutboxDraft {
    const { stationId, newId } = this.#options
    return { upstreamId: id, stationId, messageId: newId(), transactionId, message }
  }

  #open(options: UpstreamOptions): Upstream {
    const { onRequest, onRegistered, onTime, onDelivered, ...shared } = this.#options
    return new Upstream(options, {
      ...shared,
      onRequest: (request, upstream) => onRequest(request, upstream, upstream === this.authority),
      onRegistered,
      onCsmsTime: (upstream, currentTime, sentAt, receivedAt) => {
        if (upstream === this.authority) onTime(upstream.id, currentTime, sentAt, receivedAt)
      },
      onDelivered: (upstream, entry, answer) => {
        if (upstream === this.authority && answer !== null) onDelivered(entry, answer)
      },
    })
  }

  /** What comes to light on the way to a CSMS is logged; its certificate is renewed in time. */
  #watch(upstream: Upstream): void {
    const { clock, settings, emit, onSecurityEvent } = this.#options
    const { access, id } = upstream
    if (access === null) return
    access.onEvent(onSecurityEvent)
    const renewal = new CertificateRenewal({
      upstreamId: id,
      access,
      clock,
      organisation: () => settings.text('cpoName') || null,
      isReady: () => upstream.isReady,
      request: (message, signal) => upstream.request(message, signal),
      emit,
    })
    this.#renewals.set(upstream, renewal)
  }
}
