import { describe, expect, test } from 'vitest'
import {
  fill,
  messageText,
  namesOfTemplate,
  numbersOfPair,
  render,
  valueIn,
  withNumber,
} from '../../../src/mapping/values/message.ts'

const PUT = {
  kind: 'http',
  method: 'PUT',
  path: '/api/{serial}/limit',
  headers: { 'X-Token': '{token}' },
  body: '{"amps": {value}}',
} as const
const TEXTS = { serial: 'A1', token: 'secret' }

describe('an order in texts', () => {
  test('is filled in with the options of the site and the value', () => {
    expect(render(PUT, TEXTS, '13.5')).toEqual({
      ...PUT,
      path: '/api/A1/limit',
      headers: { 'X-Token': 'secret' },
      body: '{"amps": 13.5}',
    })
    expect(messageText(render(PUT, TEXTS, '13.5'))).toBe('PUT /api/A1/limit {"amps": 13.5}')
  })

  test('says which options it needs; braces of JSON are none', () => {
    expect(namesOfTemplate('/a/{serial}?x={value}')).toEqual(['serial'])
    expect(namesOfTemplate('{"a": {"b": 1}}')).toEqual([])
    expect(fill('{"a": {"b": {value}}}', {}, '3')).toBe('{"a": {"b": 3}}')
  })

  test('is understood by the device', () => {
    expect(valueIn(PUT, render(PUT, TEXTS, '13.5'), TEXTS)).toBe(13.5)
    expect(valueIn(PUT, { ...render(PUT, TEXTS, '13.5'), method: 'POST' }, TEXTS)).toBeNull()
    expect(valueIn(PUT, render(PUT, { ...TEXTS, serial: 'B2' }, '13.5'), TEXTS)).toBeNull()
    expect(valueIn(PUT, render(PUT, TEXTS, 'DROP'), TEXTS)).toBeNull()
  })

  test('of which a text says all has no value', () => {
    const pause = { kind: 'datagram', text: 'ena 0', match: 'TCH-OK' } as const
    expect(valueIn(pause, pause, {})).toBe(0)
    expect(valueIn(pause, { ...pause, text: 'ena 1' }, {})).toBeNull()
  })

  test('with letters that mean something in patterns is taken literally', () => {
    const odd = { kind: 'publish', topic: 'a.b+(c)', payload: '[{value}]', retain: false } as const
    expect(valueIn(odd, { ...odd, payload: '[7]' }, {})).toBe(7)
    expect(valueIn(odd, { ...odd, topic: 'axb+(c)', payload: '[7]' }, {})).toBeNull()
  })

  test('may carry the current and the time-out of the fail-safe', () => {
    const order = { kind: 'datagram', text: 'failsafe {timeout} {current} 1', match: null } as const
    const sent = withNumber(order, {}, 600_032_000)
    expect(messageText(sent)).toBe('send failsafe 600 32000 1')
    expect(numbersOfPair(valueIn(order, sent, {}) ?? 0)).toEqual({ timeout: 600, current: 32_000 })
    expect(valueIn(order, { ...order, text: 'failsafe 600 32000 0' }, {})).toBeNull()
  })
})
