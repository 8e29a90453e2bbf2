/** F49: the event loop stands still for 3 s in the middle of a tick. */
import { PLAIN_PARAMETERS } from '../../src/model/controller-parameters.ts'
import { expect, it } from 'vitest'
import type { Clock } from '../../src/model/clock.ts'
import { ControlLoop } from '../../src/site/control-loop.ts'
import { silentLog } from '../../src/site/log.ts'
import { ManualClock } from '../peers/manual-clock.ts'

it('F49: missed cycles are counted, none is made up for, and the next one is on its old beat', async () => {
  const manual = new ManualClock()
  let stoodMs = 0
  const clock: Clock = {
    now: () => manual.now() + stoodMs,
    monotonic: () => manual.monotonic() + stoodMs,
    sleep: (ms, signal) => manual.sleep(ms, signal),
  }
  const ticks: number[] = []
  const loop = new ControlLoop<null>({
    clock,
    log: silentLog,
    periodMs: 1000,
    gather: () => ({
      at: clock.monotonic(),
      circuits: [],
      outlets: [],
      meters: [],
      limits: [],
      parameters: PLAIN_PARAMETERS,
      settings: {
        meterStaleMs: 1,
        settleMs: 1,
        deadBandAmps: 1,
        riseIntervalMs: 1,
        restMs: 1,
        headroomShare: 0,
        strategy: 'fair',
        quantumWh: 10_000,
        voltage: 230,
        usualStayMs: 28_800_000,
        usualWh: 12_000,
      },
    }),
    allocate: () => ({ allocations: [], loads: [], alarms: [], state: null }),
    initialState: null,
    apply: () => {
      ticks.push(clock.monotonic())
      if (ticks.length === 3) stoodMs += 3300
    },
  })
  loop.start()
  await manual.advance(4000)
  await loop.stop()
  expect(ticks.slice(0, 5)).toEqual([0, 1000, 2000, 6000, 7000])
  expect(loop.counters.missedTicks).toBe(3)
})
