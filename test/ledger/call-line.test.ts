import { expect, test, vi } from 'vitest'
import { CallLine } from '../../src/ledger/call-line.ts'
import type { Request, ToWorker } from '../../src/ledger/operations.ts'

const BACKLOG = { upstreamId: 'operator', stationId: 'CP-1' }

function lineOf(maxWaiting = 100): { line: CallLine; posted: ToWorker[] } {
  const posted: ToWorker[] = []
  let at = 0
  return { line: new CallLine({ post: (message) => posted.push(message), now: () => ++at, maxWaiting }), posted }
}

function requestsOf(message: ToWorker | undefined): readonly Request[] {
  return message?.kind === 'requests' ? message.requests : []
}

test('calls of one turn cross in one message, each with its own time, and each gets its own answer', async () => {
  const { line, posted } = lineOf()
  const both = Promise.all([line.call('backlog', BACKLOG), line.call('failed', { sequence: 7 })])
  expect(posted).toEqual([])
  await Promise.resolve()
  expect(posted).toHaveLength(1)
  expect(requestsOf(posted[0])).toEqual([
    { id: 1, at: 1, method: 'backlog', args: BACKLOG },
    { id: 2, at: 2, method: 'failed', args: { sequence: 7 } },
  ])
  line.answered([
    { id: 2, value: 3 },
    { id: 1, value: 12 },
  ])
  expect(await both).toEqual([12, 3])
})

test('a fault is told to the one whose call it was, with its code; an answer that nobody waits for changes nothing', async () => {
  const { line } = lineOf()
  const refused = line.call('failed', { sequence: 1 })
  const other = line.call('failed', { sequence: 2 })
  line.answered([
    { id: 99, value: 5 },
    { id: 1, fault: { code: 'LEDGER_REFUSED', message: 'no' } },
    { id: 1, value: 5 },
    { id: 2, value: 8 },
  ])
  await expect(refused).rejects.toMatchObject({ code: 'LEDGER_REFUSED', message: expect.stringContaining('no') })
  expect(await other).toBe(8)
})

test('calls that wait for the disk are bounded; an answer makes room', async () => {
  const { line } = lineOf(2)
  const waiting = [line.call('failed', { sequence: 1 }), line.call('failed', { sequence: 2 })]
  await expect(line.call('failed', { sequence: 3 })).rejects.toMatchObject({
    code: 'LEDGER_FAILED',
    message: expect.stringContaining('2 calls are waiting'),
  })
  line.answered([{ id: 1, value: 1 }])
  const next = line.call('failed', { sequence: 4 })
  line.answered([
    { id: 2, value: 2 },
    { id: 3, value: 4 },
  ])
  expect(await Promise.all([...waiting, next])).toEqual([1, 2, 4])
})

test('a call that may wait goes with the next that may not, in the order in which they were made, or by itself in time', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  try {
    const { line, posted } = lineOf()
    void line.call('failed', { sequence: 1 }, 250)
    await Promise.resolve()
    expect(posted).toHaveLength(0)
    void line.call('failed', { sequence: 2 })
    await Promise.resolve()
    expect(posted.map((message) => requestsOf(message).map(({ id }) => id))).toEqual([[1, 2]])

    void line.call('failed', { sequence: 3 }, 250)
    vi.advanceTimersByTime(249)
    expect(posted).toHaveLength(1)
    vi.advanceTimersByTime(1)
    expect(posted.map((message) => requestsOf(message).map(({ id }) => id))).toEqual([[1, 2], [3]])
    expect(vi.getTimerCount()).toBe(0)
  } finally {
    vi.useRealTimers()
  }
})

test('what was called before close still goes and is answered; what comes after it is refused', async () => {
  const { line, posted } = lineOf()
  const last = line.call('failed', { sequence: 1 }, 250)
  line.close()
  line.close()
  expect(posted.map(({ kind }) => kind)).toEqual(['requests', 'close'])
  await expect(line.call('failed', { sequence: 2 })).rejects.toMatchObject({ code: 'LEDGER_FAILED' })
  line.answered([{ id: 1, value: 1 }])
  expect(await last).toBe(1)
})

test('when the thread is gone every call ends with the first reason, also those that come later; nothing is posted to it', async () => {
  const { line, posted } = lineOf()
  const cause = new Error('out of memory')
  const waiting = line.call('failed', { sequence: 1 })
  await Promise.resolve()
  line.end("the ledger's thread failed: out of memory", cause)
  line.end('the ledger is closed')
  const reason = { code: 'LEDGER_FAILED', message: expect.stringContaining('out of memory'), cause }
  await expect(waiting).rejects.toMatchObject(reason)
  await expect(line.call('failed', { sequence: 2 })).rejects.toMatchObject(reason)
  line.close()
  expect(posted.map(({ kind }) => kind)).toEqual(['requests'])
})
