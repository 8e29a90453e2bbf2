import { expect, test } from 'vitest'
import type { Feature } from '../../../src/model/ocpp-version.ts'
import { ocpp16 } from '../../../src/ocpp/v16/ocpp16.ts'

test.each<[readonly Feature[], string]>([
  [[], ''],
  [['core'], 'Core'],
  [['smart-charging', 'core', 'remote-trigger'], 'Core,RemoteTrigger,SmartCharging'],
  [
    ['smart-charging', 'reservation', 'remote-trigger', 'local-list', 'firmware', 'core'],
    'Core,FirmwareManagement,LocalAuthListManagement,RemoteTrigger,Reservation,SmartCharging',
  ],
])('%j are named %s', (features, names) => {
  expect(ocpp16.featureNames(new Set(features))).toBe(names)
})

test('the words for what is not answered with a payload are those of OCPP-J 1.6 §4.2.3', () => {
  expect([ocpp16.internalError.code, ocpp16.notSupported.code]).toEqual(['InternalError', 'NotSupported'])
  expect(ocpp16.dialect).toMatchObject({ malformed: 'FormationViolation', overloaded: 'GenericError' })
})
