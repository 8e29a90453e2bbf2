/**
 * Whether a line has the shape of a tick, key by key and by hand: a thousand chargers are told every second. What a number is worth is
 * judged by the core, as of a real device.
 */
import type { TickMessage } from './line-messages.ts'

/** The tick, or where and what is wrong with it. */
export function tickOf(line: Readonly<Record<string, unknown>>): TickMessage | string {
  const wrong = wrongShape(line)
  return isTick(line, wrong) ? line : `tick: ${wrong}`
}

function isTick(_line: unknown, wrong: string | null): _line is TickMessage {
  return wrong === null
}

/** Null, or where and what is wrong. */
function wrongShape(tick: Readonly<Record<string, unknown>>): string | null {
  const { seq, t, meters, limits, chargers } = tick
  if (typeof seq !== 'number') return 'seq: is not a number'
  if (typeof t !== 'number' || !Number.isFinite(t)) return 't: is not a number'
  if (!isRecord(meters)) return 'meters: is not an object'
  if (!Array.isArray(limits)) return 'limits: is not a list'
  if (!Array.isArray(chargers)) return 'chargers: is not a list'
  for (const [id, meter] of Object.entries(meters)) {
    const wrong = isRecord(meter) ? wrongMeter(meter) : ': is not an object'
    if (wrong !== null) return `meters.${id}${wrong}`
  }
  return wrongItem('limits', limits, wrongLimit) ?? wrongItem('chargers', chargers, wrongCharger)
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

type Judge = (item: Readonly<Record<string, unknown>>) => string | null

function wrongItem(name: string, items: readonly unknown[], judge: Judge): string | null {
  for (const [index, item] of items.entries()) {
    const wrong = isRecord(item) ? judge(item) : ': is not an object'
    if (wrong !== null) return `${name}.${index}${wrong}`
  }
  return null
}

function wrongMeter({ A, ageS }: Readonly<Record<string, unknown>>): string | null {
  if (!isAmps(A)) return NO_AMPS
  return isNumberOrNull(ageS) ? null : '.ageS: is not a number'
}

function wrongLimit({ source, circuit, maxA, evMaxW }: Readonly<Record<string, unknown>>): string | null {
  if (source !== 'dso' && source !== 'ems') return '.source: is not dso or ems'
  if (typeof circuit !== 'string') return '.circuit: is not a text'
  if (maxA !== undefined && !(Array.isArray(maxA) && maxA.length === 3 && maxA.every((one) => typeof one === 'number')))
    return '.maxA: is not a list of three numbers'
  return evMaxW === undefined || typeof evMaxW === 'number' ? null : '.evMaxW: is not a number'
}

function wrongCharger({
  id,
  online,
  seenAgeS,
  setA,
  A,
  ageS,
  session,
}: Readonly<Record<string, unknown>>): string | null {
  if (typeof id !== 'string') return '.id: is not a text'
  if (typeof online !== 'boolean') return '.online: is not true or false'
  if (!isNumberOrNull(seenAgeS)) return '.seenAgeS: is not a number'
  if (!isNumberOrNull(setA)) return '.setA: is not a number'
  if (!isAmps(A)) return NO_AMPS
  if (!isNumberOrNull(ageS)) return '.ageS: is not a number'
  if (session === null) return null
  return isRecord(session) ? wrongSession(session) : '.session: is not an object, nor null'
}

function wrongSession(session: Readonly<Record<string, unknown>>): string | null {
  if (typeof session['id'] !== 'string') return '.session.id: is not a text'
  for (const key of ['sinceT', 'kWh', 'priority'])
    if (typeof session[key] !== 'number') return `.session.${key}: is not a number`
  for (const key of ['energyKWh', 'departT', 'csmsA'])
    if (!isNumberOrNull(session[key])) return `.session.${key}: is not a number, nor null`
  const { commit } = session
  if (commit === null) return null
  const isPromise = isRecord(commit) && typeof commit['energyKWh'] === 'number' && typeof commit['byT'] === 'number'
  return isPromise ? null : '.session.commit: lacks energyKWh or byT, and is not null'
}

const NO_AMPS = '.A: is not a list of three numbers'

/** Null: not measured. */
function isAmps(value: unknown): boolean {
  return Array.isArray(value) && value.length === 3 && value.every(isNumberOrNull)
}

function isNumberOrNull(value: unknown): boolean {
  return typeof value === 'number' || value === null
}
