import { expect, test } from 'vitest'
import { formatCall } from '../../../src/ocpp/rpc/frame.ts'
import { maskSecrets } from '../../../src/ocpp/v16/mask-secrets.ts'

test.each(['AuthorizationKey', 'authorizationkey', 'VendorPassword'])('the value of %s is masked', (key) => {
  const frame = formatCall('1', 'ChangeConfiguration', { key, value: 'hun"ter2' })
  expect(maskSecrets(frame)).toBe(formatCall('1', 'ChangeConfiguration', { key, value: '***' }))
})

test('so it is when the value comes first, and when it is no text', () => {
  const first = formatCall('1', 'ChangeConfiguration', { value: 'hunter2', key: 'AuthorizationKey' })
  expect(maskSecrets(first)).not.toContain('hunter2')
  const number = formatCall('1', 'ChangeConfiguration', { key: 'AuthorizationKey', value: 8_675_309 })
  expect(maskSecrets(number)).not.toContain('8675309')
})

test.each([
  ['ftp://user:hunter2@host/up', 'ftp://***@host/up'],
  ['sftp://user:hunter@2@host:22/up', 'sftp://***@host:22/up'],
  ['ftp://user:hun/ter2@host/up', 'ftp://***@host/up'],
  ['https://host/up?sig=hunter2', 'https://host/up?***'],
  ['https://user:hunter2@host/up?sig=hunter2', 'https://***@host/up?***'],
  ['ftp://user:hun?ter2@host/up', 'ftp://***'],
  ['https://host/up?sig=hunter2@more', 'https://***'],
  ['https://host/up', 'https://host/up'],
])('%s is shown as %s (H44)', (location, shown) => {
  for (const [action, wrap] of [
    ['GetDiagnostics', (text: string) => ({ location: text, retries: 1 })],
    ['UpdateFirmware', (text: string) => ({ retrieveDate: '2026-03-01T12:00:00Z', location: text })],
    ['GetLog', (text: string) => ({ logType: 'SecurityLog', requestId: 1, log: { remoteLocation: text } })],
    ['SignedUpdateFirmware', (text: string) => ({ requestId: 1, firmware: { location: text, signature: 'c2ln' } })],
  ] as const) {
    expect(maskSecrets(formatCall('1', action, wrap(location)))).toBe(formatCall('1', action, wrap(shown)))
  }
})

test('a slash may be written with a backslash before it', () => {
  const frame = String.raw`[2,"1","GetDiagnostics",{"location": "ftp:\/\/user:hunter2@host\/up"}]`
  expect(maskSecrets(frame)).toBe(String.raw`[2,"1","GetDiagnostics",{"location": "ftp:\/\/***@host\/up"}]`)
})

test('a frame as long as it may be is masked as well', () => {
  const secret = 'hunter2'.repeat(18_000)
  const location = formatCall('1', 'GetDiagnostics', { location: `ftp://${secret}@host/` })
  expect(maskSecrets(location)).toBe(formatCall('1', 'GetDiagnostics', { location: 'ftp://***@host/' }))
  const value = formatCall('1', 'ChangeConfiguration', { key: 'AuthorizationKey', value: secret })
  expect(maskSecrets(value)).not.toContain('hunter2')
})

test.each([
  formatCall('1', 'ChangeConfiguration', { key: 'HeartbeatInterval', value: '60' }),
  formatCall('1', 'CertificateSigned', { certificateChain: '-----BEGIN CERTIFICATE-----' }),
  formatCall('1', 'MeterValues', { connectorId: 1, meterValue: [{ sampledValue: [{ location: 'Outlet' }] }] }),
])('%s stays as it is', (frame) => {
  expect(maskSecrets(frame)).toBe(frame)
})
