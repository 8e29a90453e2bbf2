import { describe, expect, it } from 'vitest'

import { parseMqttUrl } from '../../../drivers/mqtt/url.ts'

describe('addresses of MQTT brokers', () => {
  it('name host, port and login', () => {
    expect(parseMqttUrl('mqtt://192.168.1.5')).toEqual({
      scheme: 'mqtt',
      host: '192.168.1.5',
      port: 1883,
      login: null,
      clientId: null,
      insecure: false,
      shown: 'mqtt://192.168.1.5:1883',
    })
    expect(parseMqttUrl('mqtts://bridge:s%40fe@broker.local/?insecure=yes&client=box:1')).toEqual({
      scheme: 'mqtts',
      host: 'broker.local',
      port: 8883,
      login: { user: 'bridge', password: 's@fe' },
      clientId: 'box:1',
      insecure: true,
      shown: 'mqtts://broker.local:8883',
    })
    expect(parseMqttUrl('mqtt://[::1]:1884')).toMatchObject({ host: '::1', port: 1884, shown: 'mqtt://[::1]:1884' })
    expect(parseMqttUrl('mqtt://user:123@host')).toMatchObject({ port: 1883 })
    expect(parseMqttUrl('mqtts://host:443')).toMatchObject({ port: 443 })
  })

  it.each([
    'tcp://host',
    'mqtt:host',
    'mqtt://',
    'mqtt://host/topic',
    'mqtt://host:99999',
    'mqtt://ho st',
    'mqtt://host#part',
    'mqtt://host?insecure=maybe',
    'mqtt://host?client=',
    'mqtt://host?clientId=x',
    `mqtt://${'x'.repeat(2000)}`,
  ])('that are wrong are refused, with what is expected: %s', (url) => {
    expect(() => parseMqttUrl(url)).toThrow(expect.objectContaining({ code: 'LINK_BAD_URL' }))
    expect(() => parseMqttUrl(url)).toThrow(/expected is mqtt:\/\/HOST/)
  })

  it.each(['mqtt://user:hush@host:99999', 'mqtt://user:hush@host/x', 'mqtt://u:hu sh@host', 'mqtt://u:%zzhush@host'])(
    'that are wrong never show the password: %s',
    (url) => {
      expect(() => parseMqttUrl(url)).toThrow(
        expect.not.objectContaining({ message: expect.stringMatching(/hush|hu sh/) }),
      )
    },
  )
})
