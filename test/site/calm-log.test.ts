import { expect, it } from 'vitest'
import { calmLog } from '../../src/site/calm-log.ts'
import { ManualClock } from '../peers/manual-clock.ts'

function calm() {
  const clock = new ManualClock()
  const told: string[] = []
  const log = calmLog(
    {
      info: (_, text) => void told.push(`info ${text}`),
      warn: (_, text) => void told.push(`warn ${text}`),
      error: (_, text) => void told.push(`error ${text}`),
    },
    clock,
  )
  return { clock, told, log }
}

it('tells the same trouble once a minute, numbers aside, with the count of what it held back', async () => {
  const { clock, told, log } = calm()
  log.warn({}, 'CP-1: no answer within 1000 ms')
  await clock.advance(30_000)
  log.warn({}, 'CP-1: no answer within 1200 ms')
  await clock.advance(30_000)
  log.warn({}, 'CP-1: no answer within 1000 ms')
  expect(told).toEqual([
    'warn CP-1: no answer within 1000 ms',
    'warn CP-1: no answer within 1000 ms (and 1 more since the last time)',
  ])
})

it('holds back nothing else: another text, another level, what is no trouble', () => {
  const { told, log } = calm()
  log.warn({}, 'grid: no answer')
  log.warn({}, 'meter: no answer')
  log.warn({ station: 'CP-1' }, 'CP-1: no answer')
  log.warn({ station: 'CP-2' }, 'CP-2: no answer')
  log.error({}, 'grid: no answer')
  log.info({}, 'set to 6 A')
  log.info({}, 'set to 7 A')
  expect(told).toHaveLength(7)
})

function word(number: number): string {
  return String.fromCharCode(97 + (number % 26), 97 + Math.floor(number / 26))
}

it('keeps a bounded memory, whatever devices write into a text', () => {
  const { told, log } = calm()
  for (let number = 0; number < 5000; number++) log.warn({}, word(number))
  expect(told).toHaveLength(5000)
  log.warn({}, word(0))
  expect(told).toHaveLength(5001)
})
