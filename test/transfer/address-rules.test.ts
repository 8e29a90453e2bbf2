import fc from 'fast-check'
import { expect, it } from 'vitest'

import { whyRefused } from '../../src/transfer/address-rules.ts'
import { policy } from './ground.ts'

const strict = policy({ allowedNetworks: [] })
const inHouse = policy({ allowedNetworks: [], allowPrivateNetworks: true })

it.each([
  '0.0.0.0',
  '127.0.0.1',
  '127.255.255.254',
  '169.254.169.254',
  '224.0.0.1',
  '239.255.255.255',
  '255.255.255.255',
  '100.100.100.200',
  '::',
  '::1',
  '0:0:0:0:0:0:0:1',
  'fe80::1',
  'fe80::1%eth0',
  'febf::1',
  'ff02::1',
  'fd00:ec2::254',
  '::ffff:127.0.0.1',
  '::ffff:a9fe:a9fe',
  '::127.0.0.1',
  '64:ff9b::7f00:1',
  '2002:7f00:1::',
  '2002:a9fe:a9fe::1',
  'not an address',
  '',
])('%s is never reached', (address) => {
  expect(whyRefused(address, strict)).not.toBeNull()
  expect(whyRefused(address, inHouse)).not.toBeNull()
})

it.each([
  '10.0.0.1',
  '172.16.0.1',
  '172.31.255.255',
  '192.168.1.1',
  '100.64.0.1',
  '198.18.0.1',
  'fc00::1',
  'fdff::1',
  '::ffff:10.0.0.1',
  '64:ff9b::c0a8:1',
])('%s is reached only where private networks are', (address) => {
  expect(whyRefused(address, strict)).toContain('in a private network')
  expect(whyRefused(address, inHouse)).toBeNull()
})

it.each([
  '1.1.1.1',
  '172.15.0.1',
  '172.32.0.1',
  '100.63.0.1',
  '192.167.0.1',
  '2606:4700::1111',
  '2002:101:101::1',
  '64:ff9b::101:101',
])('%s is reached', (address) => {
  expect(whyRefused(address, strict)).toBeNull()
})

it('lets listed networks in, whatever the other rules say, and nothing beside them', () => {
  const listed = policy({ allowedNetworks: ['127.0.0.1/32', '192.168.7.0/24', 'fd12::/16', '10.9.9.9'] })
  for (const address of ['127.0.0.1', '::ffff:127.0.0.1', '192.168.7.9', 'fd12::1', '10.9.9.9'])
    expect([address, whyRefused(address, listed)]).toEqual([address, null])
  for (const address of ['127.0.0.2', '192.168.8.1', 'fd13::1', '10.9.9.8'])
    expect(whyRefused(address, listed)).not.toBeNull()
})

it('refuses a list that is none', () => {
  for (const network of ['10.0.0.0/33', '10.0.0.0/x', 'garage', '::/129', '10.0.0.0/'])
    expect(() => whyRefused('1.1.1.1', policy({ allowedNetworks: [network] }))).toThrow(`${network} is not a network`)
})

it('judges a v4 address the same in every v6 spelling of it', () => {
  const byte = fc.nat(255)
  fc.assert(
    fc.property(byte, byte, byte, byte, (a, b, c, d) => {
      const plain = `${a}.${b}.${c}.${d}`
      const mapped = `::ffff:${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`
      for (const each of [strict, inHouse])
        expect(whyRefused(mapped, each) === null).toBe(whyRefused(plain, each) === null)
    }),
  )
})
