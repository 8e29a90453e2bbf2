/** What every driver owes the site. A folder in `drivers/` is tested by being there, against its own server. */
import { existsSync, readdirSync } from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'

import { systemClock } from '../../src/model/clock.ts'
import type {
  DeviceServer,
  Driver,
  RegisterLink,
  RegisterBank,
  RequestOptions,
  ServerDriver,
  TraceEntry,
} from '../../src/model/driver.ts'
import { BridgeError } from '../../src/model/errors.ts'

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

interface Pair {
  readonly name: string
  readonly driver: Driver
  readonly server: ServerDriver
}

/** Every folder with an index, and the schemes that work on a socket of this machine. */
async function pairs(): Promise<readonly Pair[]> {
  const found: Pair[] = []
  for (const folder of readdirSync(ROOT, { withFileTypes: true })) {
    const index = new URL(`${folder.name}/index.ts`, ROOT)
    if (!folder.isDirectory() || !existsSync(index)) continue
    const module: unknown = await import(index.href)
    const parts = isObject(module) ? Object.values(module) : []
    const driver = parts.find(isDriver)
    const server = parts.find(isServerDriver)
    if (driver === undefined || server === undefined)
      throw new Error(`drivers/${folder.name}/index.ts exports no Driver and ServerDriver`)
    found.push({ name: folder.name, driver, server })
  }
  return found
}

const CASES = (await pairs()).flatMap(({ name, driver, server }) =>
  driver.schemes
    .filter((scheme) => scheme === 'tcp' || scheme.endsWith('+tcp'))
    .map((scheme) => ({ title: `${name}, ${scheme}`, scheme, driver, server })),
)

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
