import { describe, expect, it } from 'vitest'

import { isBridgeError, type ErrorCode } from '../../../src/model/errors.ts'
import type { TraceEntry } from '../../../src/model/driver.ts'
import { asking, bench, holding, registers } from './memory-wire.ts'

/** The code that a call failed with, or its value. */
async function outcome(call: Promise<unknown>): Promise<unknown> {
  try {
    return await call
  } catch (error) {
    return isBridgeError(error) ? error.code : error
  }
}

/** Lets the link connect and its promises settle. */
async function settle(clock: { advance(ms: number): Promise<void> }): Promise<void> {
  await clock.advance(0)
}

const SETTLED: readonly ErrorCode[] = ['LINK_CLOSED']

describe('a link over Modbus TCP', () => {
  it('reads, writes and counts', async () => {
    const { link, clock, wire, answer, frame } = bench('tcp')
    const read = link.read(registers(1, 100, 2), asking())
    await settle(clock)
    expect(wire.last.subarray(2).toString('hex')).toBe('00000006010300640002')
    answer()
    expect(await read).toEqual([100, 101])
    const write = link.write(
      { kind: 'registers', unit: 1, table: 'holding', address: 5, words: [7], functionCode: null },
      asking(),
    )
    wire.receive(frame(1, [6, 0, 5, 0, 7]))
    expect(await outcome(write)).toBeUndefined()
    expect(link.counters).toEqual({ requests: 2, timeouts: 0, exceptions: 0, badAnswers: 0, reconnects: 0 })
    await link.close()
  })

  it('keeps one request in flight and the order: urgent, normal, slow', async () => {
    const { link, clock, wire, answer } = bench('tcp')
    const first = link.read(registers(1, 0, 1), asking())
    await settle(clock)
    const calls = (['slow', 'normal', 'normal', 'urgent'] as const).map((urgency, index) =>
      link.read(registers(1, 10 + index, 1), asking({}, urgency)),
    )
    expect(wire.sent).toHaveLength(1)
    const order: number[] = []
    for (let turn = 0; turn < 5; turn += 1) {
      order.push(wire.last.readUInt16BE(8))
      answer()
    }
    expect(order).toEqual([0, 13, 11, 12, 10])
    expect(await Promise.all([first, ...calls])).toEqual([[0], [10], [11], [12], [13]])
    await link.close()
  })

  it('drops late, foreign and doubled answers by their transaction id', async () => {
    const { link, clock, wire, answer, frame } = bench('tcp')
    const slow = outcome(link.read(registers(1, 0, 1), asking()))
    await settle(clock)
    const late = frame(1, holding(0, 1))
    await clock.advance(1000)
    expect(await slow).toBe('DEVICE_TIMEOUT')
    const next = link.read(registers(1, 100, 1), asking())
    wire.receive(late)
    answer()
    answer()
    expect(await next).toEqual([100])
    expect(link.counters).toMatchObject({ timeouts: 1, badAnswers: 2 })
    await link.close()
  })

  it.each([
    ['another unit', 2, holding(100, 2)],
    ['another function', 1, [4, 4, 0, 100, 0, 101]],
    ['too few registers', 1, holding(100, 1)],
    ['too many registers', 1, holding(100, 3)],
    ['a byte count that lies', 1, [3, 2, 0, 100, 0, 101]],
    ['its own request', 1, [3, 0, 100, 0, 2]],
    ['an exception without a code', 1, [0x83]],
  ])('refuses %s and names unit and place', async (_name, unit, pdu) => {
    const { link, clock, wire, frame } = bench('tcp')
    const call = link.read(registers(1, 100, 2), asking())
    await settle(clock)
    wire.receive(frame(unit, pdu))
    await expect(call).rejects.toMatchObject({ code: 'DEVICE_BAD_ANSWER', details: { unit: 1 } })
    await expect(call).rejects.toThrow(/unit 1 at memory:tcp, read holding 100\.\.101/)
    await link.close()
  })

  it.each([0, 1, 2, 3, 4, 0x80, 0xee])('tells exception %i as a fault of this request only', async (exceptionCode) => {
    const { link, clock, wire, answer, frame } = bench('tcp')
    const call = link.read(registers(1, 100, 2), asking({ retries: 3 }))
    await settle(clock)
    wire.receive(frame(1, [0x83, exceptionCode]))
    await expect(call).rejects.toMatchObject({ code: 'DEVICE_EXCEPTION', details: { exceptionCode, unit: 1 } })
    const next = link.read(registers(1, 7, 1), asking())
    answer()
    expect(await next).toEqual([7])
    expect(wire.dials).toBe(1)
    await link.close()
  })

  it('asks a busy device (exception 6) again after a pause, as often as allowed', async () => {
    const { link, clock, wire, answer, frame } = bench('tcp')
    const call = link.read(registers(1, 100, 1), asking({ retries: 1 }))
    await settle(clock)
    wire.receive(frame(1, [0x83, 6]))
    await clock.advance(99)
    expect(wire.sent).toHaveLength(1)
    await clock.advance(1)
    expect(wire.sent).toHaveLength(2)
    answer()
    expect(await call).toEqual([100])
    const given = outcome(link.read(registers(1, 100, 1), asking()))
    wire.receive(frame(1, [0x83, 6]))
    expect(await given).toBe('DEVICE_EXCEPTION')
    await link.close()
  })

  it('leaves a unit that the gateway cannot reach (exception 11) alone for a while, and serves the others', async () => {
    const { link, clock, wire, answer, frame } = bench('tcp')
    const dead = outcome(link.read(registers(9, 0, 1), asking()))
    await settle(clock)
    wire.receive(frame(9, [0x83, 11]))
    expect(await dead).toBe('DEVICE_EXCEPTION')
    const again = link.read(registers(9, 0, 1), asking())
    const other = link.read(registers(1, 5, 1), asking())
    expect(wire.last[6]).toBe(1)
    answer()
    expect(await other).toEqual([5])
    expect(wire.sent).toHaveLength(2)
    await clock.advance(250)
    expect(wire.last[6]).toBe(9)
    answer()
    expect(await again).toEqual([0])
    await link.close()
  })

  it.each([
    ['length 0', '000100000000'],
    ['length 65535', '00010000ffff'],
    ['protocol id 0xFFFF', '0001ffff0006'],
  ])('hangs up at an MBAP %s, and the next read is right', async (_name, hex) => {
    const { link, clock, wire, answer } = bench('tcp')
    const call = outcome(
      link.write(
        { kind: 'registers', unit: 1, table: 'holding', address: 5, words: [7], functionCode: null },
        asking(),
      ),
    )
    await settle(clock)
    wire.receive(Buffer.from(hex, 'hex'))
    expect(await call).toBe('DEVICE_BAD_ANSWER')
    const next = link.read(registers(1, 100, 1), asking())
    await settle(clock)
    expect(wire.dials).toBe(2)
    answer()
    expect(await next).toEqual([100])
    expect(link.counters.reconnects).toBe(1)
    await link.close()
  })

  it('reads once more when the device hung up just then, and says so when it does it again', async () => {
    const { link, clock, wire, answer } = bench('tcp')
    const call = link.read(registers(1, 3, 1), asking())
    await settle(clock)
    answer()
    await call
    const idle = link.read(registers(1, 4, 1), asking())
    wire.hangUp()
    await settle(clock)
    answer()
    expect(await idle).toEqual([4])
    const lost = outcome(link.read(registers(1, 5, 1), asking()))
    wire.hangUp()
    await settle(clock)
    wire.hangUp()
    await clock.advance(1000)
    expect(await lost).toBe('LINK_CLOSED')
    await link.close()
  })

  it('reads a late answer to its end that had begun before the time-out', async () => {
    const { link, clock, wire, answer, frame } = bench('tcp')
    const slow = outcome(link.read(registers(1, 0, 2), asking()))
    await settle(clock)
    const late = frame(1, holding(0, 2))
    wire.receive(late.subarray(0, 10))
    await clock.advance(1000)
    expect(await slow).toBe('DEVICE_TIMEOUT')
    const next = link.read(registers(1, 100, 2), asking())
    wire.receive(late.subarray(10))
    answer()
    expect(await next).toEqual([100, 101])
    expect(wire.dials).toBe(1)
    await link.close()
  })

  it('connects anew when three requests brought not one byte', async () => {
    const { link, clock, wire } = bench('tcp')
    for (let turn = 0; turn < 3; turn += 1) {
      const call = outcome(link.read(registers(1, 0, 1), asking()))
      await clock.advance(1000)
      expect(await call).toBe('DEVICE_TIMEOUT')
    }
    const next = outcome(link.read(registers(1, 0, 1), asking()))
    await settle(clock)
    expect(wire.dials).toBe(2)
    await link.close()
    expect(await next).toBe('LINK_CLOSED')
  })

  it('hangs up on a device that floods it with foreign frames', async () => {
    const { link, clock, wire, frame } = bench('tcp')
    const call = outcome(link.read(registers(1, 0, 1), asking()))
    await settle(clock)
    const foreign = frame(1, holding(0, 100))
    foreign.writeUInt16BE(foreign.readUInt16BE(0) ^ 1, 0)
    for (let turn = 0; turn < 30; turn += 1) wire.receive(foreign)
    await settle(clock)
    expect(wire.dials).toBeGreaterThan(1)
    await clock.advance(1000)
    expect(await call).toMatch(/DEVICE_TIMEOUT|DEVICE_BAD_ANSWER/)
    await link.close()
  })
})

