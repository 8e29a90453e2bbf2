import { describe, expect, it } from 'vitest'

import type { TraceEntry } from '../../src/model/driver.ts'
import { LinkRecord } from '../../src/wire/link-record.ts'
import { ManualClock } from '../peers/manual-clock.ts'

function listening() {
  const clock = new ManualClock(1000)
  const record = new LinkRecord(clock)
  const heard: TraceEntry[] = []
  const stop = record.listen((entry) => heard.push(entry))
  return { record, heard, stop }
}

describe('the trace of a link', () => {
  it('shows frames, texts and events with the time of day', () => {
    const { record, heard } = listening()
    record.frame('sent', Buffer.from([1, 2]))
    record.message('received', 'ö', 'late')
    record.event('closed')
    expect(heard).toEqual([
      { at: 1000, direction: 'sent', bytes: Uint8Array.of(1, 2), note: '' },
      { at: 1000, direction: 'received', bytes: Buffer.from('ö'), note: 'late' },
      { at: 1000, direction: 'event', bytes: new Uint8Array(0), note: 'closed' },
    ])
  })

  it('keeps a frame as it was, whatever its buffer holds later', () => {
    const { record, heard } = listening()
    const buffer = Buffer.from([7])
    record.frame('received', buffer)
    buffer[0] = 9
    expect(heard[0]?.bytes).toEqual(Uint8Array.of(7))
  })

  it('ends for one listener, and for all of them with the link', () => {
    const { record, heard, stop } = listening()
    const others: TraceEntry[] = []
    record.listen((entry) => others.push(entry))
    stop()
    record.event('one')
    record.close()
    record.event('two')
    expect([heard.length, others.length]).toEqual([0, 1])
  })

  it('goes on for the others when a listener has a fault, which is asked no more', () => {
    const { record, heard } = listening()
    let asked = 0
    record.listen(() => {
      asked += 1
      throw new Error('a fault of its own')
    })
    record.event('one')
    record.event('two')
    expect([asked, heard.length]).toEqual([1, 2])
  })
})
