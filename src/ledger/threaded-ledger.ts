/** The ledger's contract on the loop's side: what is handed in is checked and worded, the thread is asked, its answer is read. */
import type { ChargingProfile } from '../model/charging-profile.ts'
import { BridgeError } from '../model/errors.ts'
import type { LocalListEntry } from '../model/csms-request.ts'
import type { Decision } from '../model/decision.ts'
import type { LimitProof } from '../model/limit-proof.ts'
import type { LimitSource, SiteLimit } from '../model/site-limit.ts'
import type { SiteSample, VisitRecord } from '../model/site-sample.ts'
import type { Transaction } from '../model/transaction.ts'
import type { CallLine } from './call-line.ts'
import type {
  Delivery,
  EnergyMeterState,
  Ledger,
  LedgerEvent,
  LocalList,
  OutboxDraft,
  SecurityLogEntry,
} from './ledger.ts'
import type { ProofPlace, SamplePlace } from './operations.ts'
import { portions } from './portions.ts'
import {
  checkLimit,
  checkLocalList,
  checkMeter,
  checkSamples,
  checkSecurityEvent,
  checkText,
  checkTransaction,
  checkVisit,
  decodeDecision,
  decodeProof,
  encodeDecisions,
  encodeDraft,
  encodeProfile,
  encodeProof,
  MAX_MEMORY_CHARACTERS,
  MAX_SETTING_CHARACTERS,
} from './records.ts'
import { decodeDraft, StoredMessage } from './stored-message.ts'

const MAX_EVENT_CHARACTERS = 4096
/** A message's delivery is noted within this time, with those of other stations. */
const NOTE_WITHIN_MS = 250

export class ThreadedLedger implements Ledger {
  readonly findings: readonly string[]
  readonly #line: CallLine
  readonly #exited: Promise<void>

  /** @param exited resolves when the thread is gone */
  constructor(line: CallLine, findings: readonly string[], exited: Promise<void>) {
    this.#line = line
    this.findings = findings
    this.#exited = exited
  }

  async beginTransaction(
    transaction: Transaction,
    meter: EnergyMeterState,
    outbox: readonly OutboxDraft[],
  ): Promise<void> {
    checkTransaction(transaction)
    checkMeter(meter)
    await this.#line.call('beginTransaction', { transaction, meter, outbox: outbox.map(encodeDraft) })
  }

  async recordSamples(meter: EnergyMeterState | null, outbox: readonly OutboxDraft[]): Promise<void> {
    if (meter !== null) checkMeter(meter)
    await this.#line.call('recordSamples', { meter, outbox: outbox.map(encodeDraft) })
  }

  async endTransaction(
    transaction: Transaction,
    meter: EnergyMeterState,
    outbox: readonly OutboxDraft[],
  ): Promise<boolean> {
    checkTransaction(transaction)
    checkMeter(meter)
    if (transaction.endedAt === null || transaction.endWh === null) {
      throw new BridgeError('LEDGER_REFUSED', `transaction ${transaction.id} cannot end without a time and a meter`)
    }
    return this.#line.call('endTransaction', { transaction, meter, outbox: outbox.map(encodeDraft) })
  }

  openTransactions(stationId: string): Promise<readonly Transaction[]> {
    return this.#line.call('openTransactions', { stationId })
  }

  transaction(id: string): Promise<Transaction | null> {
    return this.#line.call('transaction', { id })
  }

  recentTransactions(limit: number): Promise<readonly Transaction[]> {
    return this.#line.call('recentTransactions', { limit })
  }

  energyMeters(stationId: string): Promise<readonly EnergyMeterState[]> {
    return this.#line.call('energyMeters', { stationId })
  }

  async advance(upstreamId: string, stationId: string, deliveries: readonly Delivery[], limit: number) {
    for (const { csmsTransactionId } of deliveries) {
      if (csmsTransactionId !== null) checkText('csmsTransactionId', csmsTransactionId)
    }
    // To note a delivery is not urgent: until then the message would be sent again as it was. A start's name must not be lost.
    const isUrgent = deliveries.length === 0 || deliveries.some((delivery) => delivery.csmsTransactionId !== null)
    const wait = isUrgent || limit === 0 || deliveries.length >= limit ? 0 : NOTE_WITHIN_MS
    const entries = await this.#line.call('advance', { upstreamId, stationId, deliveries, limit }, wait)
    return entries.map((entry) => new StoredMessage(entry))
  }

  failed(sequence: number): Promise<number> {
    return this.#line.call('failed', { sequence })
  }

  async deadLetter(sequence: number, reason: string): Promise<void> {
    checkText('reason', reason)
    await this.#line.call('deadLetter', { sequence, reason })
  }

  async deadLetters(limit: number) {
    const letters = await this.#line.call('deadLetters', { limit })
    return letters.map((letter) => {
      const { sequence, reason, at } = letter
      return { sequence, reason, at, draft: decodeDraft(letter) }
    })
  }

  backlog(upstreamId: string, stationId: string): Promise<number> {
    return this.#line.call('backlog', { upstreamId, stationId })
  }

  csmsTransactionId(upstreamId: string, transactionId: string): Promise<string | null> {
    return this.#line.call('csmsTransactionId', { upstreamId, transactionId })
  }

