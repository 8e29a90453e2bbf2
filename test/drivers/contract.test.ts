/** What every driver owes the site. A folder in `drivers/` is tested by being there, against its own server. */
import { existsSync, readdirSync } from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'

import { systemClock } from '../../src/model/clock.ts'
import type {
  DeviceServer,
  DocumentServerDriver,
  Driver,
  RegisterLink,
  RegisterBank,
  RequestOptions,
  ServerDriver,
  TraceEntry,
} from '../../src/model/driver.ts'
import { BridgeError } from '../../src/model/errors.ts'
import { mosquitto } from '../peers/mosquitto.ts'
import { describeWithPeers } from '../peers/require-peer.ts'
import { DIALECTS } from './document-dialects.ts'
import { documentStage, unanswered } from './document-stage.ts'

const ROOT = new URL('../../drivers/', import.meta.url)
const LINK_SETTINGS = { clock: systemClock, random: () => 0.5, serial: null, echo: false } as const

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
function isDriver(value: unknown): value is Driver {
  return isObject(value) && Array.isArray(value['schemes']) && typeof value['open'] === 'function'
}
function isServerDriver(value: unknown): value is ServerDriver {
  return isObject(value) && Array.isArray(value['schemes']) && typeof value['listen'] === 'function'
}

function isDocumentServer(value: unknown): value is DocumentServerDriver {
  return isObject(value) && Array.isArray(value['schemes']) && typeof value['serve'] === 'function'
}

/** A driver and the device side of the same folder: of registers or of documents. */
interface Pair {
  readonly name: string
  readonly driver: Driver
  readonly registers: ServerDriver | null
  readonly documents: DocumentServerDriver | null
}

/** Every folder with an index. */
async function pairs(): Promise<readonly Pair[]> {
  const found: Pair[] = []
  for (const folder of readdirSync(ROOT, { withFileTypes: true })) {
    const index = new URL(`${folder.name}/index.ts`, ROOT)
    if (!folder.isDirectory() || !existsSync(index)) continue
    const module: unknown = await import(index.href)
    const parts = isObject(module) ? Object.values(module) : []
    const driver = parts.find(isDriver)
    const registers = parts.find(isServerDriver) ?? null
    const documents = parts.find(isDocumentServer) ?? null
    if (driver === undefined || (registers === null && documents === null))
      throw new Error(`drivers/${folder.name}/index.ts exports no Driver with a ServerDriver or DocumentServerDriver`)
    found.push({ name: folder.name, driver, registers, documents })
  }
  return found
}

const PAIRS = await pairs()

const CASES = PAIRS.flatMap(({ name, driver, registers: server }) =>
  server === null
    ? []
    : driver.schemes.filter(worksOnASocket).map((scheme) => ({ title: `${name}, ${scheme}`, scheme, driver, server })),
)
const DOCUMENT_CASES = PAIRS.flatMap(({ name, driver, documents: server }) =>
  server === null
    ? []
    : server.schemes.filter(worksHere).map((scheme) => ({ title: `${name}, ${scheme}`, scheme, driver, server })),
)

function worksOnASocket(scheme: string): boolean {
  return scheme === 'tcp' || scheme.endsWith('+tcp')
}

/** All but serial ports, which have a sister on a socket, and TLS, which needs certificates and is otherwise the same. */
function worksHere(scheme: string, _index: number, all: readonly string[]): boolean {
  const secure = scheme.endsWith('s') && all.includes(scheme.slice(0, -1))
  return !secure && !all.includes(`${scheme}+tcp`)
}

const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const each of open.splice(0).toReversed()) await each.close()
})

function options(signal: AbortSignal = new AbortController().signal, timeoutMs = 1000): RequestOptions {
  return { timing: { timeoutMs, pauseMs: 0, retries: 0, connectDelayMs: 0 }, urgency: 'normal', signal }
}

function memory(): RegisterBank {
  const words = new Map<number, number>()
  return {
    read: ({ address, count }) => {
      if (address >= 60_000) throw new BridgeError('DEVICE_EXCEPTION', 'refused', { details: { exceptionCode: 2 } })
      return Array.from({ length: count }, (_, index) => words.get(address + index) ?? address + index)
    },
    write: ({ address, words: values }) => {
      for (const [index, word] of values.entries()) words.set(address + index, word)
    },
  }
}

