import type { Expression } from '../values/expression.ts'
import type { DocumentPlan, Mapping, WritePoint } from '../mapping.ts'
import { messageText } from '../values/message.ts'
import { planItems, planLimits, planRequests } from '../device/plan.ts'
import type { PlanRequest } from '../device/plan.ts'
import { everyWrite } from '../language/safety.ts'
import { asImagined } from '../device/sunspec.ts'
import { wireMs } from '../device/wire-time.ts'

export interface ExplainOptions {
  /** Scheme of the link, e.g. `tcp:` or `rtu:`; the mapping's own first when left out. */
  readonly url?: string
  readonly baud?: number
  readonly connectors?: number
  /** Time between two fast polls, for the share of the bus. */
  readonly everyMs?: number
}

/** A device loop is this fast unless the site says otherwise. */
const EVERY_MS = 1000

/** What will be asked and everything that will ever be written, as lines for a person. */
export function explainPlan(mapping: Mapping, options: ExplainOptions = {}): readonly string[] {
  return [
    ...(mapping.documents === null ? explainRequests(mapping, options) : explainDocuments(mapping.documents)),
    ...explainWrites(mapping),
  ]
}

function explainRequests(file: Mapping, options: ExplainOptions): readonly string[] {
  const mapping = asImagined(file)
  const url = options.url ?? (mapping.transport.tcpPort === null ? 'rtu:' : 'tcp:')
  const baud = options.baud ?? mapping.transport.serial?.baud ?? 9600
  const declared = mapping.connectors.count
  const connectors = options.connectors ?? (typeof declared === 'number' ? declared : 1)
  const limits = planLimits(mapping, url, options.baud ?? null)
  const items = planItems(mapping, mapping.transport.unit, connectors)
  const fastItems = items.filter(({ poll }) => poll === 'fast')
  const others = items.filter(({ poll }) => poll !== 'fast')
  const fast = planRequests(fastItems, limits, new Set(), others)
  const all = planRequests(items, limits, new Set())
  const serial = !url.startsWith('tcp:')
  const costOf = (count: number): number => wireMs(count, baud) + mapping.transport.pauseMs
  const line = (when: string, request: PlanRequest): string => {
    const names = [...new Set(request.items.flatMap((item) => item.names))].join(' ')
    const cost = serial ? `  ${Math.round(costOf(request.count))} ms` : ''
    const last = request.address + request.count - 1
    return `  ${when}  unit ${request.unit}  ${request.table} ${request.address}..${last} (${request.count})${cost}  ${names}`
  }
  const holes = `holes up to ${limits.maxUnknown} registers are read over`
  const lines = [
    `${mapping.device}: ${counted(fast.length, 'request')} each time, ${all.length} when everything is read, ${holes}`,
    ...fast.map((request) => line('fast', request)),
    ...all.map((request) => line('all ', request)),
  ]
  if (!serial) return lines
  const everyMs = options.everyMs ?? EVERY_MS
  const fastMs = fast.reduce((sum, { count }) => sum + costOf(count), 0)
  const share = Math.round((fastMs / everyMs) * 100)
  return [
    ...lines,
    `  the fast ones take ${Math.round(fastMs)} ms of the line at ${baud} baud, without the time that the device thinks: ${share} % when asked every ${everyMs / 1000} s`,
  ]
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

function explainDocuments({ family, sources, fields }: DocumentPlan): readonly string[] {
  const lines = sources.map(({ name, request, everyMs }, index) => {
    const values = [...fields.values()].filter(({ source }) => source === index).length
    const what =
      request.kind === 'topic'
        ? `topic ${request.topic}`
        : request.kind === 'telegram'
          ? 'each telegram'
          : messageText(request)
    const often = everyMs === 0 ? '' : `, at most every ${everyMs / 1000} s`
    return `  ${name}: ${what}${often} (${values} value${values === 1 ? '' : 's'})`
  })
  return [`${family}: ${sources.length} document${sources.length === 1 ? '' : 's'}`, ...lines]
}

/** When each kind of write goes out. */
const OCCASIONS: Readonly<Record<string, string>> = {
  start: 'once per connect',
  stop: 'when control is given back',
  current: 'at each new set-point',
  pause: 'at each pause',
  resume: 'after each pause',
  phases: 'when phases are switched',
  wake: 'to wake a car',
  unlock: 'to unlock',
  reserved: 'while it is reserved, every 30 s',
  unreserved: 'when a reservation ends',
  failsafe: 'when the fail-safe is armed',
  alive: 'as keep-alive',
}

function explainWrites(mapping: Mapping): readonly string[] {
  const write = mapping.write
  if (write === null) return ['writes nothing']
  const writes = everyWrite(write).map(({ point, path }) => {
    const occasion = OCCASIONS[String(path[1])] ?? ''
    return `  ${path.slice(1).join('.')}, ${occasion}: ${describeWrite(mapping, point)}`
  })
  const lines = ['writes', ...new Set(writes)]
  if (write.alive === null) return lines
  const period =
    write.alive.every.kind === 'fixed'
      ? `every ${write.alive.every.ms / 1000} s`
      : `every 1/${write.alive.every.divisor} of the fail-safe time-out`
  const what =
    write.alive.write === null
      ? 'any read counts'
      : write.alive.write === 'failsafe.timeout'
        ? 'the fail-safe time-out is written again'
        : 'the register above'
  return [...lines, `  keep-alive ${period}: ${what}`]
}

function describeWrite(mapping: Mapping, point: WritePoint): string {
  const register = point.address.expression === null ? String(point.address.base) : textOf(point.address.expression)
  const message = point.table === 'message' ? mapping.documents?.messages[point.address.base] : undefined
  const parts =
    message === undefined
      ? [`${point.table} ${register}`, point.table === 'coil' ? '' : point.type]
      : [messageText(message)]
  if (point.functionCode !== null) parts.push(`function ${point.functionCode}`)
  if (point.value !== null && message === undefined) parts.push(`= ${point.value.join(' / ')}`)
  if (point.unit !== null) parts.push(`in ${point.unit.text}`)
  if (point.range !== null) parts.push(`${point.range.orZero ? '0 or ' : ''}${point.range.min} to ${point.range.max}`)
  if (point.onChange) parts.push('on change')
  if (point.rewriteMs !== null) parts.push(`again every ${point.rewriteMs / 1000} s`)
  if (point.minGapMs > 0) parts.push(`not within ${point.minGapMs / 1000} s`)
  if (point.repeat > 1) parts.push(`${point.repeat} times`)
  if (point.wears) parts.push('wears')
  return parts.filter((part) => part !== '').join(', ')
}

function textOf(expression: Expression): string {
  switch (expression.kind) {
    case 'number':
      return String(expression.value)
    case 'name':
      return `{${expression.name}}`
    case 'negate':
      return `-${textOf(expression.operand)}`
    case 'not':
      return `not ${textOf(expression.operand)}`
    case 'binary':
      return `(${textOf(expression.left)} ${expression.operator} ${textOf(expression.right)})`
    case 'call':
      return `${expression.name}(${expression.operands.map(textOf).join(', ')})`
  }
}
