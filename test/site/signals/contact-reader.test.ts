/** A contact behind a Modbus module that answers, refuses, or says nothing. */
import { onTestFinished, describe, expect, it } from 'vitest'
import type { ContactWay } from '../../../src/config/site-config.ts'
import type { RegisterLink, RegisterRead } from '../../../src/model/driver.ts'
import { BridgeError } from '../../../src/model/errors.ts'
import { silentLog } from '../../../src/site/log.ts'
import { ContactReader, isActive, SILENCE_MS } from '../../../src/site/signals/contact-reader.ts'
import { ManualClock } from '../../peers/manual-clock.ts'

const WAY: ContactWay = {
  kind: 'contact',
  address: { connect: 'tcp://module:502', serial: null, echo: false, unit: 3, login: null, key: null },
  table: 'discrete',
  at: 7,
  bit: null,
  inverted: false,
  carsMaxWatts: 30_000,
  maxAmps: null,
  section14a: false,
}

/** A module whose input is 0, 1 or does not answer. */
function module(way: ContactWay = WAY) {
  const clock = new ManualClock()
  const wire: { word: number | null; reads: RegisterRead[] } = { word: 0, reads: [] }
  const link: RegisterLink = {
    kind: 'registers',
    url: 'tcp://module:502',
    state: 'open',
    counters: { requests: 0, timeouts: 0, exceptions: 0, badAnswers: 0, reconnects: 0 },
    read: async (request, { signal }) => {
      wire.reads.push(request)
      await clock.sleep(10, signal)
      if (wire.word === null) throw new BridgeError('DEVICE_TIMEOUT', 'unit 3 does not answer')
      return [wire.word]
    },
    write: () => Promise.reject(new BridgeError('REQUEST_INVALID', 'nothing is written here')),
    trace: () => () => {},
    close: () => Promise.resolve(),
  }
  const heard: string[] = []
  const reader = new ContactReader({
    id: 'ripple',
    way,
    link,
    clock,
    log: silentLog,
    onState: (state) => heard.push(state),
  })
  reader.start()
  onTestFinished(() => reader.stop())
  return { clock, wire, heard, reader }
}

it('is read once a second where the site file says, and told when it changes', async () => {
  const { clock, wire, heard, reader } = module()
  expect(reader.state).toBeNull()
  await clock.advance(3500)
  expect(wire.reads.length).toBe(4)
  expect(wire.reads[0]).toEqual({ kind: 'registers', unit: 3, table: 'discrete', address: 7, count: 1 })
  wire.word = 1
  await clock.advance(1000)
  wire.word = 0
  await clock.advance(3000)
  expect(heard).toEqual(['idle', 'active', 'idle'])
})

describe('a module that says nothing', () => {
  it('keeps the last state for a minute; then the contact counts as active until it is read again', async () => {
    const { clock, wire, heard, reader } = module()
    await clock.advance(1500)
    wire.word = null
    await clock.advance(SILENCE_MS - 1000)
    expect(heard).toEqual(['idle'])
    expect(reader.problem?.code).toBe('DEVICE_TIMEOUT')
    await clock.advance(3000)
    expect(heard).toEqual(['idle', 'presumed'])
    wire.word = 0
    await clock.advance(11_000)
    expect(heard).toEqual(['idle', 'presumed', 'idle'])
    expect(reader.problem).toBeNull()
  })

  it('is asked less often meanwhile: others may share its bus', async () => {
    const { clock, wire } = module()
    wire.word = null
    await clock.advance(30_000)
    expect(wire.reads.length).toBeLessThan(8)
    await clock.advance(600_000)
    expect(wire.reads.length).toBeLessThan(70)
    wire.word = 0
    await clock.advance(15_000)
    const back = wire.reads.length
    await clock.advance(10_000)
    expect(wire.reads.length - back).toBe(10)
  })

  it('counts as active also when it was never read', async () => {
    const { clock, wire, heard } = module()
    wire.word = null
    await clock.advance(SILENCE_MS + 100)
    expect(heard).toEqual(['presumed'])
  })

  it('that answers now and then keeps its state', async () => {
    const { clock, wire, heard } = module()
    for (let times = 0; times < 5; times++) {
      wire.word = null
      await clock.advance(SILENCE_MS - 5000)
      wire.word = 0
      await clock.advance(12_000)
    }
    expect(heard).toEqual(['idle'])
  })
})

describe('what is active', () => {
  it('a make contact when it is on, a break contact when it is off', () => {
    expect([0, 1].map((word) => isActive({ bit: null, inverted: false }, word))).toEqual([false, true])
    expect([0, 1].map((word) => isActive({ bit: null, inverted: true }, word))).toEqual([true, false])
  })

  it('one bit of a register', () => {
    const words = [0b0100, 0b1011, 0xffff, 0]
    expect(words.map((word) => isActive({ bit: 2, inverted: false }, word))).toEqual([true, false, true, false])
    expect(isActive({ bit: 15, inverted: false }, 0x8000)).toBe(true)
  })
})
