import { describe, expect, it } from 'vitest'
import { dayOf, localTime, midnightOf, nextMidnight } from '../../src/study/local-time.ts'

const ZURICH = 'Europe/Zurich'
const HOUR = 3_600_000

describe('local days', () => {
  it('begin at the local midnight', () => {
    expect(midnightOf('2026-11-20', 'UTC')).toBe(Date.UTC(2026, 10, 20))
    expect(midnightOf('2026-11-20', ZURICH)).toBe(Date.UTC(2026, 10, 19, 23))
    expect(midnightOf('2026-07-01', ZURICH)).toBe(Date.UTC(2026, 5, 30, 22))
    expect(midnightOf('2026-11-20', 'America/New_York')).toBe(Date.UTC(2026, 10, 20, 5))
  })

  it('have 23 and 25 hours when the clocks change', () => {
    const spring = midnightOf('2026-03-29', ZURICH) ?? 0
    const autumn = midnightOf('2026-10-25', ZURICH) ?? 0
    expect((nextMidnight(spring, ZURICH) - spring) / HOUR).toBe(23)
    expect((nextMidnight(autumn, ZURICH) - autumn) / HOUR).toBe(25)
    expect(nextMidnight(midnightOf('2026-11-20', ZURICH) ?? 0, ZURICH)).toBe(midnightOf('2026-11-21', ZURICH))
  })

  it.each(['2026-02-30', '2026-13-01', '20.11.2026', 'yesterday', '', '2026-11-20T10:00'])('are not %s', (text) => {
    expect(midnightOf(text, ZURICH)).toBeNull()
  })

  it('are shown as the site’s clocks show them', () => {
    const at = Date.UTC(2026, 10, 20, 23, 30, 5)
    expect(localTime(at, ZURICH)).toBe('2026-11-21 00:30:05')
    expect(dayOf(at, ZURICH)).toBe('2026-11-21')
    expect(dayOf(at, 'UTC')).toBe('2026-11-20')
  })
})
