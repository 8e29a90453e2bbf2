/** A site that says what a test wants it to say. */
import type { ObservedSite } from '../../src/api/observed-site.ts'
import type { StationEvent } from '../../src/model/event.ts'
import type { SiteSnapshot, SiteTrace } from '../../src/site/facade.ts'
import { AT, sampleSite } from './sample-site.ts'

export class FakeSite implements ObservedSite {
  current: SiteSnapshot | Error = sampleSite()
  readonly #traces = new Set<(trace: SiteTrace) => void>()
  readonly #events = new Set<(event: StationEvent) => void>()

  snapshot(): SiteSnapshot {
    if (this.current instanceof Error) throw this.current
    return this.current
  }

  onTrace(listener: (trace: SiteTrace) => void): () => void {
    this.#traces.add(listener)
    return () => this.#traces.delete(listener)
  }

  onEvent(listener: (event: StationEvent) => void): () => void {
    this.#events.add(listener)
    return () => this.#events.delete(listener)
  }

  get listeners(): { readonly traces: number; readonly events: number } {
    return { traces: this.#traces.size, events: this.#events.size }
  }

  /** An OCPP frame: the site tells it as a trace and as an event. */
  frame(text: string, values: Partial<SiteTrace> = {}): void {
    const { at, about, direction } = this.#tell(text, values)
    this.event({ kind: 'frame', stationId: about, at, upstreamId: 'operator', direction, text })
  }

  registers(text: string): void {
    this.#tell(text, { kind: 'registers', about: 'rtu+tcp://127.0.0.1:4001', upstreamId: null })
  }

  #tell(text: string, values: Partial<SiteTrace>): SiteTrace {
    const trace: SiteTrace = {
      at: AT,
      kind: 'ocpp',
      about: 'CP-001',
      upstreamId: 'operator',
      direction: 'sent',
      text,
      ...values,
    }
    for (const listener of this.#traces) listener(trace)
    return trace
  }

  event(event: StationEvent): void {
    for (const listener of this.#events) listener(event)
  }
}
