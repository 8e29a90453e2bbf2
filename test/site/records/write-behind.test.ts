import { expect, test } from 'vitest'
import { BridgeError } from '../../../src/model/errors.ts'
import { WriteBehind, type WriteBehindOptions } from '../../../src/site/records/write-behind.ts'
import { ManualClock } from '../../peers/manual-clock.ts'

interface Row {
  readonly name: string
  readonly value: number
}

function rig(over: Partial<WriteBehindOptions<Row>> = {}) {
  const clock = new ManualClock()
  const written: (readonly number[])[] = []
  const told: string[] = []
  const disk = { problem: null as BridgeError | null, hanging: null as Promise<void> | null }
  const queue = new WriteBehind<Row>({
    clock,
    write: async (rows) => {
      if (disk.hanging !== null) await disk.hanging
      if (disk.problem !== null) throw disk.problem
      written.push(rows.map(({ value }) => value))
    },
    keyOf: null,
    maxWaiting: 5,
    atOnce: 3,
    onLost: () => told.push('lost'),
    onFault: ({ code }) => told.push(code),
    onCaughtUp: (lost) => told.push(`caught up, ${lost} lost`),
    ...over,
  })
  const add = (...values: readonly number[]): void => {
    for (const value of values) queue.add({ name: `${value % 2}`, value })
  }
  return { clock, queue, written, told, disk, add }
}

test('rows are written once a second, so many at once', async () => {
  const { clock, queue, written, told, add } = rig()
  queue.start()
  add(1, 2, 3, 4)
  expect(written).toEqual([])
  await clock.advance(1000)
  expect(written).toEqual([[1, 2, 3]])
  await clock.advance(1000)
  expect(written).toEqual([[1, 2, 3], [4]])
  expect(told).toEqual(['caught up, 0 lost'])
  queue.stop()
})

test('of rows with a key the newest waits', async () => {
  const { clock, queue, written, add } = rig({ keyOf: ({ name }) => name })
  queue.start()
  add(1, 2, 3, 5)
  await clock.advance(1000)
  expect(written).toEqual([[5, 2]])
  queue.stop()
})

test('a disk that hangs costs the oldest beyond the bound, and nobody waits for it', async () => {
  const { clock, queue, written, told, disk, add } = rig()
  queue.start()
  const { promise, resolve: release } = Promise.withResolvers<void>()
  disk.hanging = promise
  add(1)
  await clock.advance(1000)
  add(2, 3, 4, 5, 6, 7, 8)
  expect(queue.waiting).toBe(5)
  expect(told).toEqual(['lost', 'lost'])
  disk.hanging = null
  release()
  await clock.advance(3000)
  expect(written.flat()).toEqual([1, 4, 5, 6, 7, 8])
  expect(told.at(-1)).toBe('caught up, 2 lost')
  queue.stop()
})

test('a full disk is tried again, and what waited is written in order', async () => {
  const { clock, queue, written, told, disk, add } = rig()
  queue.start()
  disk.problem = new BridgeError('LEDGER_FULL', 'no space')
  add(1, 2)
  await clock.advance(2000)
  add(3)
  expect(told).toEqual(['LEDGER_FULL'])
  disk.problem = null
  await clock.advance(10_000)
  expect(written).toEqual([[1, 2, 3]])
  queue.stop()
})

test('a row that came again meanwhile is not overwritten by its older self', async () => {
  const { clock, queue, written, disk, add } = rig({ keyOf: ({ name }) => name })
  queue.start()
  disk.problem = new BridgeError('LEDGER_FULL', 'no space')
  add(1)
  await clock.advance(1000)
  add(3)
  disk.problem = null
  await clock.advance(10_000)
  expect(written).toEqual([[3]])
  queue.stop()
})

test('what the ledger refuses is not tried for ever', async () => {
  const { clock, queue, written, told, disk, add } = rig()
  queue.start()
  disk.problem = new BridgeError('LEDGER_REFUSED', 'not a number')
  add(1)
  await clock.advance(1000)
  disk.problem = null
  add(2)
  await clock.advance(10_000)
  expect(written).toEqual([[2]])
  expect(told).toEqual(['LEDGER_REFUSED', 'lost', 'caught up, 1 lost'])
  queue.stop()
})

test('at the end all that waits is handed over at once', async () => {
  const { clock, queue, written, add } = rig()
  queue.start()
  add(1, 2, 3, 4)
  queue.stop()
  await clock.advance(0)
  expect(written).toEqual([[1, 2, 3], [4]])
})
