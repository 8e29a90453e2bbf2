/**
 * The plan of every shipped device beside the best one there is, found here in another way: by trying every
 * length of every request. Fewer requests there cannot be.
 */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { asInstalled } from '../../src/mapping/index.ts'
import type { Mapping } from '../../src/mapping/index.ts'
import { planItems, planLimits, planRequests } from '../../src/mapping/device/plan.ts'
import type { PlanItem, PlanLimits, PlanRequest } from '../../src/mapping/device/plan.ts'
import { shippedMappings } from '../chain/stand.ts'
import { installedOptions } from './installed-options.ts'

const BITS_PER_REQUEST = 2000

/** What a request and each of its registers cost. */
interface Price {
  readonly request: number
  readonly register: number
}
const COUNT: Price = { request: 1, register: 0 }

/**
 * The lowest price for values of one unit and table. One request covers a row of registers; so the first register that is not covered
 * yet is where some request begins, and from there only its length is open: all lengths are tried.
 */
function cheapest(due: readonly PlanItem[], all: readonly PlanItem[], limits: PlanLimits, price: Price): number {
  const [sample] = due
  if (sample === undefined) return 0
  const most = sample.table === 'coil' || sample.table === 'discrete' ? BITS_PER_REQUEST : limits.maxRead
  const named = new Set(
    all.flatMap(({ address, count }) => Array.from({ length: count }, (_, index) => address + index)),
  )
  const wanted = new Set(
    due.flatMap(({ address, count }) => Array.from({ length: count }, (_, index) => address + index)),
  )
  const memory = new Map<string, number>()
  const rest = (open: readonly PlanItem[]): number => {
    if (open.length === 0) return 0
    const key = open.map((item) => item.key).join(' ')
    const known = memory.get(key)
    if (known !== undefined) return known
    const from = Math.min(...open.map(({ address }) => address))
    const ends = new Set(open.map(({ address, count }) => address + count))
    let best = Number.POSITIVE_INFINITY
    for (const end of ends) {
      if (!mayRead(from, end)) continue
      const left = open.filter(({ address, count }) => address + count > end)
      if (left.length < open.length) best = Math.min(best, price.request + price.register * (end - from) + rest(left))
    }
    memory.set(key, best)
    return best
  }
  /** Within the device's length (or one value that is longer), and over no hole that is too large. */
  const mayRead = (from: number, end: number): boolean => {
    const isOneValue = due.some(({ address, count }) => address === from && address + count === end)
    if (end - from > most && !isOneValue) return false
    let hole = 0
    let unknown = 0
    for (let at = from; at < end; at++) {
      hole = wanted.has(at) ? 0 : hole + 1
      unknown = named.has(at) ? 0 : unknown + 1
      if (hole > limits.maxHole || unknown > (limits.maxUnknown ?? limits.maxHole)) return false
    }
    return true
  }
  return rest(due)
}

function placeOf({ unit, table }: PlanItem): string {
  return `${unit}/${table}`
}

function cheapestOfAll(due: readonly PlanItem[], all: readonly PlanItem[], limits: PlanLimits, price: Price): number {
  const everything = Map.groupBy(all, placeOf)
  return [...Map.groupBy(due, placeOf)].reduce(
    (sum, [key, group]) => sum + cheapest(group, everything.get(key) ?? [], limits, price),
    0,
  )
}

/** Every value comes, none twice, and no request is longer than the device allows. */
function expectWhole(requests: readonly PlanRequest[], due: readonly PlanItem[], limits: PlanLimits): void {
  const brought = requests.flatMap(({ items }) => items.map(({ key }) => key))
  expect(new Set(brought).size).toBe(brought.length)
  for (const { key } of due) expect(brought).toContain(key)
  for (const { items, address, count, unit, table } of requests) {
    const isBit = table === 'coil' || table === 'discrete'
    expect(count <= (isBit ? BITS_PER_REQUEST : limits.maxRead) || items.length === 1).toBe(true)
    for (const item of items) {
      expect([item.unit, item.table]).toEqual([unit, table])
      expect(item.address >= address && item.address + item.count <= address + count).toBe(true)
    }
  }
}

function planOf(items: readonly PlanItem[], rate: 'fast' | 'all', limits: PlanLimits) {
  const due = items.filter(({ poll }) => rate === 'all' || poll === 'fast')
  const free = items.filter((item) => !due.includes(item))
  return { due, requests: planRequests(due, limits, new Set(), free) }
}

const devices = shippedMappings().flatMap((file): readonly (readonly [string, Mapping])[] => {
  const { name } = file
  if (file.documents !== null) return []
  const installed = asInstalled(file, { options: installedOptions(file) })
  const variants = installed.variants.map(({ name: variant, mapping }) => [`${name}, ${variant}`, mapping] as const)
  return [[name, installed], ...variants]
})

describe.each(devices)('%s', (_, mapping) => {
  const urls = [
    ...(mapping.transport.tcpPort === null ? [] : ['tcp://box']),
    ...(mapping.transport.serial === null ? [] : ['rtu:/dev/ttyUSB0']),
  ]
  test.each(urls.length === 0 ? ['tcp://box'] : urls)('no plan has fewer requests over %s', (url) => {
    const limits = planLimits(mapping, url, null)
    const connectors = typeof mapping.connectors.count === 'number' ? mapping.connectors.count : 2
    const items = planItems(mapping, mapping.transport.unit, connectors)
    for (const rate of ['fast', 'all'] as const) {
      const { due, requests } = planOf(items, rate, limits)
      expectWhole(requests, due, limits)
      expect(requests.length, rate).toBe(cheapestOfAll(due, items, limits, COUNT))
    }
  })
})

test('no plan of random values costs less', () => {
  const item = fc.record({
    address: fc.integer({ min: 0, max: 60 }),
    count: fc.constantFrom(1, 1, 1, 2, 4),
    poll: fc.constantFrom('fast' as const, 'slow' as const),
  })
  const limits = fc.record({
    maxRead: fc.integer({ min: 4, max: 30 }),
    maxHole: fc.integer({ min: 0, max: 12 }),
    maxUnknown: fc.integer({ min: 0, max: 12 }),
  })
  fc.assert(
    fc.property(fc.uniqueArray(item, { maxLength: 9, selector: ({ address }) => address }), limits, (list, limit) => {
      const items = list.map(({ address, count, poll }): PlanItem => ({
        unit: 1,
        table: 'holding',
        address,
        count,
        poll,
        key: `1/holding/${address}/${count}`,
        names: [],
      }))
      for (const rate of ['fast', 'all'] as const) {
        const { due, requests } = planOf(items, rate, limit)
        expectWhole(requests, due, limit)
        // A request is worth the longest hole that is read over, and a bit more.
        const price = { request: limit.maxHole + 0.5, register: 1 }
        const ours = requests.reduce((sum, { count }) => sum + price.request + count, 0)
        expect(ours).toBeCloseTo(cheapestOfAll(due, items, limit, price), 6)
      }
    }),
    { numRuns: 300 },
  )
})