describe('a link that cannot reach its device', () => {
  it('fails waiting calls with the reason, then answers at once while it backs off', async () => {
    const { link, clock, wire } = bench('tcp')
    await settle(clock)
    wire.refuse = true
    wire.hangUp()
    const call = link.read(registers(1, 0, 1), asking())
    const failure = expect(call).rejects.toThrow(/connection refused/)
    await clock.advance(100)
    await failure
    expect(await outcome(call)).toBe('LINK_UNREACHABLE')
    expect(link.state).toBe('waiting')
    expect(await outcome(link.read(registers(1, 0, 1), asking({ timeoutMs: 10 })))).toBe('LINK_UNREACHABLE')
    await link.close()
  })

  it('tries again by itself, later and later, and works when the device is back', async () => {
    const { link, clock, wire, answer } = bench('tcp')
    await settle(clock)
    wire.refuse = true
    wire.hangUp()
    await clock.advance(5000)
    // 100, 200, 400, 800, 1000, 1000, 1000 ms
    expect(wire.dials).toBeGreaterThanOrEqual(7)
    expect(wire.dials).toBeLessThanOrEqual(9)
    wire.refuse = false
    await clock.advance(1000)
    expect(link.state).toBe('open')
    const call = link.read(registers(1, 8, 1), asking())
    answer()
    expect(await call).toEqual([8])
    await link.close()
  })
})

