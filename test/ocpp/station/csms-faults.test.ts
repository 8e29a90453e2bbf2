/** Bad networks and bad answers between a station and its CSMS, on real sockets (rows F1 to F10, F61, F63 of docs/faults.md). */
import { expect, test } from 'vitest'
import { SICK, WireRig } from './wire-rig.ts'

test('F1: refused for an hour: attempts follow RetryBackOff, the queue grows, then it drains in order', async () => {
  const rig = await WireRig.start({
    refused: true,
    speed: 1500,
    settings: { retryBackOffWaitMinimum: '10', retryBackOffRandomRange: '10', retryBackOffRepeatTimes: '4' },
  })
  await rig.car()
  await rig.car()
  await rig.until(() => rig.clock.monotonic() > 3_600_000)
  const downs = rig.timesOf('csms-down')
  // 10 s and half of the random range, doubled four times, then 160 s and the random part for ever
  const waits = downs.slice(1).map((at, index) => (at - (downs[index] ?? 0)) / 1000)
  const wanted = [15, 25, 45, 85, ...Array.from({ length: waits.length - 4 }, () => 165)]
  expect(waits.length).toBeGreaterThan(15)
  for (const [index, wait] of waits.entries()) {
    expect(wait).toBeGreaterThanOrEqual(wanted[index] ?? 0)
    // an attempt itself takes a moment, at this speed seconds
    expect(wait).toBeLessThan((wanted[index] ?? 0) * 1.1 + 10)
  }
  expect(rig.transactions()).toEqual([])
  rig.proxy.chaos.refuse = false
  await rig.settle(2)
})

test('F2: half-open: found within two pings, and nothing is lost', async () => {
  const rig = await WireRig.start({ settings: { webSocketPingInterval: '10', retryBackOffWaitMinimum: '1' } })
  await rig.plugIn()
  await rig.delivered()
  rig.proxy.chaos.frozen = true
  const frozenAt = rig.clock.monotonic()
  await rig.unplug()
  await rig.until(() => rig.timesOf('csms-down').length === 1)
  expect((rig.timesOf('csms-down')[0] ?? 0) - frozenAt).toBeLessThanOrEqual(21_000)
  rig.proxy.chaos.frozen = false
  await rig.car()
  await rig.settle(2)
})

test('F3: only the way down is dead: time-outs, and no transaction is doubled', async () => {
  const rig = await WireRig.start({ settings: { webSocketPingInterval: '0', retryBackOffWaitMinimum: '1' } })
  await rig.until(() => rig.timesOf('csms-registration').length === 1)
  await rig.until(() => rig.csms.calls.filter(({ stationId }) => stationId === SICK).length >= 2)
  rig.proxy.chaos.frozenDown = true
  await rig.plugIn()
  await rig.csms.waitFor(({ action, stationId }) => action === 'StartTransaction' && stationId === SICK)
  await rig.until(() => rig.timesOf('csms-down').length === 1)
  rig.proxy.chaos.frozenDown = false
  await rig.unplug()
  await rig.settle(1)
})

test('F4: 500 resets in the midst of calls: each transaction once, in order', { timeout: 60_000 }, async () => {
  const rig = await WireRig.start({
    speed: 200,
    settings: {
      retryBackOffWaitMinimum: '1',
      retryBackOffRandomRange: '0',
      retryBackOffRepeatTimes: '0',
      meterValueSampleInterval: '0',
    },
  })
  let cars = 0
  let resets = 0
  let seed = 7
  // Before, while and after a call is on its way.
  const cut = (): void => {
    seed = (seed * 48_271) % 2_147_483_647
    if (resets >= 500 || seed % 3 === 0) return
    resets++
    if (seed % 2 === 0) rig.proxy.reset()
    else setImmediate(() => rig.proxy.reset())
  }
  rig.csms.react(({ action, stationId }) => {
    if (stationId === SICK && action !== 'BootNotification') cut()
    return undefined
  })
  const isDone = (): boolean => resets >= 500
  while (!isDone()) {
    await rig.car()
    cars++
    await rig.until(() => rig.ledger.outbox.length < 20)
  }
  await rig.settle(cars)
})

test('F6: 30 s of latency each way: one in flight, nothing times out', async () => {
  const rig = await WireRig.start({ speed: 200, settings: { webSocketPingInterval: '300' } })
  await rig.until(() => rig.timesOf('csms-registration').length === 1)
  // at this speed 120 ms are 24 s and, on a busy machine, less
  rig.proxy.chaos.delayMs = 120
  const frames = rig.csms.frames.length
  await rig.car()
  await rig.delivered()
  rig.proxy.chaos.delayMs = 0
  expect(rig.timesOf('csms-down')).toEqual([])
  expect(rig.timesOf('call-failed')).toEqual([])
  expect(rig.csms.frames.length).toBeGreaterThan(frames)
  await rig.settle(1)
})

