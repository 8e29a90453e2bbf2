/** What passed: OCPP exchanges (a call and its answer are one row), register frames, and news. Newest first. Pure. */
import type { ApiEvent, ApiTrace } from '../api/types.ts'

export interface OcppRow {
  readonly kind: 'ocpp'
  readonly key: number
  readonly at: number
  readonly stationId: string
  readonly upstreamId: string
  /** `up`: from the station to the CSMS. */
  readonly direction: 'up' | 'down'
  readonly messageId: string
  readonly action: string
  /** JSON, pretty-printed when it was opened; null: not an OCPP call at all, or cut. */
  readonly request: string
  readonly answer: OcppAnswer | null
}

interface OcppAnswer {
  /** `error` is a CALLERROR. */
  readonly outcome: 'result' | 'error'
  /** What the answer says in a word: its status, or the error code. */
  readonly word: string
  readonly latencyMs: number
  readonly text: string
}

interface RegisterRow {
  readonly kind: 'registers'
  readonly key: number
  readonly at: number
  readonly url: string
  readonly direction: 'sent' | 'received'
  readonly text: string
}

interface EventRow {
  readonly kind: 'event'
  readonly key: number
  readonly at: number
  readonly stationId: string
  readonly text: string
}

export type TimelineRow = OcppRow | RegisterRow | EventRow

export const MAX_ROWS = 400
/** Register frames pass by the dozen per second; they must not push the messages out. */
export const MAX_REGISTER_ROWS = 60

export function addEvent(rows: readonly TimelineRow[], event: ApiEvent): readonly TimelineRow[] {
  return push(rows, { kind: 'event', key: event.number, at: event.at, stationId: event.stationId, text: event.text })
}

export function addTrace(rows: readonly TimelineRow[], trace: ApiTrace): readonly TimelineRow[] {
  const { number: key, at, about, direction, text } = trace
  if (trace.kind === 'registers') return push(rows, { kind: 'registers', key, at, url: about, direction, text })
  const frame = readFrame(text)
  if ('action' in frame) {
    return push(rows, {
      kind: 'ocpp',
      key,
      at,
      stationId: about,
      upstreamId: trace.upstreamId ?? '',
      direction: direction === 'sent' ? 'up' : 'down',
      messageId: frame.messageId,
      action: frame.action,
      request: frame.payload,
      answer: null,
    })
  }
  // The answer goes the other way on the same connection and carries the call's id.
  const from = direction === 'sent' ? 'down' : 'up'
  const index = rows.findIndex(
    (row) =>
      row.kind === 'ocpp' &&
      row.answer === null &&
      row.messageId === frame.messageId &&
      row.stationId === about &&
      row.upstreamId === (trace.upstreamId ?? '') &&
      row.direction === from,
  )
  const call = rows[index]
  if (call?.kind !== 'ocpp') return rows
  const answer: OcppAnswer = {
    outcome: frame.kind,
    word: frame.word,
    latencyMs: Math.max(0, at - call.at),
    text: frame.payload,
  }
  return rows.with(index, { ...call, answer })
}

function push(rows: readonly TimelineRow[], row: TimelineRow): readonly TimelineRow[] {
  const limit = row.kind === 'registers' ? MAX_REGISTER_ROWS : MAX_ROWS
  const alike = (other: TimelineRow): boolean => (other.kind === 'registers') === (row.kind === 'registers')
  const full = rows.filter(alike).length >= limit
  const oldest = full ? rows.findLastIndex(alike) : -1
  return [row, ...(oldest === -1 ? rows : rows.toSpliced(oldest, 1))]
}

type Frame =
  | {
      readonly kind: 'call' | 'unreadable'
      readonly messageId: string
      readonly action: string
      readonly payload: string
    }
  | { readonly kind: 'result' | 'error'; readonly messageId: string; readonly word: string; readonly payload: string }

/** OCPP-J: [2, id, action, payload], [3, id, payload], [4, id, code, description, details]. */
function readFrame(text: string): Frame {
  const unreadable: Frame = { kind: 'unreadable', messageId: '', action: 'unreadable frame', payload: text }
  let frame: unknown
  try {
    frame = JSON.parse(text)
  } catch {
    return unreadable
  }
  if (!Array.isArray(frame)) return unreadable
  const [type, id, third, fourth]: unknown[] = frame
  if (typeof id !== 'string') return unreadable
  if (type === 2 && typeof third === 'string') {
    return { kind: 'call', messageId: id, action: third, payload: JSON.stringify(fourth ?? {}) }
  }
  if (type === 3) return { kind: 'result', messageId: id, word: statusOf(third), payload: JSON.stringify(third ?? {}) }
  if (type === 4) return { kind: 'error', messageId: id, word: String(third), payload: JSON.stringify(frame.slice(2)) }
  return unreadable
}

function statusOf(payload: unknown): string {
  if (typeof payload !== 'object' || payload === null) return 'ok'
  if ('status' in payload && typeof payload.status === 'string') return payload.status
  if ('idTagInfo' in payload) return statusOf(payload.idTagInfo)
  return 'ok'
}

export function pretty(json: string): string {
  try {
    return JSON.stringify(JSON.parse(json), null, 2)
  } catch {
    return json
  }
}