describe('every call settles', () => {
  it('when the link closes: in flight, queued, and those that come later', async () => {
    const { link, clock } = bench('rtu')
    const calls = Array.from({ length: 20 }, (_, index) => outcome(link.read(registers(1, index, 1), asking())))
    await settle(clock)
    await link.close()
    calls.push(outcome(link.read(registers(1, 0, 1), asking())))
    expect(new Set(await Promise.all(calls))).toEqual(new Set(SETTLED))
    expect(link.state).toBe('closed')
    expect(clock.sleeping).toBe(0)
  })

  it('when it is aborted, queued or in flight, and the next answer is not confused', async () => {
    const { link, clock, wire, answer } = bench('tcp')
    const stop = new AbortController()
    const options = { ...asking(), signal: stop.signal }
    const flying = outcome(link.read(registers(1, 0, 1), options))
    const queued = outcome(link.read(registers(1, 1, 1), options))
    const kept = link.read(registers(1, 2, 1), asking())
    await settle(clock)
    stop.abort('enough')
    expect(await flying).toBe('enough')
    expect(await queued).toBe('enough')
    expect(await outcome(link.read(registers(1, 1, 1), options))).toBe('enough')
    expect(wire.sent).toHaveLength(1)
    answer()
    answer()
    expect(await kept).toEqual([2])
    await link.close()
  })

  it('when more than a thousand wait', async () => {
    const { link, clock } = bench('tcp')
    await settle(clock)
    const calls = Array.from({ length: 1002 }, () => outcome(link.read(registers(1, 0, 1), asking())))
    expect(await calls[1001]).toBe('LINK_OVERLOADED')
    await link.close()
    expect((await Promise.all(calls)).filter((each) => each === 'LINK_CLOSED')).toHaveLength(1001)
  })

  it('when the request is nonsense', async () => {
    const { link } = bench('rtu')
    expect(await outcome(link.read(registers(1, 0, 126), asking()))).toBe('REQUEST_INVALID')
    expect(await outcome(link.read(registers(256, 0, 1), asking()))).toBe('REQUEST_INVALID')
    expect(await outcome(link.read(registers(0, 0, 1), asking()))).toBe('REQUEST_INVALID')
    const write = { kind: 'registers', unit: 1, table: 'holding', address: 0 } as const
    expect(await outcome(link.write({ ...write, words: [1, 2], functionCode: 6 }, asking()))).toBe('REQUEST_INVALID')
    expect(await outcome(link.write({ ...write, words: [65536], functionCode: null }, asking()))).toBe(
      'REQUEST_INVALID',
    )
    await link.close()
  })
})

