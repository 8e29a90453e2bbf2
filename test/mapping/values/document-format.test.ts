import { describe, expect, test } from 'vitest'
import { marked, readDocument, scalarOf, writeDocument } from '../../../src/mapping/values/document-format.ts'

describe('a document', () => {
  test('in JSON', () => {
    expect(readDocument('{"a": [1, true, null]}', 'json')).toEqual({ a: [1, true, null] })
    expect(readDocument('{"a": ', 'json')).toBeUndefined()
  })

  test('in pairs, as small web servers write them', () => {
    expect(readDocument('evseState=2\nactualCurrent = 16\r\nname: Box 1', 'pairs')).toEqual({
      evseState: '2',
      actualCurrent: '16',
      name: 'Box 1',
    })
    expect(readDocument('a=1&b=2', 'pairs')).toEqual({ a: '1', b: '2' })
    expect(readDocument('nothing here', 'pairs')).toBeUndefined()
    expect(readDocument(writeDocument({ a: 1, b: 'x' }, 'pairs'), 'pairs')).toEqual({ a: '1', b: 'x' })
  })

  test('that is one text', () => {
    expect(readDocument(' 230.1\n', 'text')).toBe('230.1')
    expect(writeDocument(230.1, 'text')).toBe('230.1')
  })

  test('says true and false as 1 and 0, and nothing for a map, a list or null', () => {
    expect([true, false, 3, 'x', null, {}, [], undefined].map(scalarOf)).toEqual([1, 0, 3, 'x', null, null, null, null])
  })

  test('carries the piece of text by which its answer is known', () => {
    expect(JSON.parse(marked('{"E":1}', '"ID": "2"'))).toEqual({ ID: '2', E: 1 })
    expect(JSON.parse(marked('{}', '"ID": "2"'))).toEqual({ ID: '2' })
    expect(marked('TCH-OK :done', 'TCH-OK')).toBe('TCH-OK :done')
  })
})
