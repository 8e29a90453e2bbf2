/**
 * The planner's protocol over lines: one JSON object in, one out. A line that is not understood is answered with what is wrong and where,
 * and the next one is read; only a site that cannot be played ends the conversation.
 */
import { z } from 'zod'
import type { InitMessage, TickMessage } from './line-messages.ts'
import type { Planner } from './line-protocol.ts'
import { createPlanner } from './line-protocol.ts'
import { textLines } from './text-lines.ts'
import { isRecord, tickOf } from './tick-shape.ts'

export interface PlannerLinesOptions {
  /** Says one line. */
  readonly say: (line: string) => void
  /** What an earlier run left, read once at the start of a site that was killed; null: nothing. */
  readonly recall: () => unknown
  /** Keeps it; called only when it has changed. */
  readonly keep: (memory: string) => void
  /** Ms of a clock that only measures. */
  readonly clock: () => number
}

/** A turn or a pause of the last seconds may be lost by a kill; to write down a thousand cars each second costs more than to share among them. */
const KEEP_EVERY_S = 5

/** 1,000 chargers make 300 kB. */
export const MAX_LINE_CHARACTERS = 16_000_000
const MAX_CHARGERS = 10_000
const MAX_CIRCUITS = 10_000

const amps = z.number().min(0).max(1_000_000)
const amps3 = z.tuple([amps, amps, amps])
const name = z.string().min(1).max(200)
const initMessage = z.object({
  type: z.literal('init'),
  protocol: z.literal(1),
  restart: z.boolean(),
  t: z.number(),
  site: z.object({
    id: name,
    voltage: z.number().min(50).max(1000),
    tickS: z.number().positive().max(3600),
    settleS: z.number().min(1).max(600),
    circuits: z
      .array(z.object({ id: name, parent: name.nullable(), limitA: amps3, unbalanceA: amps.nullish() }))
      .min(1)
      .max(MAX_CIRCUITS),
    chargers: z
      .array(
        z.object({
          id: name,
          circuit: name,
          minA: amps,
          maxA: amps,
          stepA: z.number().positive().max(100),
          phases: z.union([z.literal(1), z.literal(3)]),
          rotation: z.enum(['RST', 'RTS', 'SRT', 'STR', 'TRS', 'TSR']).optional(),
          fallbackA: amps,
          fallbackAfterS: z.number().min(0),
        }),
      )
      .max(MAX_CHARGERS),
    meters: z.array(z.object({ id: name, circuit: name })).max(MAX_CIRCUITS),
    tariff: z.array(z.object({ t: z.number(), price: z.number() })).max(10_000),
    failsafe: z.object({ meterStaleS: z.number().positive(), circuit: name, evA: amps }).nullable(),
  }),
})

/** Answers a text that comes in pieces, such as a pipe; a line that is too long is refused before it is all there. */
export function playPlannerText(pieces: AsyncIterable<string>, options: PlannerLinesOptions): Promise<void> {
  return playPlannerLines(textLines(pieces, MAX_LINE_CHARACTERS), options)
}

/** Answers lines until the input or `{"type":"end"}` ends it. */
export async function playPlannerLines(lines: AsyncIterable<string>, options: PlannerLinesOptions): Promise<void> {
  const { say, recall, keep, clock } = options
  const tell = (message: object): void => say(JSON.stringify(message))
  let planner: Planner | null = null
  let kept = ''
  let keptAt = -Infinity
  for await (const line of lines) {
    if (line.trim() === '') continue
    const message = parse(line)
    if ('text' in message) {
      tell({ type: 'error', ...message })
      continue
    }
    if (message.type === 'end') return
    if (message.type === 'init') {
      try {
        planner = createPlanner(message, message.restart ? recall() : null)
        keptAt = -Infinity
        tell({ type: 'ready', name: 'ampbridge' })
      } catch (error) {
        tell({ type: 'error', text: wordsOf(error) })
      }
      continue
    }
    if (planner === null) {
      tell({ type: 'error', seq: message.seq, text: 'a tick came before "init"' })
      continue
    }
    const began = clock()
    let given: readonly number[]
    try {
      given = planner.tick(message)
    } catch (error) {
      tell({ type: 'error', seq: message.seq, text: wordsOf(error) })
      continue
    }
    tell({ type: 'alloc', seq: message.seq, amps: given, cpuMs: Math.round((clock() - began) * 1000) / 1000 })
    if (Math.abs(message.t - keptAt) < KEEP_EVERY_S) continue
    keptAt = message.t
    const memory = planner.remembered()
    if (memory !== kept) keep(memory)
    kept = memory
  }
}

/** What is wrong with a line, and of which tick it is, where it tells. */
interface Wrong {
  readonly seq?: number
  readonly text: string
}

function parse(line: string): InitMessage | TickMessage | { readonly type: 'end' } | Wrong {
  if (line.length > MAX_LINE_CHARACTERS) return { text: `the line is longer than ${MAX_LINE_CHARACTERS} characters` }
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    return { text: `the line is no JSON: ${line.slice(0, 80)}` }
  }
  if (!isRecord(value)) return NO_TYPE
  const { type, seq } = value
  if (type === 'end') return { type: 'end' }
  if (type === 'tick') {
    const tick = tickOf(value)
    if (typeof tick !== 'string') return tick
    return typeof seq === 'number' ? { seq, text: tick } : { text: tick }
  }
  if (type !== 'init') return NO_TYPE
  const checked = initMessage.safeParse(value)
  if (checked.success) return checked.data
  const [issue] = checked.error.issues
  return { text: `init: ${issue === undefined ? 'not understood' : `${issue.path.join('.')}: ${issue.message}`}` }
}

const NO_TYPE: Wrong = { text: '"type" must be "init", "tick" or "end"' }

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
