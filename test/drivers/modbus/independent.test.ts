/** Other people's Modbus on the other end: modbus-serial, pymodbus, and mbpoll, which is libmodbus. */
import { execFile } from 'node:child_process'
import { default as modbusSerial } from 'modbus-serial'
import { afterEach, describe, expect, it } from 'vitest'

import { modbusDriver, modbusServer, type ModbusLink } from '../../../drivers/modbus/index.ts'
import { systemClock } from '../../../src/model/clock.ts'
import { ptyPair, socat, type PtyPair } from '../../peers/pty-pair.ts'
import { freePort, pymodbus, pythonClient, pythonServer, type PythonFramer } from '../../peers/python-peer.ts'
import { describeWithPeers, peer } from '../../peers/require-peer.ts'
import { addressBank, type AddressBank } from './address-bank.ts'
import { asking, registers } from './memory-wire.ts'

const mbpoll = peer('mbpoll', ['mbpoll', '-V'])
const ModbusSerial = modbusSerial.default
const open: { close(): Promise<void> }[] = []

afterEach(async () => {
  for (const each of open.splice(0).toReversed()) await each.close()
})

function linkTo(url: string): ModbusLink {
  const link = modbusDriver.open(url, { clock: systemClock, random: Math.random, serial: null, echo: false })
  open.push(link)
  return link
}

async function serve(url: string): Promise<{ url: string; port: number; units: ReadonlyMap<number, AddressBank> }> {
  const units = new Map([
    [1, addressBank()],
    [2, addressBank(1000)],
  ])
  const server = await modbusServer.listen(url, units, { clock: systemClock, serial: null, answerDelayMs: 0 })
  open.push(server)
  return { url: server.url, port: Number(/:(\d+)$/.exec(server.url)?.[1]), units }
}

async function ports(): Promise<PtyPair> {
  const pair = await ptyPair()
  open.push({ close: () => pair.remove() })
  return pair
}

describe('modbus-serial', () => {
  it.each(['tcp', 'rtu+tcp'] as const)('as client finds all it asks for at our server over %s', async (scheme) => {
    const { port, units } = await serve(`${scheme}://127.0.0.1:0`)
    const client = new ModbusSerial()
    if (scheme === 'tcp') await client.connectTCP('127.0.0.1', { port })
    // Its "telnet" port is RTU over TCP; its "TcpRTUBuffered" wraps MBAP frames.
    else await client.connectTelnet('127.0.0.1', { port })
    open.push({
      close: () =>
        new Promise((resolve) => {
          client.close(() => resolve())
        }),
    })
    client.setID(1)
    client.setTimeout(2000)
    expect((await client.readHoldingRegisters(100, 3)).data).toEqual([100, 101, 102])
    expect((await client.readInputRegisters(7, 125)).data).toEqual(Array.from({ length: 125 }, (_, index) => 7 + index))
    expect((await client.readCoils(0, 5)).data.slice(0, 5)).toEqual([true, false, false, true, false])
    expect((await client.readDiscreteInputs(3, 2)).data.slice(0, 2)).toEqual([true, false])
    await client.writeRegister(10, 4711)
    await client.writeRegisters(11, [1, 2])
    await client.writeCoil(1, true)
    await client.writeCoils(2, [true, false])
    expect(units.get(1)?.writes.map(({ address, words, functionCode }) => [functionCode, address, words])).toEqual([
      [6, 10, [4711]],
      [16, 11, [1, 2]],
      [5, 1, [1]],
      [15, 2, [1, 0]],
    ])
    await expect(client.readHoldingRegisters(60_000, 1)).rejects.toMatchObject({ modbusCode: 2 })
  })

  it('as server gives our client the right values over TCP', async () => {
    const written: (readonly [number, number])[] = []
    const port = await freePort()
    const { ServerTCP } = await import('modbus-serial')
    const server = new ServerTCP(
      {
        getHoldingRegister: (address: number) => address,
        getInputRegister: (address: number) => address + 1,
        getCoil: (address: number) => address % 2 === 0,
        setRegister: (address: number, value: number) => {
          written.push([address, value])
        },
      },
      { host: '127.0.0.1', port, unitID: 1 },
    )
    await new Promise((resolve) => server.on('initialized', resolve))
    open.push({
      close: () =>
        new Promise((resolve) => {
          server.close(() => resolve())
        }),
    })
    const link = linkTo(`tcp://127.0.0.1:${port}`)
    expect(await link.read(registers(1, 40, 4), asking())).toEqual([40, 41, 42, 43])
    expect(await link.read({ ...registers(1, 40, 2), table: 'input' }, asking())).toEqual([41, 42])
    expect(await link.read({ ...registers(1, 40, 3), table: 'coil' }, asking())).toEqual([1, 0, 1])
    await link.write(
      { kind: 'registers', unit: 1, table: 'holding', address: 3, words: [99], functionCode: null },
      asking(),
    )
    await link.write(
      { kind: 'registers', unit: 1, table: 'holding', address: 4, words: [1, 2], functionCode: null },
      asking(),
    )
    expect(written).toEqual([
      [3, 99],
      [4, 1],
      [5, 2],
    ])
  })
})

