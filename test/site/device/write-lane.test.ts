import { expect, test } from 'vitest'
import { BridgeError, type ErrorCode } from '../../../src/model/errors.ts'
import { Freshness } from '../../../src/site/device/freshness.ts'
import { Preparation } from '../../../src/site/device/preparation.ts'
import { Reach } from '../../../src/site/device/reach.ts'
import { WriteLane } from '../../../src/site/device/write-lane.ts'
import { silentLog } from '../../../src/site/log.ts'
import { ManualClock } from '../../peers/manual-clock.ts'

function rig({ serveAt = null as number | null, prepareFault = null as ErrorCode | null } = {}) {
  const clock = new ManualClock()
  const world = {
    serveAt,
    serveFault: null as ErrorCode | null,
    commandFault: null as ErrorCode | null,
    writes: [] as string[],
    problems: [] as string[],
    stoodStill: false,
    ended: null as string | null,
  }
  const note = (write: string, fault: ErrorCode | null): Promise<readonly []> => {
    world.writes.push(`${clock.monotonic()} ${write}`)
    return fault === null ? Promise.resolve([]) : Promise.reject(new BridgeError(fault, 'no'))
  }
  const stop = new AbortController()
  const preparation = new Preparation()
  preparation.begin(0)
  const lane = new WriteLane({
    name: 'CP-1',
    device: {
      command: (_connector, command) => note(command.kind, world.commandFault),
      serve: () => {
        if (world.serveFault === null) world.serveAt = clock.monotonic() + 1000
        return note('serve', world.serveFault)
      },
      nextServeAt: () => world.serveAt,
    },
    clock,
    log: silentLog,
    reach: new Reach(clock),
    freshness: new Freshness('CP-1', { stoodStillSince: () => world.stoodStill }),
    preparation,
    prepare: () => note('prepare', prepareFault).then(() => undefined),
    onProblem: ({ code }) => world.problems.push(code),
  })
  const run = (): void => {
    lane.run(stop.signal).then(
      () => (world.ended = 'stopped'),
      (error: unknown) => (world.ended = error instanceof BridgeError ? error.code : 'other'),
    )
  }
  return { clock, lane, preparation, stop, world, run }
}

test('an order goes before the preparation, and both before a keep-alive that is due', async () => {
  const { clock, lane, preparation, world, run } = rig({ serveAt: 0 })
  void lane.order(1, { kind: 'pause' }, null)
  preparation.answered(true, 0)
  run()
  await clock.advance(0)
  expect(world.writes).toEqual(['0 pause', '0 prepare', '0 serve'])
})

test('a keep-alive that fails is told and tried again half a second later, on and on', async () => {
  const { clock, world, run } = rig({ serveAt: 1000 })
  world.serveFault = 'DEVICE_TIMEOUT'
  run()
  await clock.advance(2400)
  expect(world.writes).toEqual(['1000 serve', '1500 serve', '2000 serve'])
  expect(world.problems).toEqual(['DEVICE_TIMEOUT', 'DEVICE_TIMEOUT', 'DEVICE_TIMEOUT'])
  world.serveFault = null
  await clock.advance(2000)
  expect(world.writes.slice(3)).toEqual(['2500 serve', '3500 serve'])
  expect(world.ended).toBeNull()
})

test('an order that fails is its caller’s alone; one without an answer makes the device be prepared again', async () => {
  const { clock, lane, preparation, world, run } = rig()
  run()
  world.commandFault = 'DEVICE_TIMEOUT'
  await expect(lane.order(1, { kind: 'pause' }, null)).rejects.toMatchObject({ code: 'DEVICE_TIMEOUT' })
  world.commandFault = null
  await lane.order(1, { kind: 'resume', amps: 6 }, null)
  expect(world.writes).toEqual(['0 pause', '0 resume'])
  expect(preparation.answered(false, clock.monotonic())).toBe(true)
  lane.wake()
  await clock.advance(0)
  expect(world.writes.at(-1)).toBe('0 prepare')
})

test('a preparation that fails gives the device up: it has no fail-safe', async () => {
  const { clock, preparation, world, run } = rig({ prepareFault: 'DEVICE_EXCEPTION' })
  preparation.answered(true, 0)
  run()
  await clock.advance(0)
  expect(world.ended).toBe('DEVICE_EXCEPTION')
})

test('after the process stood still nothing more is written of what was decided before (F48)', async () => {
  const { clock, lane, world, run } = rig({ serveAt: 0 })
  world.stoodStill = true
  const waiting = lane.order(1, { kind: 'current', amps: 16 }, null)
  run()
  await clock.advance(0)
  expect([world.ended, world.writes]).toEqual(['BRIDGE_STOOD_STILL', []])
  lane.refuseAll(new BridgeError('BRIDGE_STOOD_STILL', 'met anew'))
  await expect(waiting).rejects.toMatchObject({ code: 'BRIDGE_STOOD_STILL' })
})
