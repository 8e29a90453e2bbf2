import { describe, expect, it } from 'vitest'

import { parseUdpUrl } from '../../../drivers/udp/url.ts'

describe('addresses of UDP devices', () => {
  it('name host, port, and the port of this machine to which answers come', () => {
    expect(parseUdpUrl('udp://192.168.1.5:7090', 'link')).toEqual({
      host: '192.168.1.5',
      port: 7090,
      localPort: 7090,
      replyPort: null,
      shown: 'udp://192.168.1.5:7090',
    })
    expect(parseUdpUrl('udp://keba.local:7090/?local=0', 'link')).toMatchObject({
      host: 'keba.local',
      localPort: 0,
      shown: 'udp://keba.local:7090',
    })
    expect(parseUdpUrl('udp://[FE80:0:0:0::1]:7090', 'link')).toMatchObject({ host: 'fe80::1' })
    expect(parseUdpUrl('udp://127.0.0.1:0?reply=7090', 'device')).toMatchObject({ port: 0, replyPort: 7090 })
  })

  it.each([
    'udp:192.168.1.5:7090',
    'tcp://host:7090',
    'udp://',
    'udp://host',
    'udp://host:99999',
    'udp://host:0',
    'udp://host:x',
    'udp://ho st:7090',
    'udp://[::1:7090',
    'udp://[:::::]:7090',
    'udp://host:7090/path',
    'udp://user:word@host:7090',
    'udp://host:7090?local=x',
    'udp://host:7090?local=70000',
    'udp://host:7090?reply=7090',
    'udp://host:7090?port=1',
    `udp://${'x'.repeat(2000)}:1`,
  ])('that are wrong are refused, with what is expected: %s', (url) => {
    expect(() => parseUdpUrl(url, 'link')).toThrow(expect.objectContaining({ code: 'LINK_BAD_URL' }))
    expect(() => parseUdpUrl(url, 'link')).toThrow(/expected is udp:\/\/HOST:PORT/)
  })
})
