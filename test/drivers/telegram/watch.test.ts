import { expect, it } from 'vitest'

import { watch } from '../../../drivers/telegram/watch.ts'
import type { PatientWire } from '../../../src/wire/wire.ts'
import { ManualClock } from '../../peers/manual-clock.ts'

const wire = (check: PatientWire['check']): PatientWire => ({
  send: () => Promise.resolve(),
  setBaud: null,
  check,
  close: () => Promise.resolve(),
})

it('tells within a second that a port was pulled out, though nobody writes to it', async () => {
  const clock = new ManualClock()
  let there = true
  const gone = watch(
    wire(async () => {
      if (!there) throw new Error('input/output error')
    }),
    clock,
    new AbortController().signal,
  )
  await clock.advance(10_000)
  there = false
  await clock.advance(1000)
  expect(await gone).toBe('input/output error')
})

it('ends with the wire, also while a check hangs', async () => {
  const clock = new ManualClock()
  const life = new AbortController()
  const gone = watch(
    wire(() => new Promise(() => undefined)),
    clock,
    life.signal,
  )
  await clock.advance(1000)
  life.abort(new Error('closed'))
  await expect(gone).rejects.toThrow('closed')
})
