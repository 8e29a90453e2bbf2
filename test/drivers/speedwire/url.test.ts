import { describe, expect, it } from 'vitest'

import { parseSpeedwireUrl } from '../../../drivers/speedwire/url.ts'

const DEFAULT = { host: '239.12.255.254', multicast: true, port: 9522, serial: null, interfaceAddress: null }

describe('a Speedwire address', () => {
  it.each([
    ['speedwire:', DEFAULT],
    ['speedwire://', DEFAULT],
    ['speedwire://?serial=1901234567', { ...DEFAULT, serial: 1_901_234_567 }],
    ['speedwire:?interface=192.168.1.2', { ...DEFAULT, interfaceAddress: '192.168.1.2' }],
    ['speedwire://239.12.255.254:9522', DEFAULT],
    ['speedwire://239.1.2.3', { ...DEFAULT, host: '239.1.2.3' }],
    ['speedwire://:1234', { ...DEFAULT, port: 1234 }],
    ['speedwire://192.168.1.2:9522', { ...DEFAULT, host: '192.168.1.2', multicast: false }],
  ])('%s is understood', (url, expected) => {
    expect(parseSpeedwireUrl(url)).toEqual(expected)
  })

  it.each([
    'tcp://1.2.3.4',
    'speedwire://meter:9522',
    'speedwire://1.2.3',
    'speedwire://1.2.3.4:0',
    'speedwire://1.2.3.4:70000',
    'speedwire://1.2.3.4/path',
    'speedwire:?serial=abc',
    'speedwire:?serial=4294967296',
    'speedwire:?interface=eth0',
    'speedwire:?port=1',
    `speedwire:?serial=${'1'.repeat(1100)}`,
  ])('%s is refused', (url) => {
    expect(() => parseSpeedwireUrl(url)).toThrow(expect.objectContaining({ code: 'LINK_BAD_URL' }))
  })
})
