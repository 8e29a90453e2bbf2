/** Checks and words of what callers hand in, before it leaves their thread. Everything has a limit. */
import type { ChargingProfile } from '../model/charging-profile.ts'
import type { LocalListEntry } from '../model/csms-request.ts'
import type { Decision } from '../model/decision.ts'
import { BridgeError } from '../model/errors.ts'
import type { LimitProof } from '../model/limit-proof.ts'
import type { PhaseAmps } from '../model/phase.ts'
import type { SiteLimit } from '../model/site-limit.ts'
import type { SiteSample, VisitRecord } from '../model/site-sample.ts'
import type { Transaction } from '../model/transaction.ts'
import type { EnergyMeterState, OutboxDraft, SecurityLogEntry } from './ledger.ts'
import type { StoredDecision, StoredDraft, StoredProof } from './operations.ts'

const MAX_NAME_CHARACTERS = 1024
export const MAX_SETTING_CHARACTERS = 65_536
/** A message of many samples is some 10 kB. */
const MAX_BODY_CHARACTERS = 262_144
const MAX_BINDING_CHARACTERS = 4_096
const MAX_PROOF_CHARACTERS = 4_096
export const MAX_LOCAL_LIST_ENTRIES = 10_000
/** One commit's worth, also for a site of 1,000 outlets that all change at once. */
export const MAX_DECISIONS_AT_ONCE = 2_000
export const MAX_SAMPLES_AT_ONCE = 2_000
/** What the core remembers of 1,000 outlets is some 300 kB. */
export const MAX_MEMORY_CHARACTERS = 4_194_304
/** Limits of a few sources for a few circuits; what has expired is taken back by who set it. */
export const MAX_LIMITS = 1_000

function refuse(text: string): BridgeError {
  return new BridgeError('LEDGER_REFUSED', text)
}

/** Throws LEDGER_REFUSED for a text that is too long or not storable as it is (a lone surrogate). */
export function checkText(name: string, text: string, limit = MAX_NAME_CHARACTERS): void {
  if (text.length > limit) throw refuse(`${name} has ${text.length} characters, ${limit} are the limit`)
  if (!text.isWellFormed()) throw refuse(`${name} is not well-formed Unicode`)
}

/** SQLite would store NaN as "nothing", and nothing is not a number. */
function checkNumber(name: string, value: number): void {
  if (!Number.isFinite(value)) throw refuse(`${name} is ${value}, not a number`)
}

function checkEvse(evse: number): void {
  if (!Number.isSafeInteger(evse) || evse < 0) throw refuse(`evse is ${evse}`)
}

export function checkMeter(meter: EnergyMeterState): void {
  checkText('stationId', meter.stationId)
  checkEvse(meter.evse)
  if (meter.lastRegisterWh !== null) checkNumber('lastRegisterWh', meter.lastRegisterWh)
  checkNumber('offsetWh', meter.offsetWh)
}

export function checkTransaction(transaction: Transaction): void {
  checkText('transaction id', transaction.id)
  checkText('stationId', transaction.stationId)
  checkText('idToken', transaction.idToken)
  checkEvse(transaction.evse)
  checkNumber('startedAt', transaction.startedAt)
  checkNumber('startWh', transaction.startWh)
  if (transaction.endedAt !== null) checkNumber('endedAt', transaction.endedAt)
  if (transaction.endWh !== null) checkNumber('endWh', transaction.endWh)
}

export function encodeDraft(draft: OutboxDraft): StoredDraft {
  const { upstreamId, stationId, messageId, transactionId, message } = draft
  checkText('upstreamId', upstreamId)
  checkText('stationId', stationId)
  checkText('messageId', messageId)
  if (transactionId !== null) checkText('transactionId', transactionId)
  const body = JSON.stringify(message)
  checkText(`the ${message.kind} message`, body, MAX_BODY_CHARACTERS)
  return { upstreamId, stationId, messageId, transactionId, kind: message.kind, body }
}

export function encodeProfile(profile: ChargingProfile): string {
  if (!Number.isSafeInteger(profile.id)) throw refuse(`profile id is ${profile.id}`)
  const body = JSON.stringify(profile)
  checkText('the charging profile', body, MAX_BODY_CHARACTERS)
  return body
}

