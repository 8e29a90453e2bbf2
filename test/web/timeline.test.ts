import { expect, test } from 'vitest'
import type { ApiTrace } from '../../src/api/types.ts'
import { addEvent, addTrace, MAX_REGISTER_ROWS, MAX_ROWS, pretty } from '../../src/web/timeline.ts'
import type { TimelineRow } from '../../src/web/timeline.ts'

let number = 0
function trace(text: string, values: Partial<ApiTrace> = {}): ApiTrace {
  number++
  return {
    number,
    at: 1000,
    kind: 'ocpp',
    about: 'CP-001',
    upstreamId: 'operator',
    direction: 'sent',
    text,
    cut: false,
    ...values,
  }
}
const after = (...traces: readonly ApiTrace[]): readonly TimelineRow[] =>
  traces.reduce<readonly TimelineRow[]>((rows, each) => addTrace(rows, each), [])

/** The word that a row shows for this answer. */
function wordOf(answer: string): string | undefined {
  const [row] = after(trace('[2,"q","X",{}]'), trace(answer, { direction: 'received' }))
  return row?.kind === 'ocpp' ? row.answer?.word : undefined
}

test('a call and its answer are one row with a latency', () => {
  const rows = after(
    trace('[2,"a","BootNotification",{"chargePointModel":"P30"}]'),
    trace('[3,"a",{"status":"Accepted"}]', { direction: 'received', at: 1014 }),
  )
  expect(rows).toHaveLength(1)
  expect(rows[0]).toMatchObject({
    direction: 'up',
    action: 'BootNotification',
    request: '{"chargePointModel":"P30"}',
    answer: { outcome: 'result', word: 'Accepted', latencyMs: 14 },
  })
})

test('the same id in the other direction or at another station is another call', () => {
  const rows = after(
    trace('[2,"a","Heartbeat",{}]'),
    trace('[2,"a","Reset",{"type":"Soft"}]', { direction: 'received' }),
    trace('[3,"a",{"status":"Rejected"}]', { direction: 'sent' }),
    trace('[3,"a",{}]', { direction: 'received', about: 'CP-002' }),
  )
  expect(rows.map((row) => row.kind === 'ocpp' && [row.action, row.answer?.word])).toEqual([
    ['Reset', 'Rejected'],
    ['Heartbeat', undefined],
  ])
})

test('the word of an answer is its status, that of the id token, ok, or the error code', () => {
  expect(wordOf('[3,"q",{"idTagInfo":{"status":"Invalid"},"transactionId":7}]')).toBe('Invalid')
  expect(wordOf('[3,"q",{}]')).toBe('ok')
  expect(wordOf('[3,"q",null]')).toBe('ok')
  expect(wordOf('[4,"q","NotImplemented","",{}]')).toBe('NotImplemented')
})

test('what is no OCPP frame is shown as it is', () => {
  for (const text of ['not json', '{}', '[2,7,"x",{}]', '[9,"a"]', `[2,"a","Cut",{"x":"${'y'.repeat(50)}`]) {
    expect(after(trace(text))[0]).toMatchObject({ action: 'unreadable frame', request: text })
  }
})

test('an answer without its call is left out', () => {
  expect(after(trace('[3,"gone",{}]', { direction: 'received' }))).toEqual([])
})

test('news and registers stand in the same list; the oldest go', () => {
  let rows = after(trace('01 03 00 06', { kind: 'registers', about: 'tcp://h:502', upstreamId: null }))
  rows = addEvent(rows, { number: 99, at: 1, stationId: 'CP-001', kind: 'reset', text: 'soft reset' })
  expect(rows.map((row) => row.kind)).toEqual(['event', 'registers'])
  for (let count = 0; count < MAX_ROWS + 10; count++) rows = addTrace(rows, trace('[2,"z","Heartbeat",{}]'))
  // The register frame has a place of its own.
  expect(rows).toHaveLength(MAX_ROWS + 1)
})

test('register frames push out only their like', () => {
  let rows = after(trace('[2,"a","BootNotification",{}]'))
  for (let count = 0; count < MAX_ROWS + 10; count++) rows = addTrace(rows, trace(`${count}`, { kind: 'registers' }))
  expect(rows).toHaveLength(MAX_REGISTER_ROWS + 1)
  expect(rows[0]).toMatchObject({ text: `${MAX_ROWS + 9}` })
  expect(rows.at(-1)).toMatchObject({ action: 'BootNotification' })
})

test('payloads are laid out for people; what cannot be is left', () => {
  expect(pretty('{"a":1}')).toBe('{\n  "a": 1\n}')
  expect(pretty('{"a":')).toBe('{"a":')
})
