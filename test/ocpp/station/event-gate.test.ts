import { expect, test } from 'vitest'
import { EventGate } from '../../../src/ocpp/station/event-gate.ts'

const full = { kind: 'station-fault', code: 'LEDGER_FULL', text: 'no space left' } as const

test('the same trouble is told once a minute, another one at once', () => {
  const gate = new EventGate()
  expect(gate.passes(full, 0)).toBe(true)
  expect(gate.passes(full, 5_000)).toBe(false)
  expect(gate.passes({ ...full, text: 'no inodes left' }, 5_000)).toBe(true)
  expect(gate.passes(full, 60_000)).toBe(true)
})

test('what is no trouble always passes', () => {
  const gate = new EventGate()
  for (let poll = 0; poll < 5; poll++) expect(gate.passes({ kind: 'pilot', evse: 1, pilot: 'A' }, 0)).toBe(true)
})

test('a thousand different troubles do not fill the memory', () => {
  const gate = new EventGate()
  for (let number = 0; number < 1000; number++) gate.passes({ ...full, text: `trouble ${number}` }, 0)
  expect(gate.passes({ ...full, text: 'trouble 999' }, 1)).toBe(false)
  expect(gate.passes({ ...full, text: 'trouble 0' }, 1)).toBe(true)
})
