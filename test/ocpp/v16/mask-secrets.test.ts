import { expect, test } from 'vitest'
import { formatCall } from '../../../src/ocpp/rpc/frame.ts'
import { maskSecrets } from '../../../src/ocpp/v16/mask-secrets.ts'

test.each(['AuthorizationKey', 'authorizationkey', 'VendorPassword'])('the value of %s is masked', (key) => {
  const frame = formatCall('1', 'ChangeConfiguration', { key, value: 'hun"ter2' })
  expect(maskSecrets(frame)).toBe(formatCall('1', 'ChangeConfiguration', { key, value: '***' }))
})

test('so it is when the value comes first', () => {
  const frame = formatCall('1', 'ChangeConfiguration', { value: 'hunter2', key: 'AuthorizationKey' })
  expect(maskSecrets(frame)).not.toContain('hunter2')
})

test('other frames stay as they are', () => {
  const frame = formatCall('1', 'ChangeConfiguration', { key: 'HeartbeatInterval', value: '60' })
  expect(maskSecrets(frame)).toBe(frame)
})