describe('a link over RTU', () => {
  it('keeps the silence between frames and the pause of the device', async () => {
    const { link, clock, wire, answer } = bench('rtu')
    await settle(clock)
    const calls = [
      link.read(registers(1, 0, 1), asking({ pauseMs: 50 })),
      link.read(registers(1, 1, 1), asking({ pauseMs: 50 })),
    ]
    const other = link.read(registers(2, 2, 1), asking())
    expect(wire.sent).toHaveLength(1)
    answer()
    await clock.advance(3)
    expect(wire.sent).toHaveLength(1)
    await clock.advance(1)
    // The pause belongs to unit 1; unit 2 need not wait for it.
    expect(wire.last[0]).toBe(2)
    answer()
    await clock.advance(45)
    expect(wire.sent).toHaveLength(2)
    await clock.advance(1)
    expect(wire.last[0]).toBe(1)
    answer()
    expect(await Promise.all([...calls, other])).toEqual([[0], [1], [2]])
    await link.close()
  })

  it('waits after connecting as long as the device wants', async () => {
    const { link, clock, wire, answer } = bench('rtu')
    const call = link.read(registers(1, 0, 1), asking({ connectDelayMs: 500 }))
    await clock.advance(499)
    expect(wire.sent).toHaveLength(0)
    await clock.advance(1)
    answer()
    expect(await call).toEqual([0])
    await link.close()
  })

  it('asks again after a broken answer without waiting for the time-out', async () => {
    const { link, clock, wire, answer, frame } = bench('rtu')
    const call = link.read(registers(1, 100, 2), asking({ retries: 1 }))
    await settle(clock)
    const broken = frame(1, holding(100, 2))
    broken[4] = (broken[4] ?? 0) ^ 0x10
    wire.receive(broken)
    await clock.advance(30)
    expect(wire.sent).toHaveLength(2)
    answer()
    expect(await call).toEqual([100, 101])
    expect(link.counters).toMatchObject({ badAnswers: 1, timeouts: 0 })
    await link.close()
  })

  it('names the unit when two devices with one address talk over each other', async () => {
    const { link, clock, wire } = bench('rtu')
    const call = link.read(registers(7, 100, 2), asking())
    await settle(clock)
    wire.receive(Buffer.from('07e7c411008213570f', 'hex'))
    const failure = expect(call).rejects.toThrow(/unit 7 .*broken bytes/)
    await clock.advance(1000)
    await failure
    expect(await outcome(call)).toBe('DEVICE_BAD_ANSWER')
    await link.close()
  })

  it('lets an answer that began in time finish', async () => {
    const { link, clock, wire, frame } = bench('rtu', { line: { characterMs: 1, silenceMs: 4, resyncMs: 24 } })
    const call = link.read(registers(1, 100, 10), asking({ timeoutMs: 100 }))
    await settle(clock)
    const bytes = frame(1, holding(100, 10))
    await clock.advance(105)
    wire.receive(bytes.subarray(0, 12))
    await clock.advance(15)
    wire.receive(bytes.subarray(12))
    expect(await call).toHaveLength(10)
    await link.close()
  })

  it('takes its own echo off a 2-wire line', async () => {
    const { link, clock, wire, frame } = bench('rtu', { echo: true })
    const write = link.write(
      { kind: 'registers', unit: 1, table: 'holding', address: 5, words: [7], functionCode: null },
      asking(),
    )
    const silent = outcome(write)
    await settle(clock)
    wire.receive(wire.last.subarray(0, 3))
    wire.receive(wire.last.subarray(3))
    await clock.advance(1000)
    // The echo of FC 6 looks like its answer and must not pass for it.
    expect(await silent).toBe('DEVICE_TIMEOUT')
    const read = link.read(registers(1, 100, 1), asking())
    await settle(clock)
    wire.receive(Buffer.concat([wire.last, frame(1, holding(100, 1))]))
    expect(await read).toEqual([100])
    await link.close()
  })

  it('refuses an echo that nobody configured, and says what to do', async () => {
    const { link, clock, wire } = bench('rtu')
    const call = link.read(registers(1, 100, 2), asking())
    await settle(clock)
    wire.receive(wire.last)
    const failure = expect(call).rejects.toThrow(/set echo/)
    await clock.advance(30)
    await failure
    await link.close()
  })

  it('broadcasts a write without waiting for an answer', async () => {
    const { link, clock, wire } = bench('rtu')
    const call = link.write(
      { kind: 'registers', unit: 0, table: 'holding', address: 5, words: [7], functionCode: null },
      asking(),
    )
    await settle(clock)
    expect(wire.last[0]).toBe(0)
    await clock.advance(100)
    expect(await outcome(call)).toBeUndefined()
    await link.close()
  })

  it('waits for a babbling device to fall silent, but no longer than the time-out', async () => {
    const { link, clock, wire, answer } = bench('rtu')
    await settle(clock)
    wire.receive(Buffer.alloc(700, 0x55))
    const call = outcome(link.read(registers(1, 0, 1), asking({ timeoutMs: 100 })))
    for (let turn = 0; turn < 60; turn += 1) {
      await clock.advance(2)
      wire.receive(Buffer.from([0x55, 0xaa]))
    }
    expect(await call).toBe('DEVICE_BAD_ANSWER')
    expect(wire.sent).toHaveLength(0)
    const next = link.read(registers(1, 9, 1), asking())
    await clock.advance(4)
    answer()
    expect(await next).toEqual([9])
    await link.close()
  })
})

