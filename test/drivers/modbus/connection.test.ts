import { describe, expect, it } from 'vitest'

import { Alarm } from '../../../drivers/modbus/alarm.ts'
import { Connection } from '../../../drivers/modbus/connection.ts'
import type { Wire, WireEvents } from '../../../src/wire/wire.ts'
import { ManualClock } from '../../peers/manual-clock.ts'

/** A connection whose wires the test opens, ends and counts. */
function dialled() {
  const clock = new ManualClock()
  const told: string[] = []
  const dials: (PromiseWithResolvers<Wire> & { readonly events: WireEvents; readonly signal: AbortSignal })[] = []
  let closedWires = 0
  const wire: Wire = {
    write: () => undefined,
    close: () => {
      closedWires += 1
      return Promise.resolve()
    },
  }
  const alarm = new Alarm(clock, () => connection.due())
  const connection = new Connection(
    (events, signal) => {
      const dial = { ...Promise.withResolvers<Wire>(), events, signal }
      dials.push(dial)
      return dial.promise
    },
    clock,
    () => 1,
    { firstMs: 100, limitMs: 1000 },
    {
      opened: () => told.push('opened'),
      bytes: () => told.push('bytes'),
      lost: (reason) => told.push(`lost: ${reason}`),
      failed: (reason) => told.push(`failed: ${reason}`),
      wakeBy: (at) => alarm.wakeBy(at),
    },
  )
  connection.connect()
  return { clock, alarm, connection, told, dials, wire, closedWires: () => closedWires }
}

describe('a connection', () => {
  it('that ends in the moment of its opening has failed, and its wire is closed', async () => {
    const { clock, connection, told, dials, wire, closedWires } = dialled()
    dials[0]?.events.closed('gone')
    dials[0]?.resolve(wire)
    await clock.settle()
    expect(told).toEqual(['failed: gone'])
    expect([connection.state, closedWires()]).toEqual(['waiting', 1])
    await clock.advance(100)
    dials[1]?.resolve(wire)
    await clock.settle()
    expect(told).toEqual(['failed: gone', 'opened'])
  })

  it('is given up after 5 s, and what opens later is closed unused', async () => {
    const { clock, told, dials, wire, closedWires } = dialled()
    await clock.advance(5000)
    expect(dials[0]?.signal.aborted).toBe(true)
    expect(told).toEqual(['failed: no connection within 5000 ms'])
    dials[0]?.resolve(wire)
    dials[0]?.events.bytes(Buffer.from([1]))
    await clock.settle()
    expect([told.length, closedWires()]).toEqual([1, 1])
  })

  it('that is closed while it opens leaves no wire and no timer', async () => {
    const { clock, alarm, connection, told, dials, wire, closedWires } = dialled()
    await connection.close()
    alarm.close()
    alarm.wakeBy(10)
    dials[0]?.resolve(wire)
    await clock.settle()
    expect([connection.state, told, closedWires(), clock.sleeping]).toEqual(['closed', [], 1, 0])
  })

  it('is not hammered when the other side accepts and hangs up, and opened at once when it had answered', async () => {
    const { clock, connection, told, dials, wire } = dialled()
    dials[0]?.resolve(wire)
    await clock.settle()
    dials[0]?.events.closed('hung up')
    connection.connect()
    expect(dials).toHaveLength(1)
    await clock.advance(100)
    expect(dials).toHaveLength(2)
    dials[1]?.resolve(wire)
    await clock.settle()
    connection.confirm()
    dials[1]?.events.closed('idle')
    connection.connect()
    expect(dials).toHaveLength(3)
    expect(told).toEqual(['opened', 'lost: hung up', 'opened', 'lost: idle'])
    await connection.close()
  })
})
