import { describe, expect, test } from 'vitest'
import { explainPlan } from '../../../src/mapping/index.ts'
import type { Mapping } from '../../../src/mapping/index.ts'
import { planItems, planLimits, planRequests } from '../../../src/mapping/device/plan.ts'
import { charger, CHARGER, mapped } from '../example-mappings.ts'

const blocks = (text: string, maxHole: number, options: Options = {}): readonly string[] => {
  const { cuts = [], rate = 'all', maxUnknown = maxHole } = options
  const mapping = mapped(text)
  const items = planItems(mapping, 1, typeof mapping.connectors.count === 'number' ? mapping.connectors.count : 1)
  const due = items.filter(({ poll }) => rate === 'all' || poll === 'fast')
  const free = items.filter((item) => !due.includes(item))
  const { maxRead } = mapping.transport
  return planRequests(due, { maxRead, maxHole, maxUnknown }, new Set(cuts), free).map(
    ({ poll, table, address, count, unit }) => `${poll} ${unit}/${table} ${address}+${count}`,
  )
}
interface Options {
  readonly cuts?: readonly string[]
  readonly rate?: 'fast' | 'all'
  readonly maxUnknown?: number
}

describe('merging', () => {
  test('holes that pay are read over; when everything is read, fast and slow values share requests', () => {
    expect(blocks(CHARGER, 16, { rate: 'fast' })).toEqual(['fast 1/holding 0+22'])
    expect(blocks(CHARGER, 16)).toEqual(['fast 1/holding 0+24'])
  })

  test('without holes only neighbours join', () => {
    expect(blocks(CHARGER, 0)).toEqual(['fast 1/holding 0+1', 'fast 1/holding 10+3', 'fast 1/holding 20+4'])
  })

  test('a slow value between fast ones is no hole, and comes with them', () => {
    const text = charger(['power:   {at: 20, type: u32, unit: W}', 'power:   {at: 24, type: u32, unit: W}'])
    const between = text.replace('current: {at: [10, 11, 12], unit: 0.1 A}', 'current: {at: [19, 20, 21], unit: 0.1 A}')
    expect(blocks(between, 16, { rate: 'fast', maxUnknown: 0 })).toEqual(['fast 1/holding 0+1', 'fast 1/holding 19+7'])
    // Not where so many registers cost more than a request.
    expect(blocks(between, 1, { rate: 'fast', maxUnknown: 0 })).toEqual([
      'fast 1/holding 0+1',
      'fast 1/holding 19+3',
      'fast 1/holding 24+2',
    ])
  })

  test('a request is never longer than the device allows', () => {
    expect(blocks(charger(['unit: 1}', 'unit: 1, max_read: 12}']), 16)).toEqual([
      'fast 1/holding 0+12',
      'fast 1/holding 12+12',
    ])
  })

  test('one value per request', () => {
    expect(blocks(charger(['unit: 1}', 'unit: 1, max_read: 2}']), 16)).toEqual([
      'fast 1/holding 0+1',
      'fast 1/holding 10+1',
      'fast 1/holding 11+2',
      'fast 1/holding 20+2',
      'slow 1/holding 22+2',
    ])
  })

  test('a learnt cut begins a request', () => {
    expect(blocks(CHARGER, 16, { cuts: ['1/holding/10/1'] })).toEqual(['fast 1/holding 0+1', 'fast 1/holding 10+14'])
  })

  test('tables and units stay apart; the faster class wins a shared register', () => {
    const text = charger([
      'energy:  {at: 22, type: u32, unit: Wh, poll: slow}',
      'energy:  {at: 22, type: u32, unit: Wh, poll: slow}\n  temperature: {at: 0, table: input, unit: °C}\n  session: {at: 22, type: u32, unit: Wh}\n  frequency: {at: 5, unit: Hz, unit_id: 9}',
    ])
    expect(blocks(text, 16)).toEqual(['fast 1/holding 0+24', 'fast 1/input 0+1', 'fast 9/holding 5+1'])
  })

  test('each connector by its step in registers or units', () => {
    expect(blocks(charger(['kind: charger', 'kind: charger\nconnectors: {count: 2, step: 0x100}']), 16)).toEqual([
      'fast 1/holding 0+24',
      'fast 1/holding 256+24',
    ])
    expect(blocks(charger(['kind: charger', 'kind: charger\nconnectors: {count: 2, unit_step: 1}']), 16)).toContain(
      'fast 2/holding 0+24',
    )
    expect(
      blocks(
        charger(
          ['kind: charger', 'kind: charger\nconnectors: {count: 2, step: 50}'],
          ['at: 0, A', 'at: "1000 + 7 * ({n} - 1)", A'],
        ),
        0,
      ),
    ).toContain('fast 1/holding 1007+1')
  })
})

const bridged = (mapping: Mapping, url: string, baud: number | null) => planLimits(mapping, url, baud).maxUnknown
test('holes: by wire time on a serial bus, a fixed number behind TCP, none where the file says so', () => {
  const mapping = mapped(charger(['tcp: 502', 'rtu: 9600 8N1']))
  // As many registers as pass in the time of a further request: 20 characters and 5 ms, the silences never below 1.75 ms.
  for (const [baud, registers] of [
    [9600, 12],
    [19_200, 14],
    [38_400, 21],
    [115_200, 51],
  ] as const)
    expect([baud, bridged(mapping, 'rtu:/dev/ttyUSB0', baud)]).toEqual([baud, registers])
  expect(bridged(mapping, 'rtu+tcp://gateway', null)).toBe(12)
  expect(bridged(mapped(charger(['tcp: 502', 'rtu: 9600 8N1, pause: 100ms'])), 'rtu:/dev/ttyUSB0', 9600)).toBe(55)
  expect(bridged(mapped(charger(['tcp: 502', 'rtu: 9600 8N1, max_read: 4'])), 'rtu:/dev/ttyUSB0', 9600)).toBe(4)
  expect(bridged(mapping, 'tcp://box', null)).toBe(16)
  expect(bridged(mapped(charger(['tcp: 502', 'tcp: 502, gaps: no'])), 'tcp://box', null)).toBe(0)
  expect(bridged(mapped(charger(['tcp: 502', 'tcp: 502, gaps: 4'])), 'tcp://box', null)).toBe(4)
})

test('the plan and every write can be printed', () => {
  const lines = explainPlan(mapped(charger(['tcp: 502', 'rtu: 9600 8N1'])))
  expect(lines[0]).toBe(
    'Acme Box 11: 1 request each time, 1 when everything is read, holes up to 12 registers are read over',
  )
  expect(lines).toContain('  fast  unit 1  holding 0..21 (22)  73 ms  state current power')
  expect(lines).toContain('  all   unit 1  holding 0..23 (24)  78 ms  state current power energy')
  expect(lines).toContain('  current, at each new set-point: holding 100, u16, in 0.1 A, 6 to 16')
  expect(lines.find((line) => line.includes('of the line'))).toMatch(
    /^ {2}the fast ones take \d+ ms of the line at 9600 baud.*: \d+ % when asked every 1 s$/u,
  )
})
