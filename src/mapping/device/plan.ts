import { isPossible, placeKey, placesOf } from '../values/address.ts'
import type { Place } from '../values/address.ts'
import type { Mapping, Poll, ReadPoint, ReadTable, Source } from '../mapping.ts'
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
  /** Largest number of registers that nobody asked for and that a request still may read over, because that is cheaper than a further one. */
  readonly maxHole: number
  /** How many of these in a row may be registers that the file does not name at all; as many as `maxHole` when left out. */
  readonly maxUnknown?: number
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
 * The cheapest requests that bring all `items`: as few as the device allows, and of these the shortest. `cuts` holds keys of items that
 * must begin a request of their own, learnt from refused addresses. `free` are items that are not due: where one lies between others it
 * is no hole, and it is read with them.
 */
export function planRequests(
  items: readonly PlanItem[],
  limits: PlanLimits,
  cuts: ReadonlySet<string>,
  free: readonly PlanItem[] = [],
): readonly PlanRequest[] {
  const placeOf = ({ unit, table }: PlanItem): string => `${unit}/${table}`
  const fillers = Map.groupBy(
    free.filter(({ key }) => !cuts.has(key)),
    placeOf,
  )
  const requests = [...Map.groupBy(items, placeOf)].flatMap(([place, group]) =>
    planGroup(group, limits, cuts, fillers.get(place) ?? []),
  )
  return requests.toSorted(
    (a, b) =>
      ORDER[a.poll] - ORDER[b.poll] || a.unit - b.unit || a.table.localeCompare(b.table) || a.address - b.address,
  )
}

/** The best way to end at one item, counted from the first. */
interface Best {
  readonly cost: number
  /** Index of the first item of the last request. */
  readonly from: number
  readonly end: number
}

/** Items of one unit and table: the cheapest cut of the sorted list, found from the front (each best way goes on a best way). */
function planGroup(
  items: readonly PlanItem[],
  limits: PlanLimits,
  cuts: ReadonlySet<string>,
  fillers: readonly PlanItem[],
): readonly PlanRequest[] {
  const sorted = items.toSorted((a, b) => a.address - b.address || a.count - b.count)
  const known = new Set<number>()
  for (const { address, count } of fillers) for (let at = address; at < address + count; at++) known.add(at)
  const best: Best[] = []
  for (const from of sorted.keys()) {
    const before = from === 0 ? 0 : (best[from - 1]?.cost ?? 0)
    for (const { last, count, end } of reachable(sorted, from, limits, cuts, known)) {
      // A hole of `maxHole` registers is worth a request just so: of two ways that cost the same the one with fewer requests wins.
      const cost = before + limits.maxHole + 0.5 + count
      const rival = best[last]
      if (rival === undefined || cost < rival.cost) best[last] = { cost, from, end }
    }
  }
  const requests: PlanRequest[] = []
  for (let last = sorted.length - 1; last >= 0;) {
    const found = best[last]
    const first = found === undefined ? undefined : sorted[found.from]
    if (found === undefined || first === undefined) break
    requests.push(requestOf(sorted.slice(found.from, last + 1), found.end, fillers))
    last = found.from - 1
  }
  return requests.toReversed()
}

/** Every item up to which one request may go that begins at `from`. One value is always possible, however long it is. */
function* reachable(
  sorted: readonly PlanItem[],
  from: number,
  limits: PlanLimits,
  cuts: ReadonlySet<string>,
  known: ReadonlySet<number>,
): Generator<{ readonly last: number; readonly count: number; readonly end: number }> {
  const first = sorted[from]
  if (first === undefined) return
  const most = isBits(first.table) ? MAX_BITS : limits.maxRead
  let end = first.address + first.count
  yield { last: from, count: first.count, end }
  for (let last = from + 1; last < sorted.length; last++) {
    const item = sorted[last]
    if (item === undefined || cuts.has(item.key)) return
    if (
      item.address - end > limits.maxHole ||
      unknownIn(end, item.address, known) > (limits.maxUnknown ?? limits.maxHole)
    )
      return
    end = Math.max(end, item.address + item.count)
    if (end - first.address > most) return
    yield { last, count: end - first.address, end }
  }
}

/** The longest row of registers between two addresses that the file does not name. */
function unknownIn(from: number, to: number, known: ReadonlySet<number>): number {
  let longest = 0
  let row = 0
  for (let at = from; at < to; at++) {
    row = known.has(at) ? 0 : row + 1
    longest = Math.max(longest, row)
  }
  return longest
}

function requestOf(due: readonly PlanItem[], end: number, fillers: readonly PlanItem[]): PlanRequest {
  const [first] = due
  if (first === undefined) throw new RangeError('a request of nothing')
  const { unit, table, address } = first
  const along = fillers.filter((item) => item.address >= address && item.address + item.count <= end)
  const items = [...due, ...along].toSorted((a, b) => a.address - b.address || a.count - b.count)
  const poll = due.reduce<Poll>((fastest, item) => faster(fastest, item.poll), 'once')
  return { unit, table, address, count: end - address, poll, items }
}

function isBits(table: ReadTable): boolean {
  return table === 'coil' || table === 'discrete'
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

/** What requests to this device may look like. `gaps` of a mapping says how much may be read over, not that it is cheap on a slow wire. */
export function planLimits(mapping: Mapping, url: string, serialBaud: number | null): Required<PlanLimits> {
  const { maxRead, maxHole } = mapping.transport
  const cheap = cheapHole(mapping, url, serialBaud)
  const worth = url.startsWith('tcp:') ? Math.max(cheap, maxHole ?? 0) : cheap
  return { maxRead, maxHole: worth, maxUnknown: Math.min(worth, maxHole ?? worth) }
}

/**
 * Largest hole that is worth reading over. On a serial bus: as many registers as pass in the time that a further request costs, 12
 * at 9,600 baud and 51 at 115,200. Behind TCP a request costs a round trip, so up to 16 registers are always worth it; more is
 * impolite to small devices.
 */
function cheapHole(mapping: Mapping, url: string, serialBaud: number | null): number {
  const { maxRead, pauseMs, serial } = mapping.transport
  if (url.startsWith('tcp:')) return MAX_BRIDGE_TCP
  const baud = serialBaud ?? serial?.baud ?? DEFAULT_BAUD
  const requestMs = wireMs(0, baud) + pauseMs + TURNAROUND_MS
  return Math.min(maxRead, Math.floor(requestMs / registerMs(baud)))
}
const MAX_BRIDGE_TCP = 16
const DEFAULT_BAUD = 9600
/** What a device takes to answer when nobody has measured it. */
const TURNAROUND_MS = 5
