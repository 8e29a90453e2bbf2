/** A fail-safe whose two numbers travel in one order. */
import { describe, expect, test } from 'vitest'
import { loadMapping } from '../../../src/mapping/index.ts'

const file = (failsafe: string, more = '') => `
device: Acme Box
kind: charger
udp: {port: 7090, documents: {status: {send: status}}}
state: {path: status.state, A: 1, C: 2}
write:
  current: {send: "curr {value}", unit: mA, rewrite: 10s}
  pause: {send: "ena 0"}
  resume: [current, {send: "ena 1"}]
  failsafe: ${failsafe}
${more}`
const PARTS = 'current: {unit: mA, range: 0 or 6..32 A}, timeout: {unit: s}'

function problems(text: string): readonly string[] {
  const result = loadMapping(text, 'box.yaml')
  return 'problems' in result ? result.problems.map(({ path, message }) => `${path}: ${message}`) : []
}

describe('one order for the whole fail-safe', () => {
  test('loads with both numbers in it', () => {
    expect(problems(file(`{order: {send: "fs {timeout} {current}"}, ${PARTS}}`))).toEqual([])
  })

  test.each([
    ['{order: {send: "fs {timeout} {current}"}, current: {unit: mA}}', 'write.failsafe: `timeout` is missing'],
    [`{order: {send: "fs {timeout}"}, ${PARTS}}`, 'write.failsafe.order: {current} is missing'],
    [
      '{order: {send: "fs {timeout} {current}"}, current: {send: "fc {value}", unit: mA}, timeout: {unit: s}}',
      'write.failsafe.current: the order above carries it',
    ],
  ])('%s is refused', (failsafe, problem) => {
    expect(problems(file(failsafe))).toContain(problem)
  })

  test('cannot be fed by its time-out alone', () => {
    const alive = '  alive: {every: timeout/2, write: failsafe.timeout}'
    expect(problems(file(`{order: {send: "fs {timeout} {current}"}, ${PARTS}}`, alive))).toEqual([
      'write.alive: the time-out cannot be sent alone, its order carries the current too',
    ])
  })
})

test('a name in braces that is no option is refused', () => {
  expect(problems(file(`{order: {send: "fs {timeout} {current} {save}"}, ${PARTS}}`))).toContain(
    'write.failsafe.current: {save} is not an option of this file',
  )
})
