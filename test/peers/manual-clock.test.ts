import { expect, test } from 'vitest'
import { ManualClock } from './manual-clock.ts'

test('sleepers wake in the order of their time, each at its own moment', async () => {
  const clock = new ManualClock(0)
  const woken: [string, number][] = []
  const nap = async (name: string, ms: number): Promise<void> => {
    await clock.sleep(ms, new AbortController().signal)
    woken.push([name, clock.now()])
  }
  void nap('late', 300)
  void nap('early', 100).then(() => nap('again', 100))
  await clock.advance(250)
  expect(woken).toEqual([
    ['early', 100],
    ['again', 200],
  ])
  expect([clock.now(), clock.monotonic(), clock.sleeping]).toEqual([250, 250, 1])
})

test('an aborted sleep rejects and is forgotten', async () => {
  const clock = new ManualClock(0)
  const stop = new AbortController()
  const sleep = clock.sleep(100, stop.signal)
  stop.abort(new Error('enough'))
  await expect(sleep).rejects.toThrow('enough')
  expect(clock.sleeping).toBe(0)
})

test('the wall clock may jump, monotonic time does not', () => {
  const clock = new ManualClock(1000)
  clock.jumpWall(-500)
  expect([clock.now(), clock.monotonic()]).toEqual([500, 0])
})

test('a timer storm is an error, not an endless test', async () => {
  const clock = new ManualClock()
  const storm = async (): Promise<void> => {
    for (;;) await clock.sleep(0, new AbortController().signal)
  }
  void storm()
  await expect(clock.advance(1)).rejects.toThrow('timer storm')
})

test('in steps all who are due by the end of a step are woken in it, after the world has played along', async () => {
  const clock = new ManualClock(0)
  const seen: string[] = []
  const nap = async (name: string, ms: number): Promise<void> => {
    await clock.sleep(ms, new AbortController().signal)
    seen.push(`${clock.monotonic()} ${name}`)
  }
  void nap('late', 15)
  void nap('early', 11)
  void nap('never here', 31)
  await clock.advanceInSteps(30, 10, () => seen.push(`${clock.monotonic()} world`))
  expect(seen).toEqual(['10 world', '20 world', '20 early', '20 late', '30 world'])
  expect([clock.now(), clock.monotonic(), clock.sleeping]).toEqual([30, 30, 1])
})

test('a timer storm within a step is an error too', async () => {
  const clock = new ManualClock(undefined, () => Promise.resolve())
  const storm = async (): Promise<void> => {
    for (;;) await clock.sleep(0, new AbortController().signal)
  }
  void storm()
  await expect(clock.advanceInSteps(10, 10, () => undefined)).rejects.toThrow('timer storm')
})