/** A link whose read of register 0 was sent at time 0 and timed out at 1000. */
async function missed() {
  const parts = bench('rtu')
  const first = outcome(parts.link.read(registers(1, 0, 1), asking()))
  await settle(parts.clock)
  const late = parts.frame(1, holding(0, 1))
  await parts.clock.advance(1000)
  expect(await first).toBe('DEVICE_TIMEOUT')
  return { ...parts, late }
}

describe('late answers on a line without transaction ids', () => {
  it.each([1, 300, 2999])('that come %i ms later are not taken by another read of the same size', async (lateness) => {
    const { link, clock, wire, answer, late } = await missed()
    const second = link.read(registers(1, 100, 1), asking())
    await clock.advance(lateness)
    expect(wire.sent).toHaveLength(1)
    wire.receive(late)
    await clock.advance(5)
    expect(wire.sent).toHaveLength(2)
    answer()
    expect(await second).toEqual([100])
    await link.close()
  })

  it('that never come cost a wait of four time-outs from the lost request on, not a failure', async () => {
    const { link, clock, wire, answer } = await missed()
    const second = link.read(registers(1, 100, 1), asking())
    await clock.advance(2999)
    expect(wire.sent).toHaveLength(1)
    await clock.advance(1)
    expect(wire.sent).toHaveLength(2)
    answer()
    expect(await second).toEqual([100])
    await link.close()
  })

  it('delay neither other units nor other sizes, functions and writes, and are known among them', async () => {
    const { link, clock, wire, answer, frame, late } = await missed()
    const waiting = link.read(registers(1, 100, 1), asking())
    const size = link.read(registers(1, 100, 2), asking())
    answer()
    await clock.advance(4)
    const unit = link.read(registers(2, 7, 1), asking())
    answer()
    expect(await Promise.all([size, unit])).toEqual([[100, 101], [7]])
    const write = outcome(
      link.write(
        { kind: 'registers', unit: 1, table: 'holding', address: 5, words: [7], functionCode: null },
        asking(),
      ),
    )
    await clock.advance(4)
    wire.receive(late)
    wire.receive(frame(1, [6, 0, 5, 0, 7]))
    expect(await write).toBeUndefined()
    await clock.advance(4)
    answer()
    expect(await waiting).toEqual([100])
    await link.close()
  })

  it('that come before the next request free the way for it', async () => {
    const { link, clock, wire, answer, late } = await missed()
    wire.receive(late)
    await clock.advance(10)
    const second = link.read(registers(1, 100, 1), asking())
    answer()
    expect(await second).toEqual([100])
    expect(wire.sent).toHaveLength(2)
    await link.close()
  })

  it('to the same request are taken by its retry, whose own answer is then the late one', async () => {
    const { link, clock, wire, answer, frame } = bench('rtu')
    const call = link.read(registers(1, 0, 1), asking({ retries: 1 }))
    await clock.advance(1001)
    expect(wire.sent).toHaveLength(2)
    answer()
    expect(await call).toEqual([0])
    const next = link.read(registers(1, 100, 1), asking())
    // Four time-outs from the retry on, not from the first try.
    await clock.advance(3998)
    expect(wire.sent).toHaveLength(2)
    wire.receive(frame(1, holding(0, 1)))
    await clock.advance(4)
    answer()
    expect(await next).toEqual([100])
    await link.close()
  })

  it('of a device that is steadily slower than its time-out are never taken for another register', async () => {
    const { link, clock, wire, frame } = bench('rtu')
    const due: { readonly at: number; readonly bytes: Buffer }[] = []
    let seen = 0
    let right = 0
    for (let turn = 0; turn < 30; turn += 1) {
      const address = turn % 3 === 2 ? 100 : 0
      const values: unknown[] = []
      void outcome(link.read(registers(1, address, 1), asking({ retries: 1 }))).then((value) => values.push(value))
      while (values.length === 0) {
        for (const bytes of wire.sent.slice(seen)) {
          due.push({ at: clock.monotonic() + 1500, bytes: frame(1, holding(bytes.readUInt16BE(2), 1)) })
          seen += 1
        }
        while (due[0] !== undefined && due[0].at <= clock.monotonic())
          wire.receive(due.shift()?.bytes ?? Buffer.alloc(0))
        await clock.advance(10)
      }
      if (!Array.isArray(values[0])) continue
      expect(values[0]).toEqual([address])
      right += 1
    }
    expect(right).toBeGreaterThan(10)
    await link.close()
  })

  it('may also follow a broken answer, a refusal and the end of the connection', async () => {
    const { link, clock, wire, answer, frame } = bench('rtu')
    const broken = outcome(link.read(registers(1, 0, 1), asking()))
    await settle(clock)
    wire.receive(Buffer.from([1, 3, 2, 0, 0, 0, 0]))
    await clock.advance(30)
    expect(await broken).toBe('DEVICE_BAD_ANSWER')
    // It may be the refusal of register 0 that comes so late.
    const refused = outcome(link.read(registers(1, 200, 2), asking()))
    await clock.advance(4)
    wire.receive(frame(1, [0x83, 2]))
    await clock.advance(1000)
    expect(await refused).toBe('DEVICE_BAD_ANSWER')
    const cut = outcome(link.read({ ...registers(1, 300, 3), table: 'input' }, asking()))
    await clock.advance(4)
    for (let end = 0; end < 2; end += 1) {
      wire.hangUp()
      await clock.advance(200)
    }
    expect(await cut).toBe('LINK_CLOSED')
    const sent = wire.sent.length
    const calls = [
      link.read(registers(1, 100, 1), asking()),
      link.read(registers(1, 400, 2), asking()),
      link.read({ ...registers(1, 500, 3), table: 'input' }, asking()),
    ]
    const settled = Promise.all(calls.map(outcome))
    await clock.advance(1500)
    expect(wire.sent).toHaveLength(sent)
    await clock.advance(1300)
    expect(wire.last.readUInt16BE(2)).toBe(100)
    answer()
    await link.close()
    expect(await settled).toEqual([[100], 'LINK_CLOSED', 'LINK_CLOSED'])
  })

  it('do not let one register be read for ever while another of its form waits', async () => {
    const { link, clock, wire, answer } = await missed()
    const poll = link.read(registers(1, 0, 1), asking())
    answer()
    expect(await poll).toEqual([0])
    const other = link.read(registers(1, 100, 1), asking())
    await clock.advance(2000)
    const again = outcome(link.read(registers(1, 0, 1), asking()))
    await clock.advance(1999)
    expect(wire.sent).toHaveLength(2)
    await clock.advance(1)
    expect(wire.last.readUInt16BE(2)).toBe(100)
    answer()
    expect(await other).toEqual([100])
    await clock.advance(4)
    answer()
    expect(await again).toEqual([0])
    await link.close()
  })

  it('do not confirm a later write of another value', async () => {
    const { link, clock, wire, frame } = bench('rtu')
    const write = (words: readonly number[]) =>
      link.write({ kind: 'registers', unit: 1, table: 'holding', address: 5, words, functionCode: 16 }, asking())
    const first = outcome(write([16, 0]))
    await clock.advance(1000)
    await first
    const second = outcome(write([6, 0]))
    await clock.advance(5)
    wire.receive(frame(1, [16, 0, 5, 0, 2]))
    await clock.advance(1000)
    expect(await second).toBe('DEVICE_BAD_ANSWER')
    await link.close()
  })

  it('and a second one together confirm a write: then ours is among them', async () => {
    const { link, clock, wire, frame } = bench('rtu')
    const write = (words: readonly number[]) =>
      outcome(
        link.write({ kind: 'registers', unit: 1, table: 'holding', address: 5, words, functionCode: 16 }, asking()),
      )
    const first = write([16, 0])
    await clock.advance(1000)
    await first
    // It goes out at once: a set-point must not wait.
    const second = write([6, 0])
    await clock.advance(5)
    expect(wire.sent).toHaveLength(2)
    wire.receive(frame(1, [16, 0, 5, 0, 2]))
    wire.receive(frame(1, [16, 0, 5, 0, 2]))
    expect(await second).toBeUndefined()
    await link.close()
  })

  it('of a distrusted unit fall into a longer silence', async () => {
    const { link, clock, wire, answer, frame } = bench('rtu')
    const first = link.read(registers(1, 0, 1), asking())
    await settle(clock)
    answer()
    await first
    wire.receive(frame(1, holding(0, 1)))
    const second = link.read(registers(1, 100, 1), asking())
    await clock.advance(99)
    expect(wire.sent).toHaveLength(1)
    await clock.advance(1)
    answer()
    expect(await second).toEqual([100])
    await link.close()
  })
})

