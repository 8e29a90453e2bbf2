import { expect, test } from 'vitest'
import type { BridgeError } from '../../../src/model/errors.ts'
import { BalanceMemoryKeeper } from '../../../src/site/records/balance-memory.ts'
import { MemoryLedger } from '../../ocpp/station/memory-ledger.ts'
import { ManualClock } from '../../peers/manual-clock.ts'

interface State {
  readonly turns: number
  readonly at: number
}

function rig(memory: MemoryLedger = new MemoryLedger()) {
  const clock = new ManualClock()
  const faults: BridgeError[] = []
  const unreadable: BridgeError[] = []
  const saved: string[] = []
  const { ledger } = memory.process()
  const keeper = new BalanceMemoryKeeper<State>({
    ledger: {
      balanceMemory: () => ledger.balanceMemory(),
      saveBalanceMemory: async (text) => {
        await ledger.saveBalanceMemory(text)
        saved.push(text)
      },
    },
    clock,
    core: {
      memoryOf: ({ turns }) => ({ turns }),
      restoredState: (text, at) => {
        if (typeof text !== 'object' || text === null || !('turns' in text)) throw new Error('no memory of ours')
        return { turns: Number(text.turns), at }
      },
      initialState: { turns: 0, at: -1 },
    },
    onUnreadable: (problem) => unreadable.push(problem),
    onFault: (problem) => faults.push(problem),
  })
  return { memory, clock, keeper, faults, unreadable, saved }
}

test('it is written when it has changed, not with every tick, and the last one wins', async () => {
  const { clock, keeper, saved } = rig()
  keeper.start()
  for (let at = 0; at < 10_000; at += 500) {
    keeper.note({ turns: at < 3000 ? 1 : 2, at })
    await clock.advance(500)
  }
  expect(saved).toEqual(['{"turns":1}', '{"turns":2}'])
  keeper.stop()
})

test('the next run begins with it', async () => {
  const first = rig()
  first.keeper.start()
  first.keeper.note({ turns: 7, at: 5 })
  first.keeper.stop()
  await first.clock.advance(0)
  const second = rig(first.memory)
  await second.clock.advance(300)
  expect(await second.keeper.load()).toEqual({ turns: 7, at: 300 })
  second.keeper.start()
  second.keeper.note({ turns: 7, at: 9 })
  await second.clock.advance(4000)
  // what is there already is not written again
  expect(second.saved).toEqual([])
  second.keeper.stop()
})

test.each(['{"turns":', '[]', 'null'])('a memory that is damaged (%s) is said and begins anew', async (text) => {
  const memory = new MemoryLedger()
  memory.memory = text
  const { keeper, unreadable } = rig(memory)
  expect(await keeper.load()).toEqual({ turns: 0, at: -1 })
  expect(unreadable).toHaveLength(1)
})

test('without any memory there is nothing to say', async () => {
  const { keeper, unreadable } = rig()
  expect(await keeper.load()).toEqual({ turns: 0, at: -1 })
  expect(unreadable).toEqual([])
})

test('a full disk is said, and the newest is written when there is room', async () => {
  const { memory, clock, keeper, faults, saved } = rig()
  memory.full = true
  keeper.start()
  keeper.note({ turns: 1, at: 0 })
  await clock.advance(2000)
  expect(faults.map(({ code }) => code)).toEqual(['LEDGER_FULL'])
  memory.full = false
  keeper.note({ turns: 2, at: 0 })
  await clock.advance(2000)
  expect(saved).toEqual(['{"turns":2}'])
  keeper.stop()
})
