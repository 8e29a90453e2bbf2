import { expect, it, onTestFinished } from 'vitest'
import { Secret, type DeviceAddress } from '../../src/config/site-config.ts'
import { LinkPool } from '../../src/site/link-pool.ts'
import { createRegistry } from '../../src/site/registry.ts'
import { ManualClock } from '../peers/manual-clock.ts'

const login = (user: string, password: string) => ({ user, password: new Secret(Buffer.from(password)) })

it('devices share a link when address and login are the same, and no link tells its password', () => {
  const links = new LinkPool({ registry: createRegistry(), clock: new ManualClock(), random: () => 0.5 })
  onTestFinished(() => links.close())
  const open = (over: Partial<DeviceAddress>) =>
    links.open(
      { connect: 'http://127.0.0.1:1', serial: null, echo: false, unit: null, login: null, key: null, ...over },
      null,
    )
  const first = open({ login: login('me', 'hush') })
  expect(open({ login: login('me', 'hush') })).toBe(first)
  expect(open({ login: login('me', 'hush2') })).not.toBe(first)
  expect(open({ login: login('you', 'hush') })).not.toBe(first)
  expect(open({})).not.toBe(first)
  open({ connect: 'dsmr+tcp://127.0.0.1:1', key: new Secret(Buffer.from('00112233445566778899aabbccddeeff')) })
  expect(links.links.map(({ url }) => url)).toEqual([
    ...Array.from({ length: 4 }, () => 'http://127.0.0.1:1'),
    'dsmr+tcp://127.0.0.1:1?key=***',
  ])
})
