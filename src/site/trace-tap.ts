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
    const frame = shown(Buffer.from(entry.bytes))
    this.tell({
      at: entry.at,
      kind: 'registers',
      about: url,
      upstreamId: null,
      direction: entry.direction,
      text: entry.note === '' ? frame : `${frame} (${entry.note})`,
    })
  }
}

/** A page of text is enough for a person. */
const MOST_CHARACTERS = 4000

/** Texts as they are, other frames byte by byte. */
function shown(bytes: Buffer): string {
  const text = bytes.toString()
  // oxlint-disable-next-line no-control-regex -- a telegram begins each line with CR LF, and ends with none of the others
  if (!/[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F\uFFFD]/.test(text)) return text.slice(0, MOST_CHARACTERS)
  return bytes.toString('hex').replaceAll(/../g, '$& ').trimEnd().slice(0, MOST_CHARACTERS)
}
