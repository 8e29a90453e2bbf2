import { expect, test } from 'vitest'
import { BridgeError } from '../../../src/model/errors.ts'
import { AccessNews } from '../../../src/ocpp/security/access-news.ts'

const UNTRUSTED = new BridgeError('CSMS_UNREACHABLE', 'the certificate of the CSMS has expired', {
  cause: Object.assign(new Error('certificate has expired'), { code: 'CERT_HAS_EXPIRED' }),
})

function refusedWith(status: number): BridgeError {
  return new BridgeError('CSMS_REFUSED', `the CSMS answered ${status}`, { details: { status } })
}

function heardOf(news: AccessNews): { heard: string[]; end: () => void } {
  const heard: string[] = []
  return { heard, end: news.listen((type, techInfo) => heard.push(`${type}: ${techInfo}`)) }
}

test('what happens before anybody listens is heard by the first who does, the newest 20 of it', () => {
  const news = new AccessNews()
  for (let change = 1; change <= 25; change++) news.changed(`change ${change}`)
  const { heard } = heardOf(news)
  expect([heard.length, heard[0], heard.at(-1)]).toEqual([
    20,
    'ReconfigurationOfSecurityParameters: change 6',
    'ReconfigurationOfSecurityParameters: change 25',
  ])
  expect(heardOf(news).heard).toEqual([])
})

test('who has gone hears nothing more', () => {
  const news = new AccessNews()
  const { heard, end } = heardOf(news)
  end()
  news.changed('a change')
  expect(heard).toEqual([])
})

test('a fault that comes back at each attempt is told once, and again after a connection has worked', () => {
  const news = new AccessNews()
  const { heard } = heardOf(news)
  for (let attempt = 0; attempt < 3; attempt++) news.failed(UNTRUSTED)
  news.failed(refusedWith(401))
  expect(heard).toEqual([
    'InvalidCentralSystemCertificate: the certificate of the CSMS has expired',
    'FailedToAuthenticateAtCentralSystem: the CSMS answered 401',
  ])
  news.worked()
  news.failed(UNTRUSTED)
  expect(heard).toHaveLength(3)
})

test('a CSMS that is away, moved or busy is no event of security', () => {
  const news = new AccessNews()
  const { heard } = heardOf(news)
  for (const status of [302, 404, 503]) news.failed(refusedWith(status))
  news.failed(new BridgeError('CSMS_UNREACHABLE', 'nobody answers'))
  news.failed(new BridgeError('LINK_CLOSED', 'cut', { cause: new Error('ECONNRESET') }))
  expect(heard).toEqual([])
})
