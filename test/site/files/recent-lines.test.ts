import { expect, test } from 'vitest'
import { RecentLines } from '../../../src/site/files/recent-lines.ts'

const line = (at: number, text: string, about = 'CP-001') => ({ at, about, text })

test('the newest lines stay within the limit, oldest first', () => {
  const memory = new RecentLines(1000)
  for (let at = 0; at < 10_000; at++) memory.add(line(at, `line ${at}`.padEnd(20)))
  const kept = [...memory.lines('CP-001', null, null)]
  expect(kept.length * 20).toBeLessThanOrEqual(1000)
  expect(kept.length * 20).toBeGreaterThan(400)
  expect(kept.at(-1)).toContain('line 9999')
  expect(kept).toEqual(kept.toSorted())
})

test('one line that is longer than all the room does not stay', () => {
  const memory = new RecentLines(100)
  memory.add(line(1, 'x'.repeat(500)))
  memory.add(line(2, 'short'))
  expect([...memory.lines('CP-001', null, null)]).toHaveLength(1)
})

test('by station and by time; what is about the site is about each of them', () => {
  const memory = new RecentLines(1000)
  memory.add(line(1000, 'early'))
  memory.add(line(2000, 'right'))
  memory.add(line(2000, 'other', 'CP-002'))
  memory.add(line(3000, 'late'))
  memory.add(line(2500, 'the site', ''))
  expect([...memory.lines('CP-001', 1500, 2500)]).toEqual([
    '1970-01-01T00:00:02.000Z CP-001 right\n',
    '1970-01-01T00:00:02.500Z  the site\n',
  ])
})