describe('the trace', () => {
  it('shows frames, events and why bytes were thrown away', async () => {
    const { link, clock, answer, frame, wire } = bench('tcp')
    const entries: TraceEntry[] = []
    const stop = link.trace((entry) => entries.push(entry))
    const call = link.read(registers(1, 0, 1), asking())
    await settle(clock)
    const foreign = frame(1, holding(0, 1))
    foreign.writeUInt16BE(foreign.readUInt16BE(0) ^ 1, 0)
    wire.receive(foreign)
    answer()
    await call
    expect(entries.map((entry) => entry.direction)).toEqual(['event', 'sent', 'received', 'received'])
    expect(entries[0]?.note).toBe('connected')
    expect(Buffer.from(entries[1]?.bytes ?? []).equals(wire.last)).toBe(true)
    expect(entries[2]?.note).toContain('late or foreign')
    expect(entries[3]?.note).toBe('')
    stop()
    const more = link.read(registers(1, 0, 1), asking())
    answer()
    await more
    expect(entries).toHaveLength(4)
    await link.close()
  })

  it('drops a listener that throws, and one that closes the link leaves no timer behind', async () => {
    const { link, clock, answer } = bench('tcp')
    const notes: string[] = []
    link.trace(() => {
      throw new Error('cannot listen')
    })
    link.trace(({ direction, note }) => notes.push(`${direction} ${note}`))
    const call = link.read(registers(1, 0, 1), asking())
    await settle(clock)
    answer()
    expect(await call).toEqual([0])
    expect(notes).toEqual(['event connected', 'sent ', 'received '])
    link.trace(({ direction }) => {
      if (direction === 'sent') void link.close()
    })
    expect(await outcome(link.read(registers(1, 0, 1), asking()))).toBe('LINK_CLOSED')
    await settle(clock)
    expect(clock.sleeping).toBe(0)
  })
})
