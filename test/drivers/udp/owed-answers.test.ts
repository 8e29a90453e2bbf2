import { describe, expect, it } from 'vitest'

import { OwedAnswers } from '../../../drivers/udp/owed-answers.ts'
import type { Datagram } from '../../../src/model/driver.ts'

function datagram(text: string, match: string | null): Datagram {
  return { kind: 'datagram', text, match }
}
const LIMIT_6 = datagram('curr 6000', 'TCH-OK')
const LIMIT_13 = datagram('curr 13000', 'TCH-OK')
const REPORT = datagram('report 2', '"ID": "2"')

describe('an answer that may still come', () => {
  it('holds back a request that it could be mistaken for', () => {
    const owed = new OwedAnswers()
    owed.add(LIMIT_6, 1000)
    expect(owed.clearAt(LIMIT_13, 100)).toBe(1000)
    expect(owed.clearAt(datagram('ena 0', null), 100)).toBe(1000)
    expect(owed.clearAt(datagram('x', 'TCH-OK :done'), 100)).toBe(1000)
  })

  it('holds back neither the same request nor one whose answer looks different', () => {
    const owed = new OwedAnswers()
    owed.add(LIMIT_6, 1000)
    expect(owed.clearAt(LIMIT_6, 100)).toBe(100)
    expect(owed.clearAt(REPORT, 100)).toBe(100)
  })

  it('is forgotten when it came, or when its time is over', () => {
    const owed = new OwedAnswers()
    owed.add(LIMIT_6, 1000)
    owed.came('{"ID": "2"}')
    expect(owed.clearAt(LIMIT_13, 100)).toBe(1000)
    owed.came('TCH-OK :done')
    expect(owed.clearAt(LIMIT_13, 100)).toBe(100)
    owed.add(LIMIT_6, 1000)
    expect(owed.clearAt(LIMIT_13, 1000)).toBe(1000)
  })
})
