/** Checks and words of what callers hand in, before it leaves their thread. Everything has a limit. */
import type { ChargingProfile } from '../model/charging-profile.ts'
import type { LocalListEntry } from '../model/csms-request.ts'
import { BridgeError } from '../model/errors.ts'
import type { Transaction } from '../model/transaction.ts'
import type { EnergyMeterState, OutboxDraft, SecurityLogEntry } from './ledger.ts'
import type { StoredDraft } from './operations.ts'

const MAX_NAME_CHARACTERS = 1024
export const MAX_SETTING_CHARACTERS = 65_536
/** A message of many samples is some 10 kB. */
const MAX_BODY_CHARACTERS = 262_144
export const MAX_LOCAL_LIST_ENTRIES = 10_000

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
