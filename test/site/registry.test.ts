import { describe, expect, it } from 'vitest'

import { createRegistry } from '../../src/site/registry.ts'

describe('the registry', () => {
  const registry = createRegistry()

  it.each(['tcp', 'rtu', 'http', 'https', 'mqtt', 'mqtts', 'udp'])(
    'finds the driver of %s by its address',
    (scheme) => {
      expect(registry.driverOf(`${scheme}://host`).schemes).toContain(scheme)
      expect(registry.schemes).toContain(scheme)
    },
  )

  it.each(['http', 'mqtt', 'udp'])('finds who serves a simulated device at %s', (scheme) => {
    expect(registry.documentServerOf(`${scheme}://host`).schemes).toContain(scheme)
    expect(() => registry.serverOf(`${scheme}://host`)).toThrow(expect.objectContaining({ code: 'LINK_BAD_URL' }))
  })

  it('knows of each scheme what may be written with it', () => {
    expect(registry.addresses.map(({ name }) => name).toSorted()).toEqual(registry.schemes.toSorted())
    for (const { name, example, speaks } of registry.addresses) {
      expect(example.startsWith(`${name}:`)).toBe(true)
      expect(['modbus', 'http', 'mqtt', 'udp', 'dsmr', 'sml', 'iec62056', 'speedwire']).toContain(speaks)
    }
    for (const name of registry.servedSchemes) expect(registry.schemes).toContain(name)
  })

  it('names what it knows when it does not know a scheme, and no password', () => {
    expect(() => registry.driverOf('ftp://user:hush@host')).toThrow(
      /no driver for "ftp:\/\/host"; known are tcp, .*udp/,
    )
  })
})
