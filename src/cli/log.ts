/** The log: pino, as JSON lines or as one line of text per event. In the journal the priority goes in front and the time is left out. */
import { Option } from 'commander'
import { pino, type Logger } from 'pino'
import type { CliContext } from './context.ts'
import { oneLine } from './text.ts'

export type LogFormat = 'text' | 'json'

export interface LogOptions {
  readonly format: LogFormat
  /** Takes whole lines with their line break. */
  readonly write: (line: string) => void
  /** Standard output goes to systemd's journal ($JOURNAL_STREAM is set). */
  readonly journal: boolean
}

export function createLog({ format, write, journal }: LogOptions): Logger {
  const options = { base: null, timestamp: () => `,"time":"${new Date().toISOString()}"` }
  if (format === 'json') return pino(options, { write })
  return pino(options, { write: (line: string) => write(`${textLine(line, journal)}\n`) })
}

/** pino's levels as syslog priorities (sd-daemon(3)). */
const LEVELS: ReadonlyMap<unknown, { readonly word: string; readonly priority: number }> = new Map([
  [10, { word: 'trace', priority: 7 }],
  [20, { word: 'debug', priority: 7 }],
  [30, { word: 'info', priority: 6 }],
  [40, { word: 'warning', priority: 4 }],
  [50, { word: 'error', priority: 3 }],
  [60, { word: 'fatal', priority: 2 }],
])

function textLine(line: string, journal: boolean): string {
  const event: Record<string, unknown> = JSON.parse(line)
  const { level, time, msg, ...fields } = event
  const { word, priority } = LEVELS.get(level) ?? { word: String(level), priority: 6 }
  const facts = Object.entries(fields).map(([key, value]) => ` ${oneLine(key)}=${fieldText(value)}`)
  const text = `${typeof msg === 'string' ? oneLine(msg) : ''}${facts.length === 0 ? '' : ` [${facts.join('').trimStart()}]`}`
  return journal ? `<${priority}>${text}` : `${String(time)} ${word.padEnd(7)} ${text}`
}

function fieldText(value: unknown): string {
  if (typeof value === 'string')
    return /^[\w.:/@+-]{1,200}$/.test(value) ? value : oneLine(JSON.stringify(value.slice(0, 1000)))
  return oneLine(JSON.stringify(value) ?? 'null').slice(0, 1000)
}

export function logOption(): Option {
  return new Option('--log <format>', 'one line of text per event, or JSON (default: text)').choices(['text', 'json'])
}

/** The log of a service: on standard output. */
export function logFromOptions(format: LogFormat | undefined, context: CliContext): Logger {
  return createLog({
    format: format ?? 'text',
    write: (line) => context.out(line.trimEnd()),
    journal: context.env['JOURNAL_STREAM'] !== undefined,
  })
}