describeWithPeers('modbus-serial on a serial port', [socat], () => {
  it('as server gives our client the right values over RTU', async () => {
    const pair = await ports()
    const { ServerSerial } = await import('modbus-serial')
    const server = new ServerSerial(
      { getHoldingRegister: (address: number) => address, getInputRegister: (address: number) => address + 1 },
      { path: pair.other, baudRate: 19200, unitID: 1 },
    )
    await new Promise((resolve) => server.on('initialized', resolve))
    open.push({
      close: () =>
        new Promise((resolve) => {
          server.close(() => resolve())
        }),
    })
    const link = linkTo(`rtu:${pair.one}?baud=19200`)
    expect(await link.read(registers(1, 40, 4), asking())).toEqual([40, 41, 42, 43])
    expect(await link.read({ ...registers(1, 40, 2), table: 'input' }, asking())).toEqual([41, 42])
  })
})

/** What every wire to pymodbus must give. */
async function checkAgainstPython(link: ModbusLink, identification: boolean): Promise<void> {
  const patient = asking({ timeoutMs: 400, retries: 10 })
  // It may not listen yet. What is asked in vain here looks like nothing that is asked below, which thus need not wait for late answers.
  await link.read({ ...registers(2, 0, 1), table: 'discrete' }, patient)
  expect(await link.read(registers(1, 100, 4), patient)).toEqual([100, 101, 102, 103])
  expect(await link.read({ ...registers(2, 7, 125), table: 'input' }, patient)).toEqual(
    Array.from({ length: 125 }, (_, index) => 2007 + index),
  )
  expect(await link.read({ ...registers(1, 0, 11), table: 'coil' }, patient)).toEqual([1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1])
  expect(await link.read({ ...registers(1, 3, 4), table: 'discrete' }, patient)).toEqual([1, 0, 0, 1])
  await link.write(
    { kind: 'registers', unit: 1, table: 'holding', address: 10, words: [0x1234], functionCode: null },
    patient,
  )
  await link.write(
    { kind: 'registers', unit: 1, table: 'holding', address: 11, words: [1, 2, 65535], functionCode: null },
    patient,
  )
  await link.write({ kind: 'registers', unit: 1, table: 'coil', address: 1, words: [1], functionCode: null }, patient)
  await link.write(
    { kind: 'registers', unit: 1, table: 'coil', address: 3, words: [1, 0, 1], functionCode: null },
    patient,
  )
  await link.write({ kind: 'mask', unit: 1, address: 10, andMask: 0xff00, orMask: 0x00aa }, patient)
  expect(await link.read(registers(1, 10, 4), patient)).toEqual([0x12aa, 1, 2, 65535])
  expect(await link.read({ ...registers(1, 0, 6), table: 'coil' }, patient)).toEqual([1, 1, 1, 1, 0, 1])
  expect(
    await link.readWrite({ unit: 1, readAddress: 10, readCount: 2, writeAddress: 11, words: [77] }, patient),
  ).toEqual([0x12aa, 77])
  await expect(link.read(registers(1, 5000, 1), patient)).rejects.toMatchObject({
    code: 'DEVICE_EXCEPTION',
    details: { exceptionCode: 2 },
  })
  if (identification) {
    expect(await link.readDeviceIdentification({ unit: 1, level: 1, objectId: 0 }, patient)).toEqual(
      new Map([
        [0, 'pymodbus'],
        [1, 'PM'],
        [2, '3.0'],
      ]),
    )
  }
}

