import { describe, expect, test } from 'vitest'
import type { FirmwareStatus, StationMessage, UploadStatus } from '../../../src/model/csms.ts'
import type { DeviceFault } from '../../../src/model/signal.ts'
import { encode } from '../../../src/ocpp/v16/to-ocpp.ts'
import { NOON, NO_MORE_THAN_A_NAME, SAMPLE, pem } from './samples.ts'

const payload = (
  message: StationMessage,
  csmsTransactionId: string | null = '1000',
  vendor: string | null = null,
): unknown => encode(message, { csmsTransactionId: () => csmsTransactionId, vendor }).payload

function statusPayload(
  fault: DeviceFault | null,
  changes: Partial<Extract<StationMessage, { kind: 'status' }>> = {},
): unknown {
  return payload({ kind: 'status', evse: 1, status: 'faulted', fault, info: null, at: NOON, ...changes })
}

describe('StatusNotification', () => {
  test('no fault is NoError', () => {
    expect(statusPayload(null, { status: 'available' })).toEqual({
      connectorId: 1,
      errorCode: 'NoError',
      status: 'Available',
      timestamp: '2026-03-01T12:00:00.000Z',
    })
  })

  test('a fault that OCPP knows, with the vendor’s code and text', () => {
    expect(statusPayload({ code: '0x0102', kind: 'GroundFailure', text: 'Residual current' })).toMatchObject({
      errorCode: 'GroundFailure',
      vendorErrorCode: '0x0102',
      info: 'Residual current',
      status: 'Faulted',
    })
  })

  test.each(['NoError', 'Überhitzung', '', 'groundfailure'])('kind %j is none of OCPP’s: OtherError', (kind) => {
    expect(statusPayload({ code: 'F9', kind, text: null })).toMatchObject({
      errorCode: 'OtherError',
      vendorErrorCode: 'F9',
    })
  })

  test('Faulted without a known fault does not say that nothing is wrong', () => {
    expect(statusPayload(null)).toMatchObject({ errorCode: 'OtherError', status: 'Faulted' })
  })

  test('a vendor’s code says whose it is (§6.47); without a code there is nothing to say', () => {
    const message = { kind: 'status', evse: 1, status: 'faulted', info: null, at: NOON } as const
    const fault = { code: 'F9', kind: 'OtherError', text: null }
    expect(payload({ ...message, fault }, null, 'KEBA')).toMatchObject({ vendorErrorCode: 'F9', vendorId: 'KEBA' })
    expect(payload({ ...message, fault }, null, 'V'.repeat(300))).toMatchObject({ vendorId: 'V'.repeat(255) })
    for (const [without, vendor] of [
      [fault, null] as const,
      [{ ...fault, code: '' }, 'KEBA'] as const,
      [null, 'KEBA'] as const,
    ]) {
      expect(payload({ ...message, fault: without }, null, vendor)).not.toHaveProperty('vendorId')
    }
  })

  test('a sentence is cut at a word', () => {
    const text = 'The charger is too hot inside and pauses until it has cooled'
    expect(statusPayload({ code: 'F9', kind: 'HighTemperature', text })).toMatchObject({
      info: 'The charger is too hot inside and pauses until it',
    })
  })

  test('code and text are cut to 50 characters; a text of our own goes first', () => {
    const fault = { code: 'c'.repeat(80), kind: 'OtherError', text: 't'.repeat(80) }
    expect(statusPayload(fault)).toMatchObject({ vendorErrorCode: 'c'.repeat(50), info: 't'.repeat(50) })
    expect(statusPayload(fault, { info: 'ours' })).toMatchObject({ info: 'ours' })
  })
})

describe('BootNotification', () => {
  test('names are cut, a missing one is not sent, an empty one is not sent empty', () => {
    const identity = {
      ...NO_MORE_THAN_A_NAME,
      vendor: 'V'.repeat(30),
      model: '',
      serial: `X${'9'.repeat(25)}`,
      meterSerial: `X${'8'.repeat(25)}`,
    }
    expect(payload({ kind: 'boot', identity })).toEqual({
      chargePointVendor: 'V'.repeat(20),
      chargePointModel: 'unknown',
      chargePointSerialNumber: '9'.repeat(25),
      meterSerialNumber: '8'.repeat(25),
    })
  })

  test('all that is known of the station is told', () => {
    const identity = { vendor: 'V', model: 'M', serial: 'S', firmware: '1.0', meterType: 'EM340', meterSerial: 'KX1' }
    expect(payload({ kind: 'boot', identity })).toEqual({
      chargePointVendor: 'V',
      chargePointModel: 'M',
      chargePointSerialNumber: 'S',
      firmwareVersion: '1.0',
      meterType: 'EM340',
      meterSerialNumber: 'KX1',
    })
  })
})

