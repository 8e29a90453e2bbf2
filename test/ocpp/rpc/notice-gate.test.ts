import { expect, test } from 'vitest'
import { NoticeGate, printable } from '../../../src/ocpp/rpc/notice-gate.ts'
import { ManualClock } from '../../peers/manual-clock.ts'

test('one notice per kind and minute passes; the next says how many were held', async () => {
  const clock = new ManualClock()
  const passed: string[] = []
  const gate = new NoticeGate(clock, ({ kind, message }) => passed.push(`${kind}: ${message}`))
  for (let i = 0; i < 1000; i++) gate.notice('unreadable-frame', 'not JSON')
  gate.notice('refused-call', 'too many')
  expect(passed).toEqual(['unreadable-frame: not JSON', 'refused-call: too many'])
  await clock.advance(60_000)
  gate.notice('unreadable-frame', 'not JSON')
  expect(passed.at(-1)).toBe('unreadable-frame: not JSON (and 999 more before)')
})

test('what a peer sent cannot break a log line', () => {
  expect(printable('a\n\u001b[31mb\u202ec')).toBe('a??[31mb?c')
  expect(printable('x'.repeat(5000))).toHaveLength(200)
})
