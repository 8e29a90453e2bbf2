/** What a mapping leaves to the installer, from the words of the command line to the registers and back. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createRegistry, openDeviceAlone, simulateAlone } from '../../src/site/facade.ts'

const METER = `
device: Own Meter
kind: meter
modbus: {tcp: 502}
identity: {firmware: {at: 5}}
options: {ct_ratio: {text: Ratio, range: 1..2000}}
read: {current: {at: [10, 11, 12], unit: 0.01 A, times: ct_ratio}}
meters: {second: {read: {current: {at: [20, 21, 22]}}}}
variants:
  - {name: old, when: firmware < 7, read: {current: {unit: 0.1 A}}}
  - {name: new, when: otherwise}
`
const signal = new AbortController().signal

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ampbridge-settings-'))
  writeFileSync(join(folder, 'own-meter.yaml'), METER)
})
afterAll(() => rmSync(folder, { recursive: true }))

const common = () => ({ registry: createRegistry(), mapping: './own-meter.yaml', folder, unit: null })

it.each([
  [{}, [5, 6, 7]],
  [{ meter: 'second' }, [5, 6, 7]],
  [{ variant: 'new' }, [5, 6, 7]],
])('a device simulated with %o is read with the same settings', async (more, amps) => {
  const options = { ct_ratio: '2' }
  const simulated = await simulateAlone({ ...common(), listen: 'tcp://127.0.0.1:0', options, ...more })
  const device = openDeviceAlone({ ...common(), connect: simulated.url, connector: 1, options, ...more })
  try {
    expect((await device.read(signal)).values.current).toEqual(amps)
  } finally {
    await device.close()
    await simulated.close()
  }
})

it('wrong settings are refused before anything is opened', async () => {
  const open = (settings: object) =>
    openDeviceAlone({ ...common(), connect: 'tcp://127.0.0.1:1', connector: 1, ...settings })
  expect(() => open({})).toThrow('the option `ct_ratio` must be set')
  expect(() => open({ options: { ct_ratio: 'x' } })).toThrow('"x" is not a number')
  expect(() => open({ options: { ct_ratio: '4' }, meter: 'third' })).toThrow('there is no meter "third"')
  await expect(
    simulateAlone({ ...common(), listen: 'tcp://127.0.0.1:0', options: { ct_ratio: '4' }, variant: 'newest' }),
  ).rejects.toThrow('the variant "newest"')
})
