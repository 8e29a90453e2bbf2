import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { SETTINGS, type SettingName } from '../../../src/model/setting.ts'
import { settingProblems, StationSettings } from '../../../src/ocpp/station/settings.ts'
import { evseDescription } from './rig.ts'

const description = {
  id: 'CP-001',
  identity: { vendor: 'V', model: 'M', serial: null, firmware: null, meterType: null, meterSerial: null },
  evses: [evseDescription(1), evseDescription(2, { phases: 1 })],
}
const fresh = (start: readonly (readonly [SettingName, string])[] = []): StationSettings =>
  new StationSettings(description, new Map(start))

describe('a change by the CSMS', () => {
  test.each<[SettingName, string, string]>([
    ['meterValueSampleInterval', '30', 'accepted'],
    ['meterValueSampleInterval', '0', 'accepted'],
    ['meterValueSampleInterval', '-1', 'rejected'],
    ['meterValueSampleInterval', '1000000000', 'rejected'],
    ['meterValueSampleInterval', '1e3', 'rejected'],
    ['meterValueSampleInterval', 'soon', 'rejected'],
    ['meterValueSampleInterval', '', 'rejected'],
    ['transactionMessageAttempts', '0', 'rejected'],
    ['authorizeRemoteTxRequests', 'TRUE', 'accepted'],
    ['authorizeRemoteTxRequests', '1', 'rejected'],
    ['meterValuesSampledData', 'Power.Active.Import,SoC', 'accepted'],
    ['meterValuesSampledData', '', 'accepted'],
    ['meterValuesSampledData', 'Energy.Reactive.Import.Register', 'rejected'],
    ['meterValuesSampledData', 'SoC,SoC', 'rejected'],
    ['connectorPhaseRotation', '0.RST,1.STR,2.NotApplicable', 'accepted'],
    ['connectorPhaseRotation', '3.RST', 'rejected'],
    ['connectorPhaseRotation', '1.RST,1.STR', 'rejected'],
    ['numberOfConnectors', '9', 'rejected'],
    ['supportedFeatureProfiles', 'Core', 'rejected'],
    ['authorizationKey', 'secret', 'rejected'],
  ])('of %s to "%s" is %s', (setting, value, outcome) => {
    const settings = fresh()
    const before = settings.text(setting)
    expect(settings.check(setting, value).outcome).toBe(outcome)
    expect(settings.text(setting)).toBe(before)
  })

  test('whatever is accepted is in range and survives a restart', () => {
    fc.assert(
      fc.property(fc.constantFrom(...SETTINGS), fc.string({ maxLength: 20 }), (setting, text) => {
        const settings = fresh()
        const { outcome, value } = settings.check(setting, text)
        if (outcome !== 'accepted') return
        settings.restore(new Map([[setting, value]]))
        expect(settings.text(setting)).toBe(value)
      }),
    )
  })
})

test('a fixed cable has no lock: UnlockConnectorOnEVSideDisconnect is false and stays so (errata 3.84)', () => {
  const evses = [evseDescription(1, { canUnlock: false })]
  const settings = new StationSettings(
    { ...description, evses },
    new Map([['unlockConnectorOnEVSideDisconnect', 'true']]),
  )
  settings.restore(new Map([['unlockConnectorOnEVSideDisconnect', 'true']]))
  expect(settings.check('unlockConnectorOnEVSideDisconnect', 'true').outcome).toBe('rejected')
  expect(settings.values(['unlockConnectorOnEVSideDisconnect'])).toMatchObject([{ readOnly: true, value: 'false' }])
  expect(fresh().values(['unlockConnectorOnEVSideDisconnect'])).toMatchObject([{ readOnly: false }])
})

test('every setting has a value; secrets are never read out', () => {
  const values = fresh().values(null)
  expect(values.map(({ setting }) => setting)).toEqual(SETTINGS)
  expect(values.filter(({ value }) => value === null).map(({ setting }) => setting)).toEqual(['authorizationKey'])
})

test('facts about the station are its own', () => {
  const settings = fresh()
  expect(settings.text('numberOfConnectors')).toBe('2')
  expect(settings.text('connectorPhaseRotation')).toBe('0.Unknown,1.RST,2.NotApplicable')
})

test('start values of the site file are in force; wrong ones are found by the check', () => {
  const start: readonly (readonly [SettingName, string])[] = [
    ['meterValueSampleInterval', '15'],
    ['connectionTimeOut', 'forever'],
    ['securityProfile', '2'],
  ]
  const settings = fresh(start)
  expect(settings.number('meterValueSampleInterval')).toBe(15)
  expect(settings.number('connectionTimeOut')).toBe(60)
  expect(settings.text('securityProfile')).toBe('2')
  expect(settingProblems(description, new Map(start))).toEqual([
    { setting: 'connectionTimeOut', value: 'forever', expected: 'a whole number from 0 to 3600' },
  ])
})

test('a stored value that is not legal any more is skipped', () => {
  const settings = fresh()
  settings.restore(
    new Map([
      ['meterValueSampleInterval', '-5'],
      ['finished/1', 'true'],
    ]),
  )
  expect(settings.number('meterValueSampleInterval')).toBe(60)
})