describe('MeterValues', () => {
  test('texts without float noise; hertz has no unit in 1.6', () => {
    expect(payload({ kind: 'meter-values', evse: 1, transactionId: 't', samples: [SAMPLE] })).toMatchObject({
      connectorId: 1,
      transactionId: 1000,
      meterValue: [
        {
          timestamp: '2026-03-01T12:00:00.000Z',
          sampledValue: [
            { value: '123456.7', measurand: 'Energy.Active.Import.Register', unit: 'Wh', context: 'Sample.Periodic' },
            { value: '15.9', measurand: 'Current.Import', phase: 'L1', unit: 'A' },
            { value: '0.3', measurand: 'Current.Import', phase: 'L2', unit: 'A' },
            { value: '230.4', measurand: 'Voltage', phase: 'L1-N', unit: 'V' },
            { value: '10987.65', measurand: 'Power.Active.Import', unit: 'W' },
            { value: '49.98', measurand: 'Frequency' },
            { value: '-3.5', measurand: 'Temperature', unit: 'Celsius', location: 'Body' },
            { value: '55', measurand: 'SoC', unit: 'Percent', location: 'EV' },
          ],
        },
      ],
    })
  })

  test('what is no number is left out and never 0; with nothing left there is no message', () => {
    const bad = { at: NOON, readings: SAMPLE.readings.map((reading) => ({ ...reading, value: Number.NaN })) }
    const samples = [bad, SAMPLE]
    expect(payload({ kind: 'meter-values', evse: 1, transactionId: null, samples })).toMatchObject({
      meterValue: [expect.anything()],
    })
    expect(() => payload({ kind: 'meter-values', evse: 1, transactionId: null, samples: [bad] })).toThrow(
      expect.objectContaining({ code: 'FRAME_INVALID' }),
    )
  })
})

describe('StartTransaction', () => {
  const start = {
    kind: 'transaction-started',
    transactionId: 't',
    evse: 1,
    idToken: 'A',
    meterWh: 1000.5,
    at: NOON,
  } as const

  test('names the reservation that it uses up', () => {
    expect(payload({ ...start, reservationId: 33 }, null)).toEqual({
      connectorId: 1,
      idTag: 'A',
      meterStart: 1001,
      reservationId: 33,
      timestamp: '2026-03-01T12:00:00.000Z',
    })
    expect(payload({ ...start, reservationId: null }, null)).not.toHaveProperty('reservationId')
    const keptByAnOlderVersion = JSON.parse(JSON.stringify(start)) as StationMessage
    expect(payload(keptByAnOlderVersion, null)).not.toHaveProperty('reservationId')
  })
})

describe('files, firmware and security', () => {
  test.each<[FirmwareStatus, string]>([
    ['idle', 'Idle'],
    ['download-scheduled', 'Idle'],
    ['download-paused', 'Downloading'],
    ['signature-verified', 'Downloaded'],
    ['install-scheduled', 'Downloaded'],
    ['install-rebooting', 'Installing'],
    ['invalid-signature', 'InstallationFailed'],
    ['install-verification-failed', 'InstallationFailed'],
    ['installed', 'Installed'],
  ])('the core standard says of %s: %s', (status, word) => {
    expect(payload({ kind: 'firmware-status', status })).toEqual({ status: word })
  })

  test('the signed form has a word for each, and says for which request', () => {
    const status = 'install-verification-failed'
    expect(payload({ kind: 'signed-firmware-status', status, requestId: 5 })).toEqual({
      status: 'InstallVerificationFailed',
      requestId: 5,
    })
    expect(payload({ kind: 'signed-firmware-status', status: 'idle', requestId: null })).toEqual({ status: 'Idle' })
  })

  test.each<[UploadStatus, string]>([
    ['upload-failed', 'UploadFailure'],
    ['not-supported', 'NotSupportedOperation'],
    ['permission-denied', 'PermissionDenied'],
  ])('a log that is %s: %s', (status, word) => {
    expect(payload({ kind: 'log-status', status, requestId: 0 })).toEqual({ status: word, requestId: 0 })
  })

  test('diagnostics have a word of their own for the same', () => {
    expect(payload({ kind: 'diagnostics-status', status: 'upload-failed' })).toEqual({ status: 'UploadFailed' })
  })

  test('a security event, its text cut to 255 characters', () => {
    const message = { kind: 'security-event', type: 'InvalidMessages', at: NOON } as const
    expect(payload({ ...message, techInfo: null })).toEqual({
      type: 'InvalidMessages',
      timestamp: '2026-03-01T12:00:00.000Z',
    })
    expect(payload({ ...message, techInfo: 'x'.repeat(300) })).toMatchObject({ techInfo: 'x'.repeat(255) })
  })

  test('a signing request goes as it is, line breaks and all', () => {
    const signingRequest = pem('CERTIFICATE REQUEST', 5500)
    expect(payload({ kind: 'sign-certificate', signingRequest })).toEqual({ csr: signingRequest })
  })
})

describe('what OCPP 1.6 cannot carry is refused by us', () => {
  const stop: Extract<StationMessage, { kind: 'transaction-ended' }> = {
    kind: 'transaction-ended',
    transactionId: 't',
    evse: 1,
    idToken: null,
    meterWh: 2000.4,
    at: NOON,
    reason: 'local',
    samples: [],
  }
  test.each<[string, StationMessage, string | null]>([
    ['a transaction without the CSMS’s id', stop, null],
    ['an id that is no integer', stop, 'c0ffee'],
    ['a card of 21 characters', { kind: 'authorize', idToken: 'x'.repeat(21) }, null],
    ['a meter that is no number', { ...stop, meterWh: Number.NaN }, '1'],
    ['a time outside the calendar', { ...stop, at: 1e20 }, '1'],
    ['a signing request of 5501', { kind: 'sign-certificate', signingRequest: pem('CERTIFICATE REQUEST', 5501) }, null],
    ['half a request id', { kind: 'log-status', status: 'uploaded', requestId: 0.5 }, null],
  ])('%s', (_, message, csmsTransactionId) => {
    expect(() => payload(message, csmsTransactionId)).toThrow(expect.objectContaining({ code: 'FRAME_INVALID' }))
  })

  test('and what it can carry goes', () => {
    expect(payload(stop, '-1')).toEqual({
      meterStop: 2000,
      timestamp: '2026-03-01T12:00:00.000Z',
      transactionId: -1,
      reason: 'Local',
    })
  })
})