test('F7: a line of 300 bytes a second: the newest status overtakes, the queue drains, no storm of time-outs', async () => {
  const rig = await WireRig.start({ settings: { webSocketPingInterval: '0' } })
  await rig.until(() => rig.timesOf('csms-registration').length === 1)
  rig.proxy.chaos.refuse = true
  rig.proxy.reset()
  await rig.until(() => rig.timesOf('csms-down').length === 1)
  for (let car = 0; car < 20; car++) await rig.car()
  // 15 kB a second at fifty times the speed
  rig.proxy.chaos.splitBytes = 75
  rig.proxy.chaos.delayMs = 5
  rig.proxy.chaos.refuse = false
  await rig.until(() => rig.timesOf('csms-open').length === 2)
  const calls = rig.csms.calls.length
  await rig.delivered()
  const since = rig.csms.calls.slice(calls).filter(({ stationId }) => stationId === SICK)
  const status = since.findIndex(({ action }) => action === 'StatusNotification')
  // one transaction's message may be on its way already
  expect(status).toBeGreaterThanOrEqual(0)
  expect(status).toBeLessThanOrEqual(2)
  expect(since.filter(({ action }) => action === 'StatusNotification').length).toBeLessThanOrEqual(4)
  expect(rig.timesOf('csms-open')).toHaveLength(2)
  rig.proxy.chaos.splitBytes = 0
  rig.proxy.chaos.delayMs = 0
  await rig.settle(20)
})

test('F10: a line that flaps every 3 s for ten minutes: one BootNotification, and the queue drains in between', async () => {
  const rig = await WireRig.start({
    speed: 150,
    settings: { retryBackOffWaitMinimum: '1', retryBackOffRandomRange: '0', retryBackOffRepeatTimes: '0' },
  })
  await rig.until(() => rig.timesOf('csms-registration').length === 1)
  for (let flap = 0; flap < 100; flap++) {
    rig.proxy.chaos.refuse = flap % 2 === 0
    rig.proxy.reset()
    if (flap % 10 === 0) await rig.car()
    await rig.pass(3)
  }
  rig.proxy.chaos.refuse = false
  await rig.delivered()
  const boots = rig.csms.calls.filter(({ action, stationId }) => action === 'BootNotification' && stationId === SICK)
  expect(boots).toHaveLength(1)
  await rig.settle(10)
})

test('F18, F19: garbage, answers to nobody, twice and late, while transactions run', async () => {
  const rig = await WireRig.start()
  let turn = 0
  rig.csms.react(({ stationId, action }) => {
    if (stationId !== SICK || action === 'BootNotification') return undefined
    const socket = rig.csms.socket(SICK)
    for (const frame of ['{}', 'null', '[3,"nobody",{}]', '[4,"nobody","X","",{}]', '[2,"half', '[7,"x"]', '[3]'])
      socket?.send(frame)
    return turn++ % 2 === 0 || action === 'StartTransaction' ? undefined : { misdeed: 'twice', answer: {} }
  })
  for (let car = 0; car < 10; car++) await rig.car()
  await rig.delivered()
  expect(rig.timesOf('csms-down')).toEqual([])
  await rig.settle(10)
})

test('F61: the clock is set a day on, back, and to 1970: no time runs out, stamps keep their order', async () => {
  const rig = await WireRig.start({ settings: { meterValueSampleInterval: '10' } })
  const bootAt = rig.clock.now()
  // A machine without a clock of its own: the CSMS says what time it is.
  rig.csms.react(({ action }) =>
    action === 'Heartbeat' ? { answer: { currentTime: new Date(rig.clock.now()).toISOString() } } : undefined,
  )
  await rig.plugIn()
  const calls = rig.csms.calls.length
  rig.clock.jumpWall(86_400_000)
  await rig.polls(30, 'C')
  rig.clock.jumpWall(-86_400_000)
  await rig.polls(30, 'C')
  // three samples in each half minute, give or take one: no storm, no pause
  const samples = rig.csms.calls.slice(calls).filter(({ action }) => action === 'MeterValues')
  expect(samples.length).toBeGreaterThanOrEqual(4)
  expect(samples.length).toBeLessThanOrEqual(8)
  expect(rig.timesOf('csms-down')).toEqual([])
  await rig.unplug()
  await rig.delivered()
  const [transaction] = rig.transactions()
  const started = Date.parse(String(transaction?.starts[0]?.payload['timestamp']))
  const stopped = Date.parse(String(transaction?.stops[0]?.payload['timestamp']))
  expect(started).toBeGreaterThanOrEqual(bootAt - 2000)
  expect(stopped).toBeGreaterThanOrEqual(started)
})
