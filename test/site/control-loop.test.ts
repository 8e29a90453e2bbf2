import { PLAIN_PARAMETERS } from '../../src/model/controller-parameters.ts'
import { describe, expect, it } from 'vitest'
import type { BalanceInput } from '../../src/model/balance-input.ts'
import { ControlLoop } from '../../src/site/control-loop.ts'
import { silentLog } from '../../src/site/log.ts'
import { ManualClock } from '../peers/manual-clock.ts'

const SETTINGS = {
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
} as const

function loopOf(clock: ManualClock, onTick: () => void) {
  return new ControlLoop<null>({
    clock,
    log: silentLog,
    periodMs: 1000,
    gather: (): BalanceInput => ({
      at: clock.monotonic(),
      circuits: [],
      outlets: [],
      meters: [],
      limits: [],
      parameters: PLAIN_PARAMETERS,
      settings: SETTINGS,
    }),
    allocate: () => ({ allocations: [], loads: [], alarms: [], state: null }),
    initialState: null,
    apply: onTick,
  })
}

describe('the control loop', () => {
  it('ticks once a period without drift', async () => {
    const clock = new ManualClock()
    const ticks: number[] = []
    const loop = loopOf(clock, () => ticks.push(clock.monotonic()))
    loop.start()
    await clock.advance(3500)
    expect(ticks).toEqual([0, 1000, 2000, 3000])
    await loop.stop()
  })

  it('ticks at once when a meter tells something new, and several triggers make one tick', async () => {
    const clock = new ManualClock()
    const ticks: number[] = []
    const loop = loopOf(clock, () => ticks.push(clock.monotonic()))
    loop.start()
    await clock.advance(400)
    loop.trigger()
    loop.trigger()
    await clock.advance(1000)
    expect(ticks).toEqual([0, 420, 1000])
    await loop.stop()
  })

  it('goes on after a tick that failed', async () => {
    const clock = new ManualClock()
    let ticks = 0
    const loop = loopOf(clock, () => {
      ticks++
      if (ticks === 1) throw new Error('a fault of ours')
    })
    loop.start()
    await clock.advance(2000)
    expect(ticks).toBe(3)
    await loop.stop()
  })

  it('ends when it is stopped', async () => {
    const clock = new ManualClock()
    let ticks = 0
    const loop = loopOf(clock, () => ticks++)
    loop.start()
    await clock.settle()
    await loop.stop()
    await clock.advance(5000)
    expect(ticks).toBe(1)
  })
})
