import { expect, test } from 'vitest'
import { WayTransport } from '../../../src/ocpp/security/way-transport.ts'
import type { Way } from '../../../src/ocpp/security/ways.ts'
import { certificate, testCa } from '../../peers/tls/certificates.ts'

const WAY: Way = {
  profile: 1,
  url: 'ws://csms.example.com/ocpp',
  password: Buffer.from('secret-of-16-byte').toString('base64'),
  client: null,
}

test('a way that lacks what its profile needs is refused, and what was made before is not handed out for it', () => {
  const transport = new WayTransport('CP-1', null)
  transport.of(WAY, [])
  expect(() => transport.of({ ...WAY, password: null }, [])).toThrow(
    expect.objectContaining({ code: 'CONFIG_INVALID' }),
  )
})

test('it is kept as long as way and roots stay, and made anew with either', () => {
  const transport = new WayTransport('CP-1', testCa())
  const roots = [] as const
  const made = transport.of(WAY, roots)
  expect(transport.of({ ...WAY }, roots)).toBe(made)
  const other = transport.of({ ...WAY, password: Buffer.from('another-secret-16').toString('base64') }, roots)
  expect(other).not.toBe(made)
  const root = { use: 'csms-root', certificate: testCa(), issuer: null, isFallback: false } as const
  expect(transport.of(WAY, [root])).not.toBe(transport.of(WAY, roots))
})

test('the password goes as its bytes, the client certificate with profile 3 alone', () => {
  const transport = new WayTransport('CP-1', testCa())
  expect(transport.of(WAY, []).authorization).toBe(`Basic ${Buffer.from('CP-1:secret-of-16-byte').toString('base64')}`)
  const { cert, key } = certificate('station')
  const shown = { profile: 3, url: 'wss://csms.example.com/ocpp', password: null } as const
  const secure = transport.of({ ...shown, client: { certificate: cert, privateKey: key } }, [])
  expect(secure.authorization).toBeNull()
})
