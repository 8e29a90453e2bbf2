/**
 * P11, start: from the process's start to the first Modbus request and to the first BootNotification, 32 chargers and a meter, beside
 * an empty `node -e 0`. The state folder is the one of the run before, which was killed. Without a backlog.
 */
import { spawn } from 'node:child_process'
import { atMost, type Benchmark, type BenchContext, type Row } from './benchmark.ts'
import { startBridge } from './bridge-process.ts'
import { carPark, siteFileOf } from './car-park.ts'
import { startChild } from './child.ts'
import { withDiskFolder } from './folder.ts'
import { rawCsms } from './raw-csms.ts'
import { median, pause } from './statistics.ts'

const CHARGERS = 32
const GIVE_UP_MS = 20_000
const LIFE_MS = 1500
/** By then the bridge has written what it keeps for the next start. */
const FLUSHED_MS = 12_000

async function emptyNodeMs(): Promise<number> {
  const started = performance.now()
  const child = spawn(process.execPath, ['-e', '0'], { stdio: 'ignore' })
  await new Promise((resolve) => child.once('exit', resolve))
  return performance.now() - started
}

async function run({ quick, progress }: BenchContext): Promise<readonly Row[]> {
  return withDiskFolder(async (folder) => {
    const park = await startChild(new URL('./car-park.ts', import.meta.url).href, carPark, {
      chargers: CHARGERS,
      withMeter: true,
    })
    const csms = await startChild(new URL('./raw-csms.ts', import.meta.url).href, rawCsms, { tlsFolder: null })
    const site = siteFileOf(await park.ask('addresses'), await csms.ask('url'), true)

    const once = async (lifeMs = LIFE_MS): Promise<{ request: number; boot: number; all: number }> => {
      await park.ask('forget')
      await csms.ask('forget')
      const bridge = await startBridge(folder, site)
      try {
        const until = performance.now() + GIVE_UP_MS
        while ((await park.ask('askedChargers')) < CHARGERS) {
          if (performance.now() > until) throw new Error(`not all chargers were asked:\n${bridge.said()}`)
          await pause(10)
        }
        const all = performance.timeOrigin + performance.now() - bridge.startedAt
        const request = await park.ask('firstRequestAt')
        let boot = await csms.ask('firstBootAt')
        for (; boot === null; boot = await csms.ask('firstBootAt')) {
          if (performance.now() > until) throw new Error(`no BootNotification:\n${bridge.said()}`)
          await pause(5)
        }
        // some life, so that the next start finds transactions
        await pause(lifeMs)
        return { request: (request ?? Number.NaN) - bridge.startedAt, boot: boot - bridge.startedAt, all }
      } finally {
        await bridge.kill()
        await pause(300)
      }
    }
    // The first start of a new installation also strips the types of all modules; later ones find that done.
    progress('first start')
    const { request: firstEver } = await once(FLUSHED_MS)
    const starts: Awaited<ReturnType<typeof once>>[] = []
    const empty: number[] = []
    for (let round = 0; round < (quick ? 3 : 11); round++) {
      progress(`start ${round + 1}`)
      starts.push(await once())
      empty.push(await emptyNodeMs())
    }
    await park.stop()
    await csms.stop()
    const emptyMs = median(empty)
    const row = (what: string, ms: number, limit: number): Row => ({
      what,
      ours: { value: ms, unit: 'ms' },
      beside: { name: 'node -e 0', value: emptyMs, unit: 'ms' },
      ratio: ms / emptyMs,
      target: atMost(limit),
    })
    return [
      row('first Modbus request', median(starts.map(({ request }) => request)), 5),
      row('first BootNotification', median(starts.map(({ boot }) => boot)), 6),
      {
        what: 'all 32 chargers asked, after kill -9',
        ours: { value: median(starts.map(({ all }) => all)), unit: 'ms' },
        beside: { name: 'node -e 0', value: emptyMs, unit: 'ms' },
        ratio: null,
        target: atMost(2000, 'ms'),
        note: `first start of this bench: first request after ${firstEver.toFixed(0)} ms`,
      },
    ]
  })
}

export const p11Start: Benchmark = { id: 'P11', title: 'Start: process start to first words', run }
