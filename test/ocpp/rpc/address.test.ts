import { describe, expect, test } from 'vitest'
import { printableUrl, stationUrl } from '../../../src/ocpp/rpc/address.ts'

describe('stationUrl', () => {
  test.each([
    ['ws://csms.example.com', 'CP-001', 'ws://csms.example.com/CP-001'],
    ['wss://csms.example.com/ocpp/', 'CP-001', 'wss://csms.example.com/ocpp/CP-001'],
    ['wss://csms.example.com/ocpp?tenant=7', 'CP-001', 'wss://csms.example.com/ocpp/CP-001?tenant=7'],
    ['wss://csms.example.com/ocpp', 'CP/001', 'wss://csms.example.com/ocpp/CP%2F001'],
    ['wss://csms.example.com/ocpp', '%2e%2e', 'wss://csms.example.com/ocpp/%252e%252e'],
    ['wss://csms.example.com/ocpp', 'Säule?#1', 'wss://csms.example.com/ocpp/S%C3%A4ule%3F%231'],
  ])('%s with %s: the id is encoded once', (base, id, url) => {
    expect(stationUrl(base, id).href).toBe(url)
  })

  test.each(['', 'x'.repeat(49), '.', '..', 'a b', 'a\nb', 'a\u202eb', 'a\u0000b', '\ud800'])(
    'refuses the station id %j',
    (id) => {
      expect(() => stationUrl('ws://csms.example.com', id)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }))
    },
  )

  test.each(['csms.example.com', 'http://csms.example.com', 'ws://user:hunter2@csms.example.com', 'ws://a/#b'])(
    'refuses the address %s, and repeats no password',
    (base) => {
      expect(() => stationUrl(base, 'CP-001')).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }))
      expect(() => stationUrl(base, 'CP-001')).not.toThrow(/hunter2/)
    },
  )
})

test('an address is printed without its query', () => {
  expect(printableUrl(new URL('wss://h:81/ocpp/CP?token=hunter2'))).toBe('wss://h:81/ocpp/CP?...')
})
