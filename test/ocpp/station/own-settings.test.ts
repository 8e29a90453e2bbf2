/** Settings that no OCPP version knows, on a station like any other. */
import { expect, test } from 'vitest'
import { BridgeError } from '../../../src/model/errors.ts'
import type { OwnSettings } from '../../../src/ocpp/station/own-settings.ts'
import { Rig } from './rig.ts'

/** `colour` takes any colour but the empty one; notes who changed it. */
class Paint implements OwnSettings {
  colour = 'red'
  readonly by: string[] = []
  fault: BridgeError | null = null

  list: OwnSettings['list'] = () => [{ key: 'colour', value: this.colour }]
  find: OwnSettings['find'] = (key) => (key.toLowerCase() === 'colour' ? { key: 'colour', value: this.colour } : null)
  change: OwnSettings['change'] = (key, value, by) => {
    if (this.fault !== null) return Promise.reject(this.fault)
    if (this.find(key) === null) return Promise.resolve('not-supported')
    if (value === '') return Promise.resolve('rejected')
    this.colour = value
    this.by.push(by)
    return Promise.resolve('accepted')
  }
}

const COLOUR = (value: string) => ({ key: 'colour', readonly: false, value })
const keysOf = (answer: unknown): readonly { readonly key: string }[] =>
  (answer as { readonly configurationKey?: readonly { readonly key: string }[] }).configurationKey ?? []

test('are told beside the standard ones, and by name in any case, once', async () => {
  const rig = await Rig.start({ own: new Paint() })
  const all = keysOf(await rig.request('GetConfiguration', {}))
  expect(all).toContainEqual(COLOUR('red'))
  expect(all.length).toBeGreaterThan(40)
  expect(await rig.request('GetConfiguration', { key: ['COLOUR', 'Colour', 'ResetRetries', 'shape'] })).toEqual({
    configurationKey: [{ key: 'ResetRetries', readonly: false, value: '0' }, COLOUR('red')],
    unknownKey: ['shape'],
  })
})

test('are changed by who keeps them, who hears whose wish it was', async () => {
  const own = new Paint()
  const rig = await Rig.start({ own, upstreams: ['operator', 'mirror'] })
  expect(await rig.request('ChangeConfiguration', { key: 'Colour', value: 'blue' })).toEqual({ status: 'Accepted' })
  expect([own.colour, own.by]).toEqual(['blue', ['operator']])
  expect(await rig.request('GetConfiguration', { key: ['colour'] })).toEqual({ configurationKey: [COLOUR('blue')] })
  expect(await rig.request('ChangeConfiguration', { key: 'colour', value: '' })).toEqual({ status: 'Rejected' })
  expect(await rig.request('ChangeConfiguration', { key: 'shape', value: 'round' })).toEqual({
    status: 'NotSupported',
  })
  const mirror = rig.csmses.get('mirror')
  expect(await mirror?.send('ChangeConfiguration', { key: 'colour', value: 'green' })).toEqual({ status: 'Rejected' })
  expect(own.colour).toBe('blue')
})

test('that the disk did not take are no success', async () => {
  const own = new Paint()
  const rig = await Rig.start({ own })
  own.fault = new BridgeError('LEDGER_FULL', 'the disk is full')
  await expect(rig.request('ChangeConfiguration', { key: 'colour', value: 'blue' })).rejects.toThrow(
    'the request could not be carried out',
  )
  expect(own.colour).toBe('red')
})

test('a station that has none does not know them', async () => {
  const rig = await Rig.start()
  expect(await rig.request('GetConfiguration', { key: ['colour'] })).toEqual({ unknownKey: ['colour'] })
  expect(await rig.request('ChangeConfiguration', { key: 'colour', value: 'blue' })).toEqual({ status: 'NotSupported' })
})
