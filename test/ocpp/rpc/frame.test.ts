import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatCall, formatError, formatResult, nestsWithin, parseFrame } from '../../../src/ocpp/rpc/frame.ts'

fc.configureGlobal({ seed: 1 })

const LIMITS = { maxDepth: 32, maxMessageIdLength: 36 }
const parse = (text: string): ReturnType<typeof parseFrame> => parseFrame(text, LIMITS)

describe('parseFrame', () => {
  test('a CALL, a CALLRESULT and a CALLERROR come back as they went', () => {
    expect(parse(formatCall('id-1', 'Heartbeat', { a: 1 }))).toEqual({
      type: 'call',
      messageId: 'id-1',
      action: 'Heartbeat',
      payload: { a: 1 },
    })
    expect(parse(formatResult('id-1', {}))).toEqual({ type: 'result', messageId: 'id-1', payload: {} })
    expect(parse(formatError('id-1', 'GenericError', 'no'))).toEqual({
      type: 'error',
      messageId: 'id-1',
      code: 'GenericError',
      description: 'no',
      details: {},
    })
  })

  test('a CALLERROR without description and details is one all the same', () => {
    expect(parse('[4,"x","GenericError"]')).toMatchObject({ type: 'error', description: '', details: {} })
  })

  test.each([
    '',
    'hello',
    '[2,"x","Heart',
    '{}',
    'null',
    '7',
    '"2"',
    '[]',
    '[2]',
    '[7,"x",{}]',
    '["2","x","A",{}]',
    '[2,1,"A",{}]',
    '[2,null,"A",{}]',
    '[2,"","A",{}]',
    `[2,"${'i'.repeat(37)}","A",{}]`,
    '[2,"a\\nb","A",{}]',
    '[2,"\\u001b[31m","A",{}]',
    '[2,"\\u202e","A",{}]',
    '[2,"\\ud800","A",{}]',
  ])('%j can be answered to nobody', (text) => {
    expect(parse(text).type).toBe('unreadable')
  })

  test.each(['[2,"x"]', '[2,"x","A"]', '[2,"x","A",{},1]', '[2,"x",1,{}]', '[2,"x","",{}]'])(
    '%s is a CALL, but not a whole one',
    (text) => {
      expect(parse(text)).toMatchObject({ type: 'malformed-call', messageId: 'x' })
    },
  )

  test.each(['[2,"x","A",[]]', '[2,"x","A","{}"]'])('%s: a payload is an object', (text) => {
    expect(parse(text)).toMatchObject({ type: 'malformed-call', problem: 'the payload is not an object' })
  })

  test.each(['[3,"x"]', '[3,"x",[]]', '[3,"x",{},1]', '[4,"x"]', '[4,"x",5]'])('%s is half an answer', (text) => {
    expect(parse(text)).toMatchObject({ type: 'malformed-answer', messageId: 'x' })
  })

  test('null is a payload that is empty (OCPP-J 1.6 §4.2.1, §4.2.2)', () => {
    expect(parse('[2,"x","ClearCache",null]')).toMatchObject({ type: 'call', payload: {} })
    expect(parse('[3,"x",null]')).toMatchObject({ type: 'result', payload: {} })
  })

  test('a payload’s __proto__ is a plain key and touches no prototype', () => {
    const frame = parse('[2,"x","A",{"__proto__":{"polluted":true}}]')
    expect(frame.type).toBe('call')
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
  })

  test('ten megabytes of brackets are turned away before they are parsed', () => {
    expect(parse('['.repeat(10_000_000))).toEqual({ type: 'unreadable', problem: 'nested deeper than 32' })
  })

  test('never throws, whatever the text', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void parse(text)))
    fc.assert(fc.property(fc.json(), (text) => void parse(text)))
    fc.assert(
      fc.property(fc.array(fc.jsonValue(), { maxLength: 6 }), fc.constantFrom(2, 3, 4), (rest, type) => {
        parse(JSON.stringify([type, ...rest]))
      }),
    )
  })
})

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  return 1 + Math.max(0, ...Object.values(value).map(depthOf))
}

test('nestsWithin counts brackets, not those in strings', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 8, stringUnit: fc.constantFrom('"', '\\', '[', '{', 'a') }), (value) => {
      const depth = depthOf(value)
      const text = JSON.stringify(value)
      expect(nestsWithin(text, depth)).toBe(true)
      if (depth > 0) expect(nestsWithin(text, depth - 1)).toBe(false)
    }),
  )
})
