import { once } from 'node:events'
import { createServer } from 'node:https'
import { describe, expect, it, onTestFinished } from 'vitest'

import { certificate, type TestCertificate } from '../../peers/tls/certificates.ts'
import { asking, get, linkTo, ok, scriptedDevice } from './scripted-device.ts'

async function secureDevice(name: TestCertificate): Promise<string> {
  const server = createServer(certificate(name), (_request, response) => response.end('safe'))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  const bound = server.address()
  return `https://127.0.0.1:${bound !== null && typeof bound === 'object' ? bound.port : 0}`
}

describe('HTTPS', () => {
  it('refuses a certificate that nobody known signed, and says what accepts it', async () => {
    const call = linkTo(await secureDevice('server')).ask(get('/'), asking())
    await expect(call).rejects.toMatchObject({ code: 'LINK_UNREACHABLE' })
    await expect(call).rejects.toThrow('?insecure=yes after the address accepts it')
  })

  it.each(['server', 'expired', 'wrong-name'] as const)('accepts it with insecure=yes: %s', async (name) => {
    const link = linkTo(`${await secureDevice(name)}?insecure=yes`)
    expect(await link.ask(get('/'), asking())).toMatchObject({ body: 'safe' })
    expect(await link.ask(get('/'), asking())).toMatchObject({ body: 'safe' })
    expect(link.url).not.toContain('insecure')
  })

  it('says when the device speaks no TLS, or only TLS', async () => {
    const plain = await scriptedDevice(() => ok('plain'))
    const garbled = linkTo(plain.url.replace('http:', 'https:')).ask(get('/'), asking({ timeoutMs: 200 }))
    await expect(garbled).rejects.toMatchObject({ code: 'LINK_UNREACHABLE' })
    const secure = await secureDevice('server')
    await expect(linkTo(secure.replace('https:', 'http:')).ask(get('/'), asking())).rejects.toMatchObject({
      code: expect.stringMatching(/^(LINK_CLOSED|DEVICE_BAD_ANSWER|DEVICE_EXCEPTION)$/),
    })
  })
})