/** What pymodbus finds at our server, see python-peer.py. */
const PYTHON_FINDS = {
  holding: [100, 101, 102, 103, 104],
  input: [1007, 1008, 1009],
  coils: [1, 0, 0, 1, 0, 0, 1, 0, 0, 1],
  discrete: [1, 0, 0, 1, 0, 0, 1, 0, 0],
  writeOne: 'done',
  writeMany: 'done',
  writeCoil: 'done',
  writeCoils: 'done',
  mask: 'done',
  // 4711 with its low byte replaced by 0xAA, and 77 written in the same request.
  readWrite: [4778, 1, 77, 65535],
  coilsAfter: [1, 1, 0, 1],
  refused: { exception: 2 },
}

describeWithPeers('pymodbus over sockets', [pymodbus], () => {
  it.each([
    ['tcp', 'tcp'],
    ['rtu+tcp', 'rtu'],
    ['ascii+tcp', 'ascii'],
  ] as const)('as server is read and written by our client over %s', async (scheme, framer: PythonFramer) => {
    const port = await freePort()
    const server = await pythonServer(framer, port)
    open.push({ close: () => server.stop() })
    await checkAgainstPython(linkTo(`${scheme}://127.0.0.1:${port}`), framer === 'tcp')
  })

  it.each([
    ['tcp', 'tcp'],
    ['rtu+tcp', 'rtu'],
    ['ascii+tcp', 'ascii'],
  ] as const)('as client finds all it asks for at our server over %s', async (scheme, framer: PythonFramer) => {
    const { port } = await serve(`${scheme}://127.0.0.1:0`)
    expect(await pythonClient(framer, port)).toMatchObject(PYTHON_FINDS)
  })

  it('reads who we are', async () => {
    const { port } = await serve('tcp://127.0.0.1:0')
    expect(await pythonClient('tcp', port)).toMatchObject({ identification: ['ampbridge', 'bank', '1.0'] })
  })
})

describeWithPeers('pymodbus over serial ports', [pymodbus, socat], () => {
  it.each(['rtu', 'ascii'] as const)('as server is read and written by our client over %s', async (framer) => {
    const pair = await ports()
    const server = await pythonServer(framer, pair.other)
    open.push({ close: () => server.stop() })
    await checkAgainstPython(linkTo(`${framer}:${pair.one}?baud=19200&format=8N1`), false)
  })

  it.each(['rtu', 'ascii'] as const)('as client finds all it asks for at our server over %s', async (framer) => {
    const pair = await ports()
    await serve(`${framer}:${pair.one}?baud=19200&format=8N1`)
    expect(await pythonClient(framer, pair.other)).toMatchObject(PYTHON_FINDS)
  })
})

/** The values that mbpoll prints, in order. */
function poll(args: readonly string[]): Promise<readonly number[]> {
  return new Promise((resolve, reject) => {
    execFile('mbpoll', ['-1', '-0', ...args], { timeout: 10_000 }, (error, stdout, stderr) => {
      if (error !== null) reject(new Error(`mbpoll failed: ${stdout}${stderr}`, { cause: error }))
      else resolve([...stdout.matchAll(/^\[\d+\]:\s+(\d+)/gm)].map(([, digits]) => Number(digits)))
    })
  })
}

describeWithPeers('mbpoll (libmodbus)', [mbpoll, socat], () => {
  it('reads and writes our server over TCP', async () => {
    const { port, units } = await serve('tcp://127.0.0.1:0')
    const target = ['-p', String(port), '127.0.0.1']
    expect(await poll(['-a', '2', '-r', '100', '-c', '5', ...target])).toEqual([1100, 1101, 1102, 1103, 1104])
    expect(await poll(['-t', '0', '-r', '0', '-c', '4', ...target])).toEqual([1, 0, 0, 1])
    await poll(['-r', '10', ...target, '4711', '4712'])
    expect(units.get(1)?.writes.map(({ address, words }) => [address, words])).toEqual([[10, [4711, 4712]]])
  })

  it('reads and writes our server over RTU', async () => {
    const pair = await ports()
    const { units } = await serve(`rtu:${pair.one}?baud=19200&format=8N1`)
    const line = ['-m', 'rtu', '-b', '19200', '-P', 'none', pair.other]
    expect(await poll(['-a', '2', '-r', '100', '-c', '125', ...line])).toEqual(
      Array.from({ length: 125 }, (_, index) => 1100 + index),
    )
    await poll(['-a', '1', '-r', '10', ...line, '7'])
    expect(units.get(1)?.writes.map(({ address, words }) => [address, words])).toEqual([[10, [7]]])
  })
})
