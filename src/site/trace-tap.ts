/** Passes frames on to whoever looks. The links are tapped only while somebody does: a trace that nobody reads costs nothing. */
import type { TraceEntry } from '../model/driver.ts'
import type { LinkPool } from './link-pool.ts'
import type { SiteTrace } from './snapshot.ts'

type Listener = (trace: SiteTrace) => void

export class TraceTap {
  readonly #links: LinkPool
  readonly #listeners = new Set<Listener>()
  #taps: (() => void)[] = []

  constructor(links: LinkPool) {
    this.#links = links
  }

  listen(listener: Listener): () => void {
    this.#listeners.add(listener)
    if (this.#listeners.size === 1) this.#open()
    return () => {
      this.#listeners.delete(listener)
      if (this.#listeners.size === 0) this.#close()
    }
  }

  tell(trace: SiteTrace): void {
    for (const listener of this.#listeners) listener(trace)
  }

  #open(): void {
    this.#taps = this.#links.links.map((link) => link.trace((entry) => this.#tellFrame(link.url, entry)))
  }

  #close(): void {
    for (const untap of this.#taps.splice(0)) untap()
  }

  #tellFrame(url: string, entry: TraceEntry): void {
    if (entry.direction === 'event') return
    const hex = Buffer.from(entry.bytes).toString('hex').replaceAll(/../g, '$& ').trimEnd()
    this.tell({
      at: entry.at,
      kind: 'registers',
      about: url,
      upstreamId: null,
      direction: entry.direction,
      text: entry.note === '' ? hex : `${hex} (${entry.note})`,
    })
  }
}
