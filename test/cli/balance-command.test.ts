/** `ampbridge balance` as a planner runs it: a process with lines in and out. */
import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { PACKAGE_FOLDER } from '../../src/cli/context.ts'
import { car, init, tick } from '../study/planner-site.ts'

const MAIN = join(PACKAGE_FOLDER, 'src/cli/main.ts')

function start(folder: string) {
  const child = spawn(process.execPath, [MAIN, 'balance'], {
    env: { ...process.env, BALANCE_STATE_DIR: folder },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  let err = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text))
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
  return {
    ask: async (line: string | object): Promise<unknown> => {
      child.stdin.write(`${typeof line === 'string' ? line : JSON.stringify(line)}\n`)
      const { value, done } = await lines.next()
      if (done === true) throw new Error(`it ended: ${err}`)
      return JSON.parse(value)
    },
    say: (message: object) => child.stdin.write(`${JSON.stringify(message)}\n`),
    stop: () => child.kill('SIGTERM'),
    end: () => {
      child.stdin.end()
      return ended
    },
    kill: () => {
      child.kill('SIGKILL')
      return ended
    },
    err: () => err,
    ended,
  }
}

describe('balance', () => {
  let folder = ''
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ampbridge-balance-'))
  })
  afterEach(() => rm(folder, { recursive: true }))
  const both = [car('a'), car('b')]

  it('answers bad lines and goes on, and ends well with its input', async () => {
    const planner = start(folder)
    expect(await planner.ask('no JSON')).toMatchObject({ type: 'error' })
    expect(await planner.ask(init())).toEqual({ type: 'ready', name: 'ampbridge' })
    expect(await planner.ask(tick(1, both, 10))).toMatchObject({ type: 'alloc', seq: 1, amps: [0, 0] })
    expect(await planner.end()).toBe(0)
    expect(planner.err()).toBe('')
  })

  it('refuses a line that is too long, says so, and goes on; ends when it is stopped', async () => {
    const planner = start(folder)
    expect(await planner.ask('x'.repeat(17_000_000))).toMatchObject({ text: expect.stringContaining('longer than') })
    expect(await planner.ask(init())).toEqual({ type: 'ready', name: 'ampbridge' })
    expect(await planner.ask({ type: 'tock', name: 'Zürich–Nord' })).toMatchObject({ type: 'error' })
    planner.stop()
    expect(await planner.ended).toBe(0)
    expect(planner.err()).toBe('')
  })

  it('ends with `end` though its input goes on', async () => {
    const planner = start(folder)
    await planner.ask(init())
    planner.say({ type: 'end' })
    expect(await planner.ended).toBe(0)
  })

  it('is killed, started again, and remembers whose turn it is', async () => {
    const first = start(folder)
    await first.ask(init())
    await first.ask(tick(1, both, 10))
    await first.ask(tick(2, both, 10))
    await first.kill()
    const path = join(folder, 'balance.json')
    expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({ sessions: [{ id: 'visit-a' }, { id: 'visit-b' }] })
    // what is remembered of the car shows that it was read: b was paused twice
    await writeFile(path, JSON.stringify({ sessions: [{ id: 'visit-b', pauses: 2 }] }))
    const second = start(folder)
    await second.ask(init({}, true))
    await second.ask(tick(3, both, 10))
    await second.end()
    const { sessions } = JSON.parse(await readFile(path, 'utf8')) as { sessions: { id: string; pauses: number }[] }
    expect(sessions.find(({ id }) => id === 'visit-b')?.pauses).toBe(2)
  })

  it('takes a memory that is damaged as none', async () => {
    await writeFile(join(folder, 'balance.json'), '{"sessions":[{"id":')
    const planner = start(folder)
    expect(await planner.ask(init({}, true))).toMatchObject({ type: 'ready' })
    expect(await planner.ask(tick(1, both, 10))).toMatchObject({ type: 'alloc' })
    expect(await planner.end()).toBe(0)
  })

  it('says which folder it cannot write, and ends', async () => {
    const planner = start(join(folder, 'missing'))
    await planner.ask(init())
    await planner.ask(tick(1, both, 10))
    expect(await planner.ended).not.toBe(0)
    expect(planner.err()).toContain('$BALANCE_STATE_DIR')
  })
})
