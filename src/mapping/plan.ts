import { isPossible, placeKey, placesOf } from './address.ts'
import type { Place } from './address.ts'
import type { Mapping, Poll, ReadPoint, ReadTable, Source } from './mapping.ts'
import { registerMs, wireMs } from './wire-time.ts'

/** One value that is polled. */
export interface PlanItem extends Place {
  readonly key: string
  readonly poll: Poll
  /** Names that need it, for `explain`. */
  readonly names: readonly string[]
}

/** One request on the wire with the values that it brings. */
export interface PlanRequest {
  readonly unit: number
  readonly table: ReadTable
  readonly address: number
  readonly count: number
  readonly poll: Poll
  readonly items: readonly PlanItem[]
}

export interface PlanLimits {
  readonly maxRead: number
  /** Largest number of unasked registers that a request may read over. */
  readonly maxHole: number
}

/** Coils and discrete inputs are counted in bits (Modbus application protocol 6.1). */
const MAX_BITS = 2000

/** Every value that `mapping` polls, for all connectors. A place read by two points is one item of the faster class. */
export function planItems(mapping: Mapping, unit: number, connectors: number): readonly PlanItem[] {
  const items = new Map<string, PlanItem>()
  const add = (point: ReadPoint, name: string, connector: number): void => {
    for (const place of placesOf(point, mapping, unit, connector).filter(isPossible)) {
      const key = placeKey(place)
      const known = items.get(key)
      items.set(key, {
        ...place,
        key,
        poll: known === undefined ? point.poll : faster(known.poll, point.poll),
        names: known === undefined || known.names.includes(name) ? (known?.names ?? [name]) : [...known.names, name],
      })
    }
  }
  const addSource = (source: Source, name: string, connector: number): void => {
    if (source.kind === 'point') add(source.point, name, connector)
  }
  for (let connector = 1; connector <= connectors; connector++) {
    if (mapping.state?.kind === 'values') add(mapping.state.point, 'state', connector)
    for (const [name, source] of mapping.points) addSource(source, name, connector)
    for (const [name, source] of mapping.signals) addSource(source, name, connector)
    if (mapping.error !== null) add(mapping.error.point, 'error', connector)
  }
  return [...items.values()]
}

const ORDER: Readonly<Record<Poll, number>> = { fast: 0, slow: 1, once: 2 }
function faster(a: Poll, b: Poll): Poll {
  return ORDER[a] <= ORDER[b] ? a : b
}

/**
 * Merges items into as few requests as the device allows. `cuts` holds keys of items that must begin a request of their own,
 * learnt from refused addresses.
 */
export function planRequests(
  items: readonly PlanItem[],
  limits: PlanLimits,
  cuts: ReadonlySet<string>,
): readonly PlanRequest[] {
  const sorted = items.toSorted(
    (a, b) =>
      ORDER[a.poll] - ORDER[b.poll] ||
      a.unit - b.unit ||
      a.table.localeCompare(b.table) ||
      a.address - b.address ||
      a.count - b.count,
  )
  const requests: PlanRequest[] = []
  let open: { unit: number; table: ReadTable; poll: Poll; address: number; end: number; items: PlanItem[] } | null =
    null
  const close = (): void => {
    if (open === null) return
    requests.push({
      unit: open.unit,
      table: open.table,
      address: open.address,
      count: open.end - open.address,
      poll: open.poll,
      items: open.items,
    })
  }
  for (const item of sorted) {
    const end = item.address + item.count
    const isBit = item.table === 'coil' || item.table === 'discrete'
    const most = isBit ? MAX_BITS : limits.maxRead
    const joins =
      open !== null &&
      open.unit === item.unit &&
      open.table === item.table &&
      open.poll === item.poll &&
      item.address - open.end <= limits.maxHole &&
      Math.max(open.end, end) - open.address <= most &&
      !cuts.has(item.key)
    if (joins && open !== null) {
      open.end = Math.max(open.end, end)
      open.items.push(item)
    } else {
      close()
      open = { unit: item.unit, table: item.table, poll: item.poll, address: item.address, end, items: [item] }
    }
  }
  close()
  return requests
}

/** Items before which a refused request is to be cut: at every hole, or in the middle when it has none. */
export function cutsOf(request: PlanRequest): readonly string[] {
  const cuts: string[] = []
  let end = request.address
  for (const [index, item] of request.items.entries()) {
    if (index > 0 && item.address > end) cuts.push(item.key)
    end = Math.max(end, item.address + item.count)
  }
  if (cuts.length > 0) return cuts
  const middle = request.items[Math.ceil(request.items.length / 2)]
  return request.items.length < 2 || middle === undefined ? [] : [middle.key]
}

/**
 * Largest hole that is worth reading over. On a serial bus: as many registers as pass in the time that a further request costs, 12
 * at 9,600 baud and 51 at 115,200. Behind TCP a request costs a round trip, so up to 16 registers are always worth it; more is
 * impolite to small devices. A mapping that says `gaps` knows better.
 */
export function bridgedHole(mapping: Mapping, url: string, serialBaud: number | null): number {
  const { maxHole, maxRead, pauseMs, serial } = mapping.transport
  if (maxHole !== null) return maxHole
  if (url.startsWith('tcp:')) return MAX_BRIDGE_TCP
  const baud = serialBaud ?? serial?.baud ?? DEFAULT_BAUD
  const requestMs = wireMs(0, baud) + pauseMs + TURNAROUND_MS
  return Math.min(maxRead, Math.floor(requestMs / registerMs(baud)))
}
const MAX_BRIDGE_TCP = 16
const DEFAULT_BAUD = 9600
/** What a device takes to answer when nobody has measured it. */
const TURNAROUND_MS = 5
