/** Serial lines over pty pairs (socat): an adapter that is pulled (F36), noise (F37), a babbling slave (F39). */
import { expect, onTestFinished, test } from 'vitest'
import { modbusDriver, modbusServer } from '../../drivers/modbus/index.ts'
import { loadSiteText } from '../../src/config/load-site-file.ts'
import { simulateDevice } from '../../src/mapping/index.ts'
import { systemClock } from '../../src/model/clock.ts'
import type { RegisterBank } from '../../src/model/driver.ts'
import { isBridgeError } from '../../src/model/errors.ts'
import { createRegistry } from '../../src/site/registry.ts'
import { startSite } from '../../src/site/start-site.ts'
import { addressBank } from '../drivers/modbus/address-bank.ts'
import { asking, registers } from '../drivers/modbus/memory-wire.ts'
import { seeded } from '../ledger/kill-run.ts'
import { MemoryLedger } from '../ocpp/station/memory-ledger.ts'
import { noisyLine } from '../peers/noisy-line.ts'
import { ptyPair } from '../peers/pty-pair.ts'
import { type LogLine, repeatedLines } from '../site/simulated-site.ts'
import { pause, until } from './live-site.ts'
import { note } from './note.ts'

const LINE = { baud: 19_200, format: '8E1' } as const

test('F36: the adapter is pulled for 45 s; both boxes are back soon after it is plugged in, by the same path', async (context) => {
  const pair = await ptyPair()
  onTestFinished(() => pair.remove())
  const registry = createRegistry()
  const boxes = [1, 2].map((unit) =>
    simulateDevice(registry.mappings.load('heidelberg-energy-control'), { clock: systemClock, unit }),
  )
  for (const box of boxes) box.set({ state: 'A' })
  const serve = (): ReturnType<typeof modbusServer.listen> =>
    modbusServer.listen(`rtu:${pair.one}`, new Map<number, RegisterBank>(boxes.flatMap(({ units }) => [...units])), {
      clock: systemClock,
      serial: LINE,
      answerDelayMs: 3,
    })
  let server = await serve()
  onTestFinished(() => server.close())
  const { config, problems } = await loadSiteText(
    `buses: {cellar: {connect: "rtu:${pair.other}", baud: 19200, format: 8E1}}
circuits: {house: {limit: 63 A}}
stations:
  A: {mapping: heidelberg-energy-control, bus: cellar, unit: 1, circuit: house, authorize: free}
  B: {mapping: heidelberg-energy-control, bus: cellar, unit: 2, circuit: house, authorize: free}
`,
    '/nowhere/site.yaml',
    { addresses: registry.addresses },
  )
  expect(problems).toEqual([])
  const log: LogLine[] = []
  const tell = (_: object, text: string): void => void log.push({ at: performance.now(), level: 'warn', text })
  const site = await startSite(config!, {
    registry,
    stateFolder: '/nowhere',
    log: { info: () => {}, warn: tell, error: tell },
    ledger: new MemoryLedger().process().ledger,
  })
  onTestFinished(() => site.stop())
  const online = (): boolean => site.snapshot().stations.every((station) => station.online)
  const offline = (): boolean => site.snapshot().stations.every((station) => !station.online)
  await until('both are online', online)
  await pair.unplug()
  const noticed = await until('both are offline', offline)
  await pause(45_000)
  await server.close()
  await pair.plug()
  server = await serve()
  const back = await until('both are online again', online)
  note(
    context,
    `offline ${(noticed / 1000).toFixed(1)} s after the pull, back ${(back / 1000).toFixed(1)} s after the plug`,
  )
  expect(back).toBeLessThanOrEqual(5000)
  expect(repeatedLines(log)).toEqual([])
})

test('F37: 5 % of all frames are hit by noise: every value is right, few reads fail', async (context) => {
  const line = await noisyLine(seeded(37))
  onTestFinished(() => line.close())
  const server = await modbusServer.listen(`rtu:${line.device}`, new Map([[1, addressBank()]]), {
    clock: systemClock,
    serial: LINE,
    answerDelayMs: 0,
  })
  onTestFinished(() => server.close())
  const link = modbusDriver.open(`rtu:${line.bridge}`, {
    clock: systemClock,
    random: () => 0,
    serial: LINE,
    echo: false,
  })
  onTestFinished(() => link.close())
  expect(await link.read(registers(1, 5, 2), asking())).toEqual([5, 6])
  line.corrupt = 0.05
  let right = 0
  let failed = 0
  const reads = 400
  const from = performance.now()
  for (let number = 0; number < reads; number += 1) {
    // two blocks of different size, as a poll plan has
    const [address, count] = number % 2 === 0 ? [100, 4] : [200, 6]
    try {
      const words = await link.read(registers(1, address, count), asking({ timeoutMs: 200, retries: 1 }))
      expect(words).toEqual(Array.from({ length: count }, (_, index) => address + index))
      right += 1
    } catch (error) {
      if (!isBridgeError(error)) throw error
      failed += 1
    }
  }
  const perSecond = (reads * 1000) / (performance.now() - from)
  const { badAnswers, timeouts } = link.counters
  note(
    context,
    `${line.spoilt} of ${line.passed} chunks hit; ${right} of ${reads} reads right, ${failed} failed after one retry, none wrong; counted: ${badAnswers} bad answers, ${timeouts} time-outs; ${perSecond.toFixed(0)} reads/s`,
  )
  expect(badAnswers + timeouts).toBeGreaterThan(0)
  // one bit in 5 % of question and answer, twice in a row: about one in a hundred
  expect(failed / reads).toBeLessThanOrEqual(0.03)
})

test('F39: a slave babbles for 5 s: no wrong value, and the bus works again within 3 s', async (context) => {
  const line = await noisyLine(seeded(39))
  onTestFinished(() => line.close())
  const server = await modbusServer.listen(`rtu:${line.device}`, new Map([[1, addressBank()]]), {
    clock: systemClock,
    serial: LINE,
    answerDelayMs: 0,
  })
  onTestFinished(() => server.close())
  const link = modbusDriver.open(`rtu:${line.bridge}`, {
    clock: systemClock,
    random: () => 0,
    serial: LINE,
    echo: false,
  })
  onTestFinished(() => link.close())
  const random = seeded(390)
  const talk = setInterval(
    () => line.babble(Buffer.from(Array.from({ length: 6 }, () => Math.floor(random() * 256)))),
    3,
  )
  const from = performance.now()
  let during = 0
  const readOnce = async (): Promise<boolean> => {
    try {
      expect(await link.read(registers(1, 100, 2), asking({ timeoutMs: 300, retries: 1 }))).toEqual([100, 101])
      return true
    } catch (error) {
      if (!isBridgeError(error)) throw error
      return false
    }
  }
  while (performance.now() - from < 5000) if (await readOnce()) during += 1
  clearInterval(talk)
  const back = await until('a read is right', readOnce)
  note(
    context,
    `${during} right reads between the babble, none wrong; right again ${(back / 1000).toFixed(2)} s after it ended`,
  )
  expect(back).toBeLessThanOrEqual(3000)
})
