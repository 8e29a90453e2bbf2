/** OCPP-J frames: text to a typed frame and back (OCPP-J 1.6 §4.2). Knows no socket and no version. */

export type Frame =
  | { readonly type: 'call'; readonly messageId: string; readonly action: string; readonly payload: unknown }
  | { readonly type: 'result'; readonly messageId: string; readonly payload: unknown }
  | {
      readonly type: 'error'
      readonly messageId: string
      readonly code: string
      readonly description: string
      readonly details: object
    }
  /** Can be told to be a CALL (or an answer), but is not whole; `messageId` says whom it concerns. */
  | { readonly type: 'malformed-call'; readonly messageId: string; readonly problem: string }
  | { readonly type: 'malformed-answer'; readonly messageId: string; readonly problem: string }
  /** Nothing that could be answered. Ignored (OCPP-J 1.6 §4.1.3: unknown message types are ignored). */
  | { readonly type: 'unreadable'; readonly problem: string }

export interface FrameLimits {
  readonly maxDepth: number
  readonly maxMessageIdLength: number
}

const CALL = 2
const RESULT = 3
const ERROR = 4
const MAX_ACTION_LENGTH = 64
const MAX_DESCRIPTION_LENGTH = 255

export function parseFrame(text: string, limits: FrameLimits): Frame {
  if (!nestsWithin(text, limits.maxDepth)) return unreadable(`nested deeper than ${limits.maxDepth}`)
  let parts: unknown
  try {
    parts = JSON.parse(text)
  } catch {
    return unreadable('not JSON')
  }
  if (!Array.isArray(parts)) return unreadable('not a JSON array')
  const [type, messageId, third, fourth, fifth]: unknown[] = parts
  if (type !== CALL && type !== RESULT && type !== ERROR) return unreadable('unknown message type')
  if (typeof messageId !== 'string') return unreadable('the message id is not a text')
  if (!isMessageId(messageId, limits.maxMessageIdLength)) {
    return unreadable(`the message id is not 1 to ${limits.maxMessageIdLength} printable characters`)
  }
  if (type === CALL) {
    if (parts.length !== 4) return { type: 'malformed-call', messageId, problem: 'a CALL has four elements' }
    if (typeof third !== 'string' || third.length === 0 || third.length > MAX_ACTION_LENGTH) {
      return { type: 'malformed-call', messageId, problem: `an action has 1 to ${MAX_ACTION_LENGTH} characters` }
    }
    const payload = payloadOf(fourth)
    if (payload === null) return { type: 'malformed-call', messageId, problem: 'the payload is not an object' }
    return { type: 'call', messageId, action: third, payload }
  }
  if (type === RESULT) {
    const payload = payloadOf(third)
    if (parts.length !== 3 || payload === null) {
      return { type: 'malformed-answer', messageId, problem: 'a CALLRESULT has three elements, the last an object' }
    }
    return { type: 'result', messageId, payload }
  }
  if (typeof third !== 'string' || third.length === 0) {
    return { type: 'malformed-answer', messageId, problem: 'a CALLERROR names no code' }
  }
  return {
    type: 'error',
    messageId,
    code: third.slice(0, MAX_ACTION_LENGTH),
    description: typeof fourth === 'string' ? fourth.slice(0, MAX_DESCRIPTION_LENGTH) : '',
    details: isObject(fifth) ? fifth : {},
  }
}

/** `null` is one of the two notations of a payload that is empty (OCPP-J 1.6 §4.2.1). Null: no payload. */
function payloadOf(value: unknown): object | null {
  if (value === null) return {}
  return isObject(value) ? value : null
}

export function formatCall(messageId: string, action: string, payload: object): string {
  return JSON.stringify([CALL, messageId, action, payload])
}

export function formatResult(messageId: string, payload: object): string {
  return JSON.stringify([RESULT, messageId, payload])
}

export function formatError(messageId: string, code: string, description: string, details: object = {}): string {
  return JSON.stringify([ERROR, messageId, code, description.slice(0, MAX_DESCRIPTION_LENGTH), details])
}

/** Printable characters only, so that a message id is safe in a log line. */
function isMessageId(text: string, maxLength: number): boolean {
  if (text.length < 1 || text.length > maxLength) return false
  // Nearly every id is a UUID or a number: the plain test first.
  return /^[\x20-\x7e]*$/.test(text) || !/[\p{C}\p{Zl}\p{Zp}]/u.test(text)
}

/** Whether brackets nest at most `maxDepth` deep. Looked at before parsing: what nests deeply breaks recursive code. */
export function nestsWithin(text: string, maxDepth: number): boolean {
  let depth = 0
  for (let i = 0; i < text.length; i++) {
    switch (text.charCodeAt(i)) {
      case 0x22: // a string: skip to its end
        i = endOfString(text, i + 1)
        break
      case 0x5b: // [
      case 0x7b: // {
        if (++depth > maxDepth) return false
        break
      case 0x5d:
      case 0x7d:
        depth--
        break
    }
  }
  return true
}

/** Index of the quote that ends the string which begins at `from`; the text's length when none does. */
function endOfString(text: string, from: number): number {
  for (let at = from; ;) {
    const quote = text.indexOf('"', at)
    if (quote < 0) return text.length
    let backslashes = 0
    while (text.charCodeAt(quote - 1 - backslashes) === 0x5c) backslashes++
    if (backslashes % 2 === 0) return quote
    at = quote + 1
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function unreadable(problem: string): Frame {
  return { type: 'unreadable', problem }
}
