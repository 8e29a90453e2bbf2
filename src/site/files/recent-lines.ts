/** The last lines of something that never ends: what a diagnostics bundle shows of the log and of the frames. Bounded. */
import type { Clock } from '../../model/clock.ts'
import type { Log } from '../log.ts'

export interface RecentLine {
  /** Wall ms. */
  readonly at: number
  /** Station, link, or '' for the site. */
  readonly about: string
  readonly text: string
}

export class RecentLines {
  readonly #maxCharacters: number
  #lines: RecentLine[] = []
  #characters = 0

  constructor(maxCharacters: number) {
    this.#maxCharacters = maxCharacters
  }

  add(line: RecentLine): void {
    this.#lines.push(line)
    this.#characters += line.text.length
    if (this.#characters <= this.#maxCharacters) return
    // A half at once: shifting an array by one at every line would cost more than the lines.
    const gone = this.#lines.splice(0, Math.max(1, this.#lines.length >> 1))
    for (const { text } of gone) this.#characters -= text.length
  }

  /** Oldest first: what is about this, and what is about the whole site. `from` and `to` in wall ms, both included; null: open. */
  *lines(about: string, from: number | null, to: number | null): Generator<string> {
    for (const line of this.#lines) {
      if (line.about !== '' && line.about !== about) continue
      if ((from !== null && line.at < from) || (to !== null && line.at > to)) continue
      yield `${stamp(line.at)} ${line.about} ${line.text}\n`
    }
  }
}

function stamp(at: number): string {
  return new Date(at).toISOString()
}

/** A log that is remembered too. */
export function rememberingLog(log: Log, memory: RecentLines, clock: Clock): Log {
  const kept =
    (level: 'info' | 'warn' | 'error') =>
    (fields: object, text: string): void => {
      memory.add({ at: clock.now(), about: subjectOf(fields), text: `${level} ${text}` })
      log[level](fields, text)
    }
  return { info: kept('info'), warn: kept('warn'), error: kept('error') }
}

/** Which station or device a line is about, or '' for the site. */
function subjectOf(fields: object): string {
  for (const name of ['station', 'device'] as const) {
    const value: unknown = Reflect.get(fields, name)
    if (typeof value === 'string') return value
  }
  return ''
}
