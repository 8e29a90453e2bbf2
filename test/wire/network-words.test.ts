import { expect, it } from 'vitest'

import { inWords } from '../../src/wire/network-words.ts'

function fault(code: string, message = 'the system said so'): Error {
  return Object.assign(new Error(message), { code })
}

it('errors of the network are told in words, a driver says it better where it can', () => {
  expect(inWords(fault('ECONNREFUSED'))).toBe('connection refused')
  expect(inWords(fault('EADDRINUSE'), { EADDRINUSE: 'port 7090 is taken' })).toBe('port 7090 is taken')
  expect(inWords(fault('ECONNREFUSED'), { EADDRINUSE: 'port 7090 is taken' })).toBe('connection refused')
})

it('errors that nobody knows speak for themselves, at no great length', () => {
  expect(inWords(fault('EWHAT'))).toBe('the system said so')
  expect(inWords(new Error('x'.repeat(1000)))).toHaveLength(200)
  expect(inWords('thrown')).toBe('thrown')
})
