/** Finding devices: real sockets on several addresses of this machine, a real serial line (a pty pair). */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { modbusServer } from '../../drivers/modbus/index.ts'
import { parseUnits } from '../../src/cli/scan-command.ts'
import { instantClock, mappingLibrary, simulateDevice } from '../../src/mapping/index.ts'
import { systemClock } from '../../src/model/clock.ts'
import type { DeviceServer, RegisterBank } from '../../src/model/driver.ts'
import { BridgeError } from '../../src/model/errors.ts'
import { ptyPair, socat } from '../peers/pty-pair.ts'
import { describeWithPeers } from '../peers/require-peer.ts'
import { ampbridge } from './command.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ampbridge-scan-'))
})
afterAll(() => rm(folder, { recursive: true }))

const open: DeviceServer[] = []
afterEach(async () => {
  for (const server of open.splice(0)) await server.close()
})

async function serve(url: string, units: ReadonlyMap<number, RegisterBank>): Promise<string> {
  const server = await modbusServer.listen(url, units, { clock: systemClock, serial: null, answerDelayMs: 0 })
  open.push(server)
  return server.url
}

function keba(): ReadonlyMap<number, RegisterBank> {
  return simulateDevice(mappingLibrary().load('keba-p30'), { clock: instantClock() }).units
}

/** A device that nobody has described: 230.4 V, 50.0 Hz and its name, each somewhere. */
function unknown(): RegisterBank {
  const registers = new Map<number, number>()
  const put = (address: number, ...words: readonly number[]) =>
    words.forEach((word, index) => registers.set(address + index, word))
  put(100, 0x4366, 0x6666, 0, 0)
  put(500, 500, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7)
  put(3000, 0x4163, 0x6d65, 0x2042, 0x6f78, 0x2033)
  return {
    read: ({ table, address, count }) =>
      Array.from({ length: count }, (_, index) => {
        const word = table === 'input' ? registers.get(address + index) : undefined
        if (word === undefined) throw new BridgeError('DEVICE_EXCEPTION', 'not here', { details: { exceptionCode: 2 } })
        return word
      }),
    write: () => {
      throw new Error('a search never writes')
    },
  }
}

describe('scan', () => {
  it('finds the devices of a network and the mappings they fit', async () => {
    const url = await serve('tcp://127.0.0.3:0', keba())
    const port = new URL(url).port
    const { code, out, err } = await ampbridge(['scan', `tcp://127.0.0.0:${port}/29`, '--units', '1,255'], { folder })
    expect({ code, out }).toEqual({ code: 0, out: `tcp://127.0.0.3:${port} unit 255: keba-p30 (KEBA KeContact P30)` })
    expect(err.split('\n').at(-1)).toBe('1 device found')
  })

  it('says what it cannot look at', async () => {
    expect(await ampbridge(['scan', 'tcp://10.0.0.0/8'], { folder })).toMatchObject({
      code: 2,
      err: expect.stringContaining('at most 1024'),
    })
    expect(await ampbridge(['scan', 'tcp://house/24'], { folder })).toMatchObject({
      code: 2,
      err: expect.stringContaining('four numbers'),
    })
    expect(await ampbridge(['scan', 'mqtt://broker'], { folder })).toMatchObject({
      code: 2,
      err: expect.stringContaining('tcp://192.168.1.0/24'),
    })
    expect(await ampbridge(['scan', 'tcp://127.0.0.1', '--units', '300'], { folder })).toMatchObject({ code: 2 })
  })

  it('takes unit ids as a person writes them', () => {
    expect(parseUnits('1-3, 100,3')).toEqual([1, 2, 3, 100])
    for (const wrong of ['', '1-', '9-3', '256', 'all']) expect(() => parseUnits(wrong)).toThrow()
  })
})

describe('draft', () => {
  it('offers the mapping that fits', async () => {
    const url = await serve('tcp://127.0.0.1:0', keba())
    const { code, out, err } = await ampbridge(['mappings', 'draft', '--connect', url, '--unit', '255'], { folder })
    expect({ code, out }).toEqual({ code: 0, out: '' })
    expect(err).toContain('fits: keba-p30 (KEBA KeContact P30)')
  })

  it('finds the registers of an unknown device and guesses what they are', async () => {
    const url = await serve('tcp://127.0.0.1:0', new Map([[1, unknown()]]))
    const { code, out } = await ampbridge(['mappings', 'draft', '--connect', url], { folder })
    expect(code).toBe(0)
    const lines = out.split('\n')
    expect(lines).toContain('#   input   100: 4366 6666 0000 0000')
    expect(lines).toContain('#   input  3000: 4163 6D65 2042 6F78 2033')
    expect(lines.filter((line) => line.startsWith('#   input   5'))).toHaveLength(3)
    expect(lines).toContain('  voltage: {table: input, at: 100, type: f32, unit: V}   # now 230.4')
    expect(lines).toContain('  frequency: {table: input, at: 500, type: u16, unit: 0.1 Hz}   # now 50')
    expect(lines).toContain('#   input 3000 is text: "Acme Box 3" (type: text, len: 5)')
    expect(lines).toContain('defaults: {table: input}')
  })

  it('is a file that loads, so that its registers can be watched while it is filled in', async () => {
    const url = await serve('tcp://127.0.0.1:0', new Map([[1, unknown()]]))
    const { out } = await ampbridge(['mappings', 'draft', '--connect', url], { folder })
    await writeFile(join(folder, 'drafted.yaml'), out)
    expect((await ampbridge(['mappings', 'check', './drafted.yaml'], { folder })).code).toBe(0)
    const watch = await ampbridge(['mappings', 'watch', '--mapping', './drafted.yaml', '--connect', url, '--once'], {
      folder,
    })
    expect(watch.out).toMatch(/input 500 +0x01F4 +i500 500/)
    const { out: read } = await ampbridge(['read', '--mapping', './drafted.yaml', '--connect', url, '--json'], {
      folder,
    })
    expect(JSON.parse(read)).toMatchObject({ values: { voltage: [expect.closeTo(230.4, 1)], frequency: 50 } })
  })
})

describeWithPeers('scan of a serial line', [socat], () => {
  it('finds the units of a bus at the usual settings', async () => {
    const line = await ptyPair()
    const mapping = mappingLibrary().load('heidelberg-energy-control')
    const { units } = simulateDevice(mapping, { clock: instantClock(), unit: 2 })
    await serve(`rtu:${line.one}`, units)
    const { code, out, err } = await ampbridge(['scan', `rtu:${line.other}`, '--units', '1-3', '--json'], { folder })
    await line.remove()
    expect(code).toBe(0)
    expect(JSON.parse(out)).toMatchObject({ connect: expect.stringMatching(/\?baud=\d+&format=8[NE][12]$/), unit: 2 })
    expect(err.split('\n').at(-1)).toBe('1 device found')
  })
})
