/**
 * Server-sent events to the pages: a snapshot each second and soon after something happened, frames and events as they pass.
 * A reader that is too slow is cut off rather than buffered: it comes back by itself and is given what it missed.
 */
import type { ServerResponse } from 'node:http'
import type { Clock } from '../model/clock.ts'
import { describeEvent } from '../model/event.ts'
import type { StationEvent } from '../model/event.ts'
import type { SiteTrace } from '../site/facade.ts'
import { History } from './history.ts'
import type { HistoryEntry } from './history.ts'
import type { ApiLog, ObservedSite } from './observed-site.ts'
import { Trend } from './trend.ts'

export const MAX_READERS = 50
const MAX_BUFFERED_BYTES = 1024 * 1024
const SNAPSHOT_PERIOD_MS = 1000
/** Events come in bursts; one snapshot shows them all. */
const SNAPSHOT_SOON_MS = 100
/** The site's loop counts as standing still when its tick number has not risen for so long. */
const LOOP_SILENT_MS = 10_000
const MAX_TRACE_CHARS = 8192

export interface EventStreamOptions {
  readonly site: ObservedSite
  readonly clock: Clock
  readonly log: ApiLog
}

export interface ReaderOptions {
  /** Register frames are sent only to those who ask for them. */
  readonly registers: boolean
  readonly lastEventId: string | null
  readonly headers: Readonly<Record<string, string>>
}

interface Reader {
  readonly outgoing: ServerResponse
  readonly registers: boolean
}

export class EventStream {
  readonly trend = new Trend()
  readonly #options: EventStreamOptions
  readonly #history: History
  readonly #readers = new Set<Reader>()
  readonly #stopping = new AbortController()
  readonly #leaveEvents: () => void
  /** Frames on the wires are many: the site hands them out only while a page shows them. */
  #leaveRegisters: (() => void) | null = null
  #snapshotDue = false
  #snapshotFailed = false
  #lastTicks = 0
  #tickedAt: number | null = null
  readonly #life: Promise<void>

  constructor(options: EventStreamOptions) {
    this.#options = options
    this.#history = new History(options.clock.now().toString(36))
    this.#leaveEvents = options.site.onEvent((event) => this.#onEvent(event))
    this.#life = this.#run(this.#stopping.signal)
  }

  get readers(): number {
    return this.#readers.size
  }

  /** True while the site's control loop turns. */
  get loopTurns(): boolean {
    return this.#tickedAt !== null && this.#options.clock.monotonic() - this.#tickedAt < LOOP_SILENT_MS
  }

  /** Takes the answer over and keeps it open. False: there are too many readers. */
  add(outgoing: ServerResponse, { registers, lastEventId, headers }: ReaderOptions): boolean {
    if (this.#readers.size >= MAX_READERS || this.#stopping.signal.aborted) return false
    const reader: Reader = { outgoing, registers }
    this.#readers.add(reader)
    this.#tapRegisters()
    outgoing.on('close', () => this.#forget(reader))
    outgoing.on('error', () => this.#forget(reader))
    outgoing.writeHead(200, {
      ...headers,
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    })
    this.#send(reader, `retry: 1000\n\n${this.#snapshotText() ?? ''}`)
    for (const entry of this.#history.since(lastEventId, registers)) this.#send(reader, this.#entryText(entry))
    return true
  }

  async close(): Promise<void> {
    this.#stopping.abort()
    this.#leaveEvents()
    for (const { outgoing } of this.#readers) outgoing.end()
    this.#readers.clear()
    this.#tapRegisters()
    await this.#life
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#publishSnapshot()
      await this.#options.clock.sleep(SNAPSHOT_PERIOD_MS, signal).catch(() => {})
    }
  }

  #publishSnapshot(): void {
    const text = this.#snapshotText(true)
    // The comment keeps proxies and readers awake while there is no snapshot to send.
    for (const reader of this.#readers) this.#send(reader, text ?? ': alive\n\n')
  }

  #snapshotText(sample = false): string | null {
    try {
      const snapshot = this.#options.site.snapshot()
      this.#snapshotFailed = false
      if (sample) this.trend.add(snapshot)
      if (snapshot.loop.ticks !== this.#lastTicks) {
        this.#lastTicks = snapshot.loop.ticks
        this.#tickedAt = this.#options.clock.monotonic()
      }
      return eventText('snapshot', null, snapshot)
    } catch (error) {
      if (!this.#snapshotFailed) this.#options.log.error({ err: error }, 'the site gave no snapshot')
      this.#snapshotFailed = true
      return null
    }
  }

  #onEvent(event: StationEvent): void {
    const { at, stationId, kind } = event
    if (event.kind === 'frame') {
      const { upstreamId, direction, text } = event
      this.#publishTrace({ at, kind: 'ocpp', about: stationId, upstreamId, direction, text })
      return
    }
    const text = describeEvent(event)
    if (text === null) return
    const data = { number: this.#history.nextNumber(), at, stationId, kind, text }
    this.#publish({ name: 'event', registers: false, data })
    this.#wantSnapshot()
  }

  #publishTrace(trace: SiteTrace): void {
    const cut = trace.text.length > MAX_TRACE_CHARS
    const text = cut ? trace.text.slice(0, MAX_TRACE_CHARS) : trace.text
    const data = { number: this.#history.nextNumber(), ...trace, text, cut }
    this.#publish({ name: 'trace', registers: trace.kind === 'registers', data })
  }

  #tapRegisters(): void {
    const wanted = [...this.#readers].some(({ registers }) => registers)
    if (wanted && this.#leaveRegisters === null) {
      this.#leaveRegisters = this.#options.site.onTrace((trace) => {
        if (trace.kind === 'registers') this.#publishTrace(trace)
      })
    } else if (!wanted && this.#leaveRegisters !== null) {
      this.#leaveRegisters()
      this.#leaveRegisters = null
    }
  }

  #forget(reader: Reader): void {
    this.#readers.delete(reader)
    this.#tapRegisters()
  }

  #wantSnapshot(): void {
    if (this.#snapshotDue || this.#readers.size === 0) return
    this.#snapshotDue = true
    const { signal } = this.#stopping
    void this.#options.clock.sleep(SNAPSHOT_SOON_MS, signal).then(
      () => {
        this.#snapshotDue = false
        const text = this.#snapshotText()
        if (text !== null) for (const reader of this.#readers) this.#send(reader, text)
      },
      () => {},
    )
  }

  #publish(entry: HistoryEntry): void {
    this.#history.add(entry)
    const text = this.#entryText(entry)
    for (const reader of this.#readers) if (!entry.registers || reader.registers) this.#send(reader, text)
  }

  #entryText(entry: HistoryEntry): string {
    return eventText(entry.name, this.#history.idOf(entry), entry.data)
  }

  #send(reader: Reader, text: string): void {
    if (reader.outgoing.destroyed) return
    if (reader.outgoing.writableLength + text.length > MAX_BUFFERED_BYTES) {
      this.#options.log.warn({}, 'a reader of the event stream is too slow and was cut off')
      this.#forget(reader)
      reader.outgoing.destroy()
      return
    }
    reader.outgoing.write(text)
  }
}

/** JSON holds no line break, so one `data:` line carries any text that a device or CSMS may send. */
function eventText(name: string, id: string | null, data: object): string {
  return `event: ${name}\n${id === null ? '' : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`
}
