import type { Expression } from './expression.ts'
import type { Mapping, WritePoint } from './mapping.ts'
import { bridgedHole, planItems, planRequests } from './plan.ts'
import { everyWrite } from './safety.ts'
import { wireMs } from './wire-time.ts'

export interface ExplainOptions {
  /** Scheme of the link, e.g. `tcp:` or `rtu:`; the mapping's own first when left out. */
  readonly url?: string
  readonly baud?: number
  readonly connectors?: number
}

/** What will be asked and everything that will ever be written, as lines for a person. */
export function explainPlan(mapping: Mapping, options: ExplainOptions = {}): readonly string[] {
  const url = options.url ?? (mapping.transport.tcpPort === null ? 'rtu:' : 'tcp:')
  const baud = options.baud ?? mapping.transport.serial?.baud ?? 9600
  const declared = mapping.connectors.count
  const connectors = options.connectors ?? (typeof declared === 'number' ? declared : 1)
  const maxHole = bridgedHole(mapping, url, options.baud ?? null)
  const requests = planRequests(
    planItems(mapping, mapping.transport.unit, connectors),
    { maxRead: mapping.transport.maxRead, maxHole },
    new Set(),
  )
  const serial = !url.startsWith('tcp:')
  const lines = [
    `${mapping.device}: ${requests.length} request${requests.length === 1 ? '' : 's'}, holes up to ${maxHole} registers are read over`,
  ]
  for (const request of requests) {
    const names = [...new Set(request.items.flatMap((item) => item.names))].join(' ')
    const cost = serial ? `  ${Math.round(wireMs(request.count, baud) + mapping.transport.pauseMs)} ms` : ''
    const last = request.address + request.count - 1
    lines.push(
      `  ${request.poll.padEnd(4)}  unit ${request.unit}  ${request.table} ${request.address}..${last} (${request.count})${cost}  ${names}`,
    )
  }
  const write = mapping.write
  if (write === null) return [...lines, 'writes nothing']
  lines.push('writes')
  const writes = everyWrite(write).map(({ point, path }) => `  ${path.slice(1).join('.')}: ${describeWrite(point)}`)
  lines.push(...new Set(writes))
  if (write.alive !== null) {
    const period =
      write.alive.every.kind === 'fixed'
        ? `every ${write.alive.every.ms / 1000} s`
        : `every 1/${write.alive.every.divisor} of the fail-safe time-out`
    lines.push(
      `  keep-alive ${period}: ${write.alive.write === null ? 'any read counts' : write.alive.write === 'failsafe.timeout' ? 'the fail-safe time-out is written again' : 'the register above'}`,
    )
  }
  return lines
}

function describeWrite(point: WritePoint): string {
  const register = point.address.expression === null ? String(point.address.base) : textOf(point.address.expression)
  const parts = [`${point.table} ${register}`, point.table === 'coil' ? '' : point.type]
  if (point.functionCode !== null) parts.push(`function ${point.functionCode}`)
  if (point.value !== null) parts.push(`= ${point.value.join(' / ')}`)
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