  async settings(stationId: string): Promise<ReadonlyMap<string, string>> {
    return new Map(await this.#line.call('settings', { stationId }))
  }

  async saveSetting(stationId: string, name: string, value: string | null): Promise<void> {
    checkText('stationId', stationId)
    checkText('name', name)
    if (value !== null) checkText('value', value, MAX_SETTING_CHARACTERS)
    await this.#line.call('saveSetting', { stationId, name, value })
  }

  async profiles(stationId: string): Promise<readonly ChargingProfile[]> {
    const bodies = await this.#line.call('profiles', { stationId })
    return bodies.map((body) => JSON.parse(body) as ChargingProfile)
  }

  async saveProfile(stationId: string, profile: ChargingProfile): Promise<void> {
    checkText('stationId', stationId)
    await this.#line.call('saveProfile', { stationId, profileId: profile.id, body: encodeProfile(profile) })
  }

  async removeProfiles(stationId: string, ids: readonly number[]): Promise<void> {
    await this.#line.call('removeProfiles', { stationId, ids })
  }

  localList(stationId: string): Promise<LocalList> {
    return this.#line.call('localList', { stationId })
  }

  async replaceLocalList(stationId: string, version: number, entries: readonly LocalListEntry[]): Promise<void> {
    checkLocalList(stationId, version, entries)
    const nameless = entries.find(({ info }) => info === null)
    if (nameless !== undefined)
      throw new BridgeError('LEDGER_REFUSED', `${nameless.idToken} of a whole local list has no info`)
    await this.#line.call('replaceLocalList', { stationId, version, entries })
  }

  async changeLocalList(stationId: string, version: number, entries: readonly LocalListEntry[]): Promise<void> {
    checkLocalList(stationId, version, entries)
    await this.#line.call('changeLocalList', { stationId, version, entries })
  }

  async recordSecurityEvent(event: SecurityLogEntry): Promise<void> {
    checkSecurityEvent(event)
    const { at, stationId, type, techInfo } = event
    await this.#line.call('recordSecurityEvent', { at, stationId, type, techInfo })
  }

  securityLog(
    stationId: string,
    from: number | null,
    to: number | null,
    limit: number,
  ): Promise<readonly SecurityLogEntry[]> {
    return this.#line.call('securityLog', { stationId, from, to, limit })
  }

  async recordDecisions(decisions: readonly Decision[]): Promise<void> {
    await this.#line.call('recordDecisions', { decisions: encodeDecisions(decisions) })
  }

  async decisionAt(stationId: string, evse: number, at: number): Promise<Decision | null> {
    const stored = await this.#line.call('decisionAt', { stationId, evse, at })
    return stored === null ? null : decodeDecision(stored)
  }

  async decisions(stationId: string, evse: number, from: number, to: number, limit: number) {
    return (await this.#line.call('decisions', { stationId, evse, from, to, limit })).map(decodeDecision)
  }

  balanceMemory(): Promise<string | null> {
    return this.#line.call('balanceMemory', null)
  }

  async saveBalanceMemory(text: string): Promise<void> {
    checkText('the core’s memory', text, MAX_MEMORY_CHARACTERS)
    await this.#line.call('saveBalanceMemory', { text })
  }

  async recordSiteSamples(samples: readonly SiteSample[]): Promise<void> {
    checkSamples(samples)
    await this.#line.call('recordSiteSamples', { samples })
  }

  siteSamples(from: number, to: number): Promise<readonly SiteSample[]> {
    return portions((after: SamplePlace | null) => this.#line.call('siteSamples', { from, to, after }))
  }

  async saveVisit(visit: VisitRecord): Promise<void> {
    checkVisit(visit)
    await this.#line.call('saveVisit', visit)
  }

  visits(from: number, to: number): Promise<readonly VisitRecord[]> {
    return portions((after: number | null) => this.#line.call('visits', { from, to, after: after ?? 0 }))
  }

  async saveLimit(limit: SiteLimit): Promise<void> {
    checkLimit(limit)
    await this.#line.call('saveLimit', limit)
  }

  async removeLimit(source: LimitSource, id: string): Promise<void> {
    await this.#line.call('removeLimit', { source, id })
  }

  limits(): Promise<readonly SiteLimit[]> {
    return this.#line.call('limits', null)
  }

  async recordLimitProof(proof: LimitProof): Promise<void> {
    await this.#line.call('recordLimitProof', encodeProof(proof))
  }

  async limitProofs(from: number, to: number, limit: number): Promise<readonly LimitProof[]> {
    const stored = await portions(
      (before: ProofPlace | null, had) => this.#line.call('limitProofs', { from, to, limit: limit - had, before }),
      limit,
    )
    return stored.map(decodeProof).toReversed()
  }

  async recordEvent(event: LedgerEvent): Promise<void> {
    const { at, stationId, kind, text } = event
    await this.#line.call('recordEvent', { at, stationId, kind, text: text.slice(0, MAX_EVENT_CHARACTERS) })
  }

  events(limit: number): Promise<readonly LedgerEvent[]> {
    return this.#line.call('events', { limit })
  }

  close(): Promise<void> {
    this.#line.close()
    return this.#exited
  }
}
