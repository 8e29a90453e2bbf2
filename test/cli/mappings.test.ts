/** The tools for a person with a mapping and no device. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { instantClock, loadMapping, simulateDevice } from '../../src/mapping/index.ts'
import { systemClock } from '../../src/model/clock.ts'
import { modbusServer } from '../../drivers/modbus/index.ts'
import { ampbridge } from './command.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ampbridge-mappings-'))
  await mkdir(join(folder, 'mappings'))
  await writeFile(join(folder, 'mappings/own-box.yaml'), OWN)
})
afterAll(() => rm(folder, { recursive: true }))

const OWN = `device: Own Box
kind: meter
modbus: {tcp: 502}
read: {power: {at: 20, unit: W}}
examples:
  - {given: {20: [230]}, expect: {power: 230}}
`

it('lists what is known, by any of its names, own files too', async () => {
  const { code, out } = await ampbridge(['mappings', 'list', 'bmw'], { folder })
  expect(code).toBe(0)
  expect(out.split('\n')).toEqual([
    expect.stringMatching(/^Name +Device +Speaks +Commands +Status$/),
    expect.stringMatching(/^keba-p30 /),
    expect.stringMatching(/^keba-p30-udp .* udp /),
  ])
  const own = await ampbridge(['mappings', 'list', 'own box', '--json'], { folder })
  expect(JSON.parse(own.out)).toMatchObject([
    { name: 'own-box', about: { kind: 'meter', speaks: 'modbus', signals: ['power'] } },
  ])
})

it('says what is wrong in a file, where, and what to do', async () => {
  await writeFile(join(folder, 'bad.yaml'), OWN.replace('power: {at', 'pwoer: {at'))
  const { code, out } = await ampbridge(['mappings', 'check', 'bad.yaml', 'own-box'], { folder })
  expect(code).toBe(78)
  expect(out.split('\n')).toEqual([
    expect.stringMatching(/bad\.yaml:4:8: read\.pwoer: .*did you mean "power"/),
    'own-box: `source` does not say where the facts come from',
  ])
  expect((await ampbridge(['mappings', 'check', 'own-box'], { folder })).code).toBe(0)
  expect((await ampbridge(['mappings', 'check', '--strict', 'own-box'], { folder })).code).toBe(78)
})

it('runs the examples of a file, and tells which fails', async () => {
  expect(await ampbridge(['mappings', 'test', 'own-box'], { folder })).toMatchObject({
    code: 0,
    out: '1 examples of 1 mappings, 0 failed',
  })
  await writeFile(join(folder, 'wrong.yaml'), OWN.replace('expect: {power: 230}', 'expect: {power: 231}'))
  const { code, out } = await ampbridge(['mappings', 'test', './wrong.yaml'], { folder })
  expect(code).toBe(1)
  expect(out.split('\n')).toEqual([
    expect.stringMatching(/wrong\.yaml:6: power is 230, expected 231$/),
    '1 examples of 1 mappings, 1 failed',
  ])
})

it('tells what will be asked and written', async () => {
  const { code, out } = await ampbridge(['mappings', 'explain', 'heidelberg-energy-control', '--baud', '9600'], {
    folder,
  })
  expect(code).toBe(0)
  expect(out).toMatch(/of the line at 9600 baud.*: \d+ % when asked every 1 s/)
  expect(out).toContain('current, at each new set-point: holding 261, u16')
})

const WITH_TAG = OWN.replace('unit: W}}', 'unit: W}, tag: {at: 30, as: hex}}').replace('[230]}', '[230], 30: [0x04A1]}')

async function box(): Promise<{ readonly url: string; close(): Promise<void> }> {
  const loaded = loadMapping(WITH_TAG, 'tag-box.yaml')
  if ('problems' in loaded) throw new Error(JSON.stringify(loaded.problems))
  const { units } = simulateDevice(loaded.mapping, { clock: instantClock() })
  return modbusServer.listen('tcp://127.0.0.1:0', units, { clock: systemClock, serial: null, answerDelayMs: 0 })
}

it('shows place by place what stands in a device', async () => {
  const device = await box()
  const { code, out } = await ampbridge(
    ['mappings', 'watch', '--mapping', 'own-box', '--connect', device.url, '--once'],
    { folder },
  )
  await device.close()
  expect(code).toBe(0)
  expect(out.split('\n')).toEqual([
    expect.stringMatching(/^Place +Raw +Means +Age$/),
    expect.stringMatching(/^holding 20 +0x00E6 +power 230 +\d\.\d s$/),
  ])
})

it('makes an example of what stands in a device, with what the display showed and without cards', async () => {
  await writeFile(join(folder, 'mappings/tag-box.yaml'), WITH_TAG)
  const device = await box()
  const connect = ['--mapping', 'tag-box', '--connect', device.url]
  const { code, out } = await ampbridge(['mappings', 'record', ...connect, '--display', 'power=231'], { folder })
  await device.close()
  expect(code).toBe(0)
  expect(out.split('\n')).toEqual([
    `  # recorded at ${device.url}`,
    '  - given:',
    '      20: [0x00E6]',
    '    expect: {power: 231}',
  ])
})
