/** The connection to the bridge and what came through it. Comes back by itself, whatever happened to it. */
import { computed, signal } from '@preact/signals'
import type { ApiEvent, ApiTrace, ApiTrend, SiteSnapshot } from '../api/types.ts'
import { addEvent, addTrace } from './timeline.ts'
import type { TimelineRow } from './timeline.ts'
import { addSample, fromApi } from './trend-data.ts'
import type { TrendData } from './trend-data.ts'

export type Connection = 'connecting' | 'live' | 'lost'

export const snapshot = signal<SiteSnapshot | null>(null)
export const connection = signal<Connection>('connecting')
export const timeline = signal<readonly TimelineRow[]>([])
export const trend = signal<TrendData>(new Map())
/** Register frames are many; they are asked for only while somebody looks at them. */
export const registersWanted = signal(false)
export const siteName = computed(() => snapshot.value?.name ?? '')

/** A snapshot comes each second; older values are shown as old. */
const SILENT_AFTER_MS = 3500
/** After so long the stream is opened anew, even when the browser believes that it is still open. */
const REOPEN_AFTER_MS = 8000

let source: EventSource | null = null
let lastHeardAt = 0
let epoch = ''
let lastNumber = 0

export function startLive(): void {
  open()
  void loadTrend()
  setInterval(watch, 500)
}

export function showRegisters(wanted: boolean): void {
  registersWanted.value = wanted
  open()
}

function open(): void {
  source?.close()
  lastHeardAt = Date.now()
  const query = new URLSearchParams()
  if (registersWanted.value) query.set('registers', '1')
  if (epoch !== '') query.set('after', `${epoch}-${lastNumber}`)
  source = new EventSource(`./api/v1/stream?${query.toString()}`)
  source.addEventListener('snapshot', (message) => heardSnapshot(parse(message) as SiteSnapshot | null))
  source.addEventListener('trace', (message) => {
    const trace = parse(message) as ApiTrace | null
    if (trace !== null && isNew(message)) timeline.value = addTrace(timeline.value, trace)
  })
  source.addEventListener('event', (message) => {
    const event = parse(message) as ApiEvent | null
    if (event !== null && isNew(message)) timeline.value = addEvent(timeline.value, event)
  })
}

function heardSnapshot(next: SiteSnapshot | null): void {
  if (next === null) return
  const wasLost = connection.value === 'lost'
  lastHeardAt = Date.now()
  snapshot.value = next
  connection.value = 'live'
  if (wasLost) void loadTrend()
  else trend.value = addSample(trend.value, next)
}

function watch(): void {
  const silentMs = Date.now() - lastHeardAt
  if (silentMs > SILENT_AFTER_MS && connection.value === 'live') connection.value = 'lost'
  if (silentMs > REOPEN_AFTER_MS || (source?.readyState === EventSource.CLOSED && silentMs > 2000)) open()
}

async function loadTrend(): Promise<void> {
  try {
    const answer = await fetch('./api/v1/trend')
    if (answer.ok) trend.value = fromApi((await answer.json()) as ApiTrend)
  } catch {
    // Nothing is lost: the line begins with what comes from now on, and is asked for again after a reconnect.
  }
}

/** Replayed entries carry the number they had; those of a bridge that was restarted begin anew. */
function isNew(message: MessageEvent): boolean {
  const [from = '', number = '0'] = message.lastEventId.split('-')
  if (from !== epoch) {
    if (epoch !== '') timeline.value = []
    epoch = from
    lastNumber = 0
  }
  // Switching the register frames on replays their own recent past, which is older than what we have: keep it out.
  if (Number(number) <= lastNumber) return false
  lastNumber = Number(number)
  return true
}

/** JSON of the API that this page was built with; null when it is none. */
function parse(message: MessageEvent): unknown {
  try {
    return JSON.parse(String(message.data))
  } catch {
    return null
  }
}