export function checkLocalList(stationId: string, version: number, entries: readonly LocalListEntry[]): void {
  checkText('stationId', stationId)
  if (!Number.isSafeInteger(version)) throw refuse(`the version of the local list is ${version}`)
  if (entries.length > MAX_LOCAL_LIST_ENTRIES)
    throw refuse(`the local list has ${entries.length} entries, ${MAX_LOCAL_LIST_ENTRIES} are the limit`)
  for (const { idToken, info } of entries) {
    checkText('idToken', idToken)
    if (info === null) continue
    if (info.expiresAt !== null) checkNumber('expiresAt', info.expiresAt)
    if (info.parentIdToken !== null) checkText('parentIdToken', info.parentIdToken)
  }
}

export function checkSecurityEvent({ at, stationId, techInfo }: SecurityLogEntry): void {
  checkNumber('at', at)
  checkText('stationId', stationId)
  if (techInfo !== null) checkText('techInfo', techInfo)
}

function checkNumberOrNull(name: string, value: number | null): void {
  if (value !== null) checkNumber(name, value)
}

function checkPhases(name: string, amps: PhaseAmps): void {
  checkNumber(name, amps.L1)
  checkNumber(name, amps.L2)
  checkNumber(name, amps.L3)
}

export function encodeDecisions(decisions: readonly Decision[]): StoredDecision[] {
  if (decisions.length > MAX_DECISIONS_AT_ONCE)
    throw refuse(`${decisions.length} decisions at once, ${MAX_DECISIONS_AT_ONCE} are the limit`)
  return decisions.map(({ at, stationId, evse, sessionId, amps, binding, rank }) => {
    checkNumber('at', at)
    checkText('stationId', stationId)
    checkEvse(evse)
    if (sessionId !== null) checkText('sessionId', sessionId)
    checkNumber('amps', amps)
    const body = JSON.stringify({ binding, rank })
    checkText('the binding', body, MAX_BINDING_CHARACTERS)
    return { at, stationId, evse, sessionId, amps, body }
  })
}

export function decodeDecision({ body, ...stored }: StoredDecision): Decision {
  // our own text, guarded by a checksum
  return { ...stored, ...(JSON.parse(body) as Pick<Decision, 'binding' | 'rank'>) }
}

export function checkSamples(samples: readonly SiteSample[]): void {
  if (samples.length > MAX_SAMPLES_AT_ONCE)
    throw refuse(`${samples.length} samples at once, ${MAX_SAMPLES_AT_ONCE} are the limit`)
  for (const { at, circuitId, meanAmps, highestAmps } of samples) {
    checkNumber('at', at)
    checkText('circuitId', circuitId)
    checkPhases('meanAmps', meanAmps)
    checkPhases('highestAmps', highestAmps)
  }
}

export function checkVisit(visit: VisitRecord): void {
  checkText('sessionId', visit.sessionId)
  checkText('stationId', visit.stationId)
  checkEvse(visit.evse)
  checkText('circuitId', visit.circuitId)
  checkNumber('arrivedAt', visit.arrivedAt)
  checkNumberOrNull('leftAt', visit.leftAt)
  checkNumber('energyWh', visit.energyWh)
  checkNumberOrNull('highestAmps', visit.highestAmps)
  checkNumberOrNull('wantedWh', visit.wantedWh)
  checkNumberOrNull('departsAt', visit.departsAt)
  if (visit.commitment !== null) {
    checkNumber('commitment.energyWh', visit.commitment.energyWh)
    checkNumber('commitment.byAt', visit.commitment.byAt)
  }
  checkNumber('priority', visit.priority)
  if (!Number.isSafeInteger(visit.pauses) || visit.pauses < 0) throw refuse(`pauses is ${visit.pauses}`)
}

export function checkLimit(limit: SiteLimit): void {
  checkText('the limit’s id', limit.id)
  checkText('circuitId', limit.circuitId)
  if (limit.maxAmps !== null) checkPhases('maxAmps', limit.maxAmps)
  checkNumberOrNull('carsMaxWatts', limit.carsMaxWatts)
  checkNumber('priority', limit.priority)
  checkNumber('since', limit.since)
  checkNumberOrNull('until', limit.until)
}

export function encodeProof(proof: LimitProof): StoredProof {
  checkNumber('at', proof.at)
  const body = JSON.stringify(proof)
  checkText('the entry of the proof log', body, MAX_PROOF_CHARACTERS)
  return { at: proof.at, body }
}

export function decodeProof({ body }: StoredProof): LimitProof {
  // our own text, guarded by a checksum
  return JSON.parse(body) as LimitProof
}
