import { expect, test } from 'vitest'
import { judgeClock } from '../../../src/ocpp/station/csms-clock.ts'

const now = Date.parse('2026-03-02T08:00:00Z')

test.each<[string, number, number, number, boolean]>([
  ['whole seconds are no difference', now + 900, now, 0, true],
  ['half a minute is followed', now + 30_000, now, 30_000, true],
  ['a wrong zone is not', now + 2 * 3_600_000, now, 7_200_000, false],
  ['a clock that was never set follows anything', now, 86_400_000, now - 86_400_000, true],
  ['but not to a CSMS without a clock', 0, now, -now, false],
])('%s', (_, currentTime, own, offsetMs, followed) => {
  expect(judgeClock(currentTime, own, own)).toEqual({ offsetMs, followed })
})

test('a slow answer widens what counts as no difference', () => {
  expect(judgeClock(now, now - 20_000, now)).toEqual({ offsetMs: 0, followed: true })
})
