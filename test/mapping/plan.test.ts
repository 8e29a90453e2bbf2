import { describe, expect, test } from 'vitest'
import { explainPlan } from '../../src/mapping/index.ts'
import { bridgedHole, planItems, planRequests } from '../../src/mapping/plan.ts'
import { charger, CHARGER, mapped } from './example-mappings.ts'

const blocks = (text: string, maxHole: number, cuts: readonly string[] = []): readonly string[] => {
  const mapping = mapped(text)
  const items = planItems(mapping, 1, typeof mapping.connectors.count === 'number' ? mapping.connectors.count : 1)
  return planRequests(items, { maxRead: mapping.transport.maxRead, maxHole }, new Set(cuts)).map(
    ({ poll, table, address, count, unit }) => `${poll} ${unit}/${table} ${address}+${count}`,
  )
}

describe('merging', () => {
  test('holes that pay are read over, poll classes stay apart', () => {
    expect(blocks(CHARGER, 16)).toEqual(['fast 1/holding 0+22', 'slow 1/holding 22+2'])
  })

  test('without holes only neighbours join', () => {
    expect(blocks(CHARGER, 0)).toEqual([
      'fast 1/holding 0+1',
      'fast 1/holding 10+3',
      'fast 1/holding 20+2',
      'slow 1/holding 22+2',
    ])
  })

  test('a request is never longer than the device allows', () => {
    expect(blocks(charger(['unit: 1}', 'unit: 1, max_read: 12}']), 16)).toEqual([
      'fast 1/holding 0+12',
      'fast 1/holding 12+10',
      'slow 1/holding 22+2',
    ])
  })

  test('one value per request', () => {
    expect(blocks(charger(['unit: 1}', 'unit: 1, max_read: 2}']), 16)).toEqual([
      'fast 1/holding 0+1',
      'fast 1/holding 10+2',
      'fast 1/holding 12+1',
      'fast 1/holding 20+2',
      'slow 1/holding 22+2',
    ])
  })

  test('a learnt cut begins a request', () => {
    expect(blocks(CHARGER, 16, ['1/holding/10/1'])).toEqual([
      'fast 1/holding 0+1',
      'fast 1/holding 10+12',
      'slow 1/holding 22+2',
    ])
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
      'fast 1/holding 0+22',
      'fast 1/holding 256+22',
      'slow 1/holding 22+2',
      'slow 1/holding 278+2',
    ])
    expect(blocks(charger(['kind: charger', 'kind: charger\nconnectors: {count: 2, unit_step: 1}']), 16)).toContain(
      'fast 2/holding 0+22',
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

test('holes: by wire time on a serial bus, a fixed number behind TCP, none where the file says so', () => {
  const mapping = mapped(charger(['tcp: 502', 'rtu: 9600 8N1']))
  // As many registers as pass in the time of a further request: 20 characters and 5 ms, the silences never below 1.75 ms.
  for (const [baud, registers] of [
    [9600, 12],
    [19_200, 14],
    [38_400, 21],
    [115_200, 51],
  ] as const)
    expect([baud, bridgedHole(mapping, 'rtu:/dev/ttyUSB0', baud)]).toEqual([baud, registers])
  expect(bridgedHole(mapping, 'rtu+tcp://gateway', null)).toBe(12)
  expect(bridgedHole(mapped(charger(['tcp: 502', 'rtu: 9600 8N1, pause: 100ms'])), 'rtu:/dev/ttyUSB0', 9600)).toBe(55)
  expect(bridgedHole(mapped(charger(['tcp: 502', 'rtu: 9600 8N1, max_read: 4'])), 'rtu:/dev/ttyUSB0', 9600)).toBe(4)
  expect(bridgedHole(mapping, 'tcp://box', null)).toBe(16)
  expect(bridgedHole(mapped(charger(['tcp: 502', 'tcp: 502, gaps: no'])), 'tcp://box', null)).toBe(0)
  expect(bridgedHole(mapped(charger(['tcp: 502', 'tcp: 502, gaps: 4'])), 'tcp://box', null)).toBe(4)
})

test('the plan and every write can be printed', () => {
  const lines = explainPlan(mapped(charger(['tcp: 502', 'rtu: 9600 8N1'])))
  expect(lines[0]).toBe('Acme Box 11: 2 requests, holes up to 12 registers are read over')
  expect(lines).toContain('  fast  unit 1  holding 0..21 (22)  73 ms  state current power')
  expect(lines).toContain('  current, at each new set-point: holding 100, u16, in 0.1 A, 6 to 16')
  expect(lines.find((line) => line.includes('of the line'))).toMatch(
    /^ {2}the fast ones take \d+ ms of the line at 9600 baud.*: \d+ % when asked every 1 s$/u,
  )
})