function holding(address: number, count: number, unit = 1) {
  return { kind: 'registers', unit, table: 'holding', address, count } as const
}

describe('drivers', () => {
  it('are found by being there', () => {
    expect(CASES.length).toBeGreaterThan(0)
    expect(DOCUMENT_CASES.length).toBeGreaterThan(0)
  })
})

describe.each(CASES)('driver contract: $title', ({ scheme, driver, server }) => {
  async function start(): Promise<{ link: RegisterLink; device: DeviceServer }> {
    const device = await server.listen(`${scheme}://127.0.0.1:0`, new Map([[1, memory()]]), {
      clock: systemClock,
      serial: null,
      answerDelayMs: 0,
    })
    const link = driver.open(device.url, LINK_SETTINGS)
    open.push(device, link)
    if (link.kind !== 'registers') throw new Error(`${scheme} has no registers`)
    return { link, device }
  }

  it('reads exactly what was asked for, and what was written', async () => {
    const { link } = await start()
    expect(await link.read(holding(100, 3), options())).toEqual([100, 101, 102])
    await link.write(
      { kind: 'registers', unit: 1, table: 'holding', address: 101, words: [7, 8], functionCode: null },
      options(),
    )
    await link.write({ kind: 'mask', unit: 1, address: 100, andMask: 0xff00, orMask: 0x0001 }, options())
    expect(await link.read(holding(100, 3), options())).toEqual([1, 7, 8])
    expect(link.state).toBe('open')
    expect(link.counters.requests).toBe(4)
  })

  it('answers many calls at once, each with its own value', async () => {
    const { link } = await start()
    const calls = Array.from({ length: 40 }, (_, index) => link.read(holding(index * 3, 2), options()))
    expect(await Promise.all(calls)).toEqual(Array.from({ length: 40 }, (_, index) => [index * 3, index * 3 + 1]))
  })

  it('tells refusals, silence and nonsense apart by their codes', async () => {
    const { link } = await start()
    await expect(link.read(holding(60_000, 1), options())).rejects.toMatchObject({
      code: 'DEVICE_EXCEPTION',
      details: { exceptionCode: 2 },
    })
    await expect(link.read(holding(0, 1, 77), options(undefined, 100))).rejects.toMatchObject({
      code: 'DEVICE_TIMEOUT',
    })
    await expect(link.read(holding(65_535, 2), options())).rejects.toMatchObject({ code: 'REQUEST_INVALID' })
    expect(await link.read(holding(5, 1), options())).toEqual([5])
  })

  it('settles an aborted call at once with the reason', async () => {
    const { link } = await start()
    const stop = new AbortController()
    const call = link.read(holding(0, 1, 77), options(stop.signal, 5000))
    stop.abort(new Error('enough'))
    await expect(call).rejects.toThrow('enough')
    await expect(link.read(holding(0, 1), options(stop.signal))).rejects.toThrow('enough')
  })

  it('settles every call when it closes, and those that come later', async () => {
    const { link } = await start()
    const calls = Array.from({ length: 5 }, () =>
      link.read(holding(0, 1, 77), options(undefined, 5000)).catch((error: unknown) => error),
    )
    await link.close()
    for (const error of await Promise.all(calls)) expect(error).toMatchObject({ code: 'LINK_CLOSED' })
    await expect(link.read(holding(0, 1), options())).rejects.toMatchObject({ code: 'LINK_CLOSED' })
    expect(link.state).toBe('closed')
    await link.close()
  })

  it('fails calls while nobody is there, within their time-out', async () => {
    const { link, device } = await start()
    await link.read(holding(0, 1), options())
    await device.close()
    for (let turn = 0; turn < 3; turn += 1) {
      const error: unknown = await link.read(holding(0, 1), options(undefined, 200)).catch((reason: unknown) => reason)
      expect(['LINK_UNREACHABLE', 'LINK_CLOSED']).toContain(isObject(error) ? error['code'] : error)
    }
  })

  it('comes back by itself when the device does', async () => {
    const { link, device } = await start()
    await link.read(holding(0, 1), options())
    await device.close()
    await link.read(holding(0, 1), options(undefined, 200)).catch(() => undefined)
    open.push(
      await server.listen(device.url, new Map([[1, memory()]]), { clock: systemClock, serial: null, answerDelayMs: 0 }),
    )
    let value: unknown = null
    for (let turn = 0; turn < 20 && value === null; turn += 1) {
      value = await link.read(holding(9, 1), options(undefined, 1000)).catch(async () => {
        await new Promise((resolve) => setTimeout(resolve, 100))
        return null
      })
    }
    expect(value).toEqual([9])
    expect(link.counters.reconnects).toBeGreaterThan(0)
  })

  it('shows each frame while somebody listens', async () => {
    const { link } = await start()
    await link.read(holding(0, 1), options())
    const entries: TraceEntry[] = []
    const stop = link.trace((entry) => entries.push(entry))
    await link.read(holding(0, 1), options())
    stop()
    await link.read(holding(0, 1), options())
    expect(entries.map((entry) => entry.direction)).toEqual(['sent', 'received'])
    expect(entries.every((entry) => entry.bytes.length > 0 && entry.note === '')).toBe(true)
  })

  it('refuses addresses that it does not know', () => {
    expect(() => driver.open(`${scheme}://`, LINK_SETTINGS)).toThrow(expect.objectContaining({ code: 'LINK_BAD_URL' }))
    expect(() => driver.open('no-such-scheme://host', LINK_SETTINGS)).toThrow(
      expect.objectContaining({ code: 'LINK_BAD_URL' }),
    )
  })
})

