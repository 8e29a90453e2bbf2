import { describe, expect, it } from 'vitest'
import { createLog } from '../../src/cli/log.ts'

function linesOf(format: 'text' | 'json', journal: boolean): { lines: string[]; log: ReturnType<typeof createLog> } {
  const lines: string[] = []
  return { lines, log: createLog({ format, journal, write: (line) => lines.push(line) }) }
}

describe('the log', () => {
  it('has one line of text per event: time, level, text, fields', () => {
    const { lines, log } = linesOf('text', false)
    log.info({ station: 'CP-1', amps: 9, text: 'a b' }, 'plugged in')
    log.error({}, 'gone')
    expect(lines).toHaveLength(2)
    expect(lines[0]).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z info {4}plugged in \[station=CP-1 amps=9 text="a b"\]\n$/)
    expect(lines[1]).toMatch(/Z error {3}gone\n$/)
  })

  it('gives the journal the priority, and leaves the time to it', () => {
    const { lines, log } = linesOf('text', true)
    log.info({}, 'a')
    log.warn({}, 'b')
    log.error({}, 'c')
    expect(lines).toEqual(['<6>a\n', '<4>b\n', '<3>c\n'])
  })

  it('escapes what would forge a line or a colour (H56, H60)', () => {
    const { lines, log } = linesOf('text', true)
    log.info({ name: 'x\n<0>fake \u001B[31m\u202E', ['k\ney']: 1 }, 'a\r\n<0>b\u001B[2J\u0007\u2028')
    expect(lines).toHaveLength(1)
    // oxlint-disable-next-line no-control-regex
    expect(lines[0]?.slice(0, -1)).not.toMatch(/[\u0000-\u001F\u2028\u202E]/)
    expect(lines[0]).toContain(String.raw`a\r\n<0>b\u001b[2J\u0007\u2028`)
  })

  it('has JSON lines on demand', () => {
    const { lines, log } = linesOf('json', true)
    log.warn({ station: 'CP-1' }, 'a\nb')
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 40, station: 'CP-1', msg: 'a\nb' })
    expect(lines[0]?.split('\n')).toHaveLength(2)
  })
})
