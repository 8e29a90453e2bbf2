import { createServer } from 'node:net'
import { once } from 'node:events'
import { expect, it, onTestFinished } from 'vitest'
import { dialTcp } from '../../../src/wire/tcp.ts'
import { ManualClock } from '../../peers/manual-clock.ts'
import { Traffic } from './traffic.ts'

const never = new AbortController().signal

it('an answer over a socket comes in the step in which it was asked for, however long this machine takes', async () => {
  const traffic = new Traffic()
  onTestFinished(() => traffic.close())
  const clock = new ManualClock(undefined, () => traffic.settle())
  const server = createServer((socket) => socket.on('data', (data) => void socket.write(data)))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const address = server.address()
  const port = address !== null && typeof address === 'object' ? address.port : 0

  const heardAt: number[] = []
  const wire = await dialTcp('127.0.0.1', port)(
    { bytes: () => void heardAt.push(clock.monotonic()), closed: () => undefined },
    never,
  )
  onTestFinished(() => wire.close())
  const ask = async (): Promise<void> => {
    for (let asked = 0; asked < 20; asked++) {
      await clock.sleep(35, never)
      wire.write(Buffer.from('?'))
    }
  }
  const asking = ask()
  await clock.advanceInSteps(1000, 10, () => undefined)
  await asking
  // 35 ms, in whole steps
  expect(heardAt).toEqual(Array.from({ length: 20 }, (_, index) => (index + 1) * 40))
})
