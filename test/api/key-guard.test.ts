/** Addresses that guess: what counts as one, and that their list does not grow. */
import { expect, it } from 'vitest'
import { KeyGuard, MAX_WRONG_KEYS } from '../../src/api/key-guard.ts'
import { Secret } from '../../src/config/site-config.ts'
import { ManualClock } from '../peers/manual-clock.ts'

const KEY = 'app-key-0123456789'
const RIGHT = `Bearer ${KEY}`

function guardAt(clock: ManualClock): KeyGuard {
  return new KeyGuard(
    [{ name: 'app', key: new Secret(Buffer.from(KEY)), allow: ['stop'], stationIds: null, signalIds: null }],
    clock,
  )
}
function guess(guard: KeyGuard, address: string, times: number = MAX_WRONG_KEYS): void {
  for (let tries = 0; tries < times; tries++) guard.judge('Bearer wrong', address)
}

it('one address that guesses is in nobody else’s way', () => {
  const guard = guardAt(new ManualClock())
  guess(guard, '10.0.0.7')
  expect(guard.judge(RIGHT, '10.0.0.7').verdict).toBe('locked-out')
  expect(guard.judge(RIGHT, '10.0.0.8').verdict).toBe('known')
})

it.each([
  ['::ffff:10.0.0.7', '10.0.0.7', 'locked-out'],
  ['2001:db8:1:2::1', '2001:db8:1:2:aaaa:bbbb:cccc:dddd', 'locked-out'],
  ['2001:db8::1', '2001:db8:0:0:7::1', 'locked-out'],
  ['fe80::1%eth0', 'fe80::2%eth0', 'locked-out'],
  ['2001:db8:1:2::1', '2001:db8:1:3::1', 'known'],
])('%s and %s', (guesser, other, verdict) => {
  const guard = guardAt(new ManualClock())
  guess(guard, guesser)
  expect(guard.judge(RIGHT, other).verdict).toBe(verdict)
})

it('a slip now and then locks nobody out, and the right key forgives', async () => {
  const clock = new ManualClock()
  const guard = guardAt(clock)
  for (let day = 0; day < 3; day++) {
    guess(guard, '10.0.0.7', MAX_WRONG_KEYS - 1)
    await clock.advance(60_000)
  }
  guess(guard, '10.0.0.7', MAX_WRONG_KEYS - 1)
  expect(guard.judge(RIGHT, '10.0.0.7').verdict).toBe('known')
  guess(guard, '10.0.0.7', MAX_WRONG_KEYS - 1)
  expect(guard.judge(RIGHT, '10.0.0.7').verdict).toBe('known')
})

it('forgets the oldest of very many addresses', () => {
  const guard = guardAt(new ManualClock())
  guess(guard, '10.9.9.9')
  for (let host = 0; host < 1000; host++) guess(guard, `10.0.${host >> 8}.${host & 255}`, 1)
  expect(guard.judge(RIGHT, '10.9.9.9').verdict).toBe('known')
})