const AWAY_CODES = ['LINK_UNREACHABLE', 'LINK_CLOSED', 'DEVICE_TIMEOUT']
const NONSENSE_CODES = ['DEVICE_BAD_ANSWER', 'DEVICE_TIMEOUT']

for (const each of DOCUMENT_CASES) {
  const peers = each.scheme === 'mqtt' ? [mosquitto] : []
  describeWithPeers(`driver contract of documents: ${each.title}`, peers, () => {
    it('asks, and gets what the device says, with the time it came', async () => {
      const { link, dialect } = await documentStage(each)
      const before = systemClock.monotonic()
      const answer = await link.ask(dialect.question(7), options())
      expect(dialect.answers(answer, 7)).toBe(true)
      expect(answer.at).toBeGreaterThanOrEqual(before)
      expect(answer.at).toBeLessThanOrEqual(systemClock.monotonic())
      expect(link.state).toBe('open')
      if (dialect.asks) expect(link.counters).toMatchObject({ requests: 1, timeouts: 0, exceptions: 0, badAnswers: 0 })
    })

    it('tells, and the device hears it once', async () => {
      const { link, dialect, device } = await documentStage(each)
      // A telegram meter takes no orders: its driver says so.
      const order = dialect.order ?? ({ kind: 'publish', topic: 'a', payload: '', retain: false } as const)
      const told = link.tell(order, options())
      if (dialect.order === null) {
        await expect(told).rejects.toMatchObject({ code: 'REQUEST_INVALID' })
        return
      }
      await told
      await expect.poll(() => device.heard).toHaveLength(1)
      expect(device.heard[0]).toMatch(/limit.13/)
    })

    it('refuses kinds of requests that it does not know', async () => {
      const { link, dialect } = await documentStage(each)
      for (const other of DIALECTS.filter(({ kind }) => kind !== dialect.kind)) {
        await expect(link.ask(other.question(0), options())).rejects.toMatchObject({ code: 'REQUEST_INVALID' })
        if (other.order === null) continue
        await expect(link.tell(other.order, options())).rejects.toMatchObject({ code: 'REQUEST_INVALID' })
      }
    })

    it('answers many calls at once, each with its own value', async () => {
      const { link, dialect } = await documentStage(each)
      const calls = Array.from({ length: 40 }, (_, number) => link.ask(dialect.question(number), options()))
      const answers = await Promise.all(calls)
      expect(answers.map((answer, number) => dialect.answers(answer, number))).toEqual(answers.map(() => true))
    })

    it('tells refusals, silence and nonsense apart by their codes', async () => {
      const stage = await documentStage(each)
      const { link, dialect } = stage
      if (dialect.refused !== null) {
        await expect(link.ask(dialect.refused, options())).rejects.toMatchObject({
          code: 'DEVICE_EXCEPTION',
          details: { status: 404, exceptionCode: 2 },
        })
      }
      const mute = await unanswered(each, stage, 'silence')
      await expect(mute.link.ask(mute.question, options(undefined, 500))).rejects.toMatchObject({
        code: 'DEVICE_TIMEOUT',
      })
      const babbler = await unanswered(each, stage, 'nonsense')
      const nonsense: unknown = await babbler.link
        .ask(babbler.question, options(undefined, dialect.asks ? 1000 : 300))
        .catch((error: unknown) => error)
      // Whoever waits for what comes by itself may take nonsense for silence.
      const codes = dialect.asks ? ['DEVICE_BAD_ANSWER'] : NONSENSE_CODES
      expect(codes).toContain(isObject(nonsense) ? nonsense['code'] : nonsense)
      expect(dialect.answers(await link.ask(dialect.question(5), options()), 5)).toBe(true)
    })

    it('settles an aborted call at once with the reason', async () => {
      const { link, question } = await unanswered(each, await documentStage(each), 'silence')
      const stop = new AbortController()
      const calls = [1, 2, 3].map(() =>
        link.ask(question, options(stop.signal, 60_000)).catch((error: unknown) => error),
      )
      stop.abort(new Error('enough'))
      for (const error of await Promise.all(calls)) expect(error).toEqual(new Error('enough'))
      await expect(link.ask(question, options(stop.signal))).rejects.toThrow('enough')
    })

    it('settles every call when it closes, and those that come later', async () => {
      const stage = await documentStage(each)
      const { link, question } = await unanswered(each, stage, 'silence')
      const calls = Array.from({ length: 5 }, () =>
        link.ask(question, options(undefined, 60_000)).catch((error: unknown) => error),
      )
      await link.close()
      for (const error of await Promise.all(calls)) expect(error).toMatchObject({ code: 'LINK_CLOSED' })
      await expect(link.ask(question, options())).rejects.toMatchObject({ code: 'LINK_CLOSED' })
      if (stage.dialect.order !== null) {
        await expect(link.tell(stage.dialect.order, options())).rejects.toMatchObject({ code: 'LINK_CLOSED' })
      }
      expect(link.state).toBe('closed')
      await link.close()
    })

    it('gives no value as new while nobody is there, and comes back by itself', async () => {
      const { link, dialect, goAway, comeBack } = await documentStage(each)
      await link.ask(dialect.question(0), options())
      await goAway()
      const goneAt = systemClock.monotonic()
      let noticed = false
      for (let turn = 1; turn <= 3; turn += 1) {
        const outcome: unknown = await link
          .ask(dialect.question(turn), options(undefined, 200))
          .catch((error: unknown) => error)
        noticed ||= link.state !== 'open'
        if (isObject(outcome) && 'at' in outcome) expect(outcome['at']).toBeLessThanOrEqual(goneAt)
        else expect(AWAY_CODES).toContain(isObject(outcome) ? outcome['code'] : outcome)
      }
      await comeBack()
      const backAt = systemClock.monotonic()
      await expect
        .poll(
          async () => {
            const answer = await link.ask(dialect.question(4), options()).catch(() => null)
            return answer !== null && answer.at >= backAt && dialect.answers(answer, 4)
          },
          { timeout: 15_000, interval: 50 },
        )
        .toBe(true)
      expect(link.state).toBe('open')
      if (noticed) expect(link.counters.reconnects).toBeGreaterThan(0)
    })

    it('shows what passes while somebody listens', async () => {
      const { link, dialect } = await documentStage(each)
      await link.ask(dialect.question(0), options())
      const entries: TraceEntry[] = []
      const stop = link.trace((entry) => entries.push(entry))
      await link.ask(dialect.question(1), options())
      await expect.poll(() => entries.some(({ direction }) => direction === 'received')).toBe(true)
      stop()
      const shown = entries.length
      await link.ask(dialect.question(2), options())
      expect(entries).toHaveLength(shown)
      const frames = entries.filter(({ direction }) => direction !== 'event')
      if (dialect.asks) expect(frames.map(({ direction }) => direction)).toEqual(['sent', 'received'])
      expect(frames.every((entry) => entry.bytes.length > 0 && entry.note === '')).toBe(true)
    })

    it('refuses addresses that it does not know', () => {
      for (const url of [
        `${each.scheme}://127.0.0.1:99999`,
        `${each.scheme}://127.0.0.1:1?no-such-option=1`,
        'no-such-scheme://host',
      ]) {
        expect(() => each.driver.open(url, LINK_SETTINGS)).toThrow(expect.objectContaining({ code: 'LINK_BAD_URL' }))
      }
    })
  })
}
