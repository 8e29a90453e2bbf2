/**
 * P8, reaction: the building's load jumps on the meter's registers; how long until the last of 32 chargers has its lower set-point on
 * the wire. A running site (`startSite`), everything else in other processes. Beside it what cannot be avoided: the poll period of
 * 1 s and a raw sweep of 32 writes.
 */
import { spawn } from 'node:child_process'
import { connect } from 'node:net'
import { join } from 'node:path'
import { loadSiteText } from '../src/config/load-site-file.ts'
import { createRegistry, startSite } from '../src/site/facade.ts'
import { silentLog } from '../src/site/log.ts'
import { atMost, type Benchmark, type BenchContext, type Row } from './benchmark.ts'
import { carPark, HOUSE_AMPS, siteFileOf, type Step } from './car-park.ts'
import { type Child, startChild } from './child.ts'
import { withDiskFolder } from './folder.ts'
import { rawCsms } from './raw-csms.ts'
import { median, pause, percentile } from './statistics.ts'

const CAR_PARK = new URL('./car-park.ts', import.meta.url).href
const CHARGERS = 32
const POLL_MS = 1000
/** So much less for each charger. */
const STEP_AMPS = 1.5
/** From here the building's load is lowered again, and the cars get more within a minute. */
const LOWEST_AMPS = 10
const BUILDING_AMPS = 100
const HOGS = 4

interface SiteParams {
  readonly folder: string
  readonly text: string
}

export async function runningSite({ folder, text }: SiteParams) {
  const registry = createRegistry()
  const { config, problems } = await loadSiteText(text, join(folder, 'site.yaml'))
  if (config === null) throw new Error(JSON.stringify(problems))
  // Rises come sooner than in a real car park, so that the next step need not wait; decreases know no waiting.
  const site = await startSite(config, {
    registry,
    stateFolder: join(folder, 'state'),
    log: silentLog,
    balance: { riseIntervalMs: 2000 },
  })
  return {
    loop: async () => site.snapshot().loop,
    setAmps: async () => site.snapshot().stations.map(({ evses }) => evses[0]?.setAmps ?? null),
  }
}

/** 32 writes over 32 open connections, the last answer's time in ms. */
async function rawSweep(ports: readonly number[], rounds: number): Promise<number> {
  const sockets = await Promise.all(
    ports.map(async (port) => {
      const socket = connect({ port, host: '127.0.0.1', noDelay: true })
      await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject))
      return socket
    }),
  )
  // FC 6 on a register that the box does not have: it answers without moving anything
  const write = Buffer.from([0, 0, 0, 0, 0, 6, 1, 6, 0x10, 0, 0, 0])
  const times: number[] = []
  for (let round = 0; round < rounds; round++) {
    const started = performance.now()
    await Promise.all(
      sockets.map((socket) => {
        const answered = new Promise((resolve) => socket.once('data', resolve))
        socket.write(write)
        return answered
      }),
    )
    times.push(performance.now() - started)
    await pause(20)
  }
  for (const socket of sockets) socket.destroy()
  return median(times)
}

async function run({ quick, progress }: BenchContext): Promise<readonly Row[]> {
  return withDiskFolder(async (folder) => {
    const park = await startChild(CAR_PARK, carPark, { chargers: CHARGERS, withMeter: true })
    const csms = await startChild(new URL('./raw-csms.ts', import.meta.url).href, rawCsms, { tlsFolder: null })
    const addresses = await park.ask('addresses')
    const sweepMs = await rawSweep(
      addresses.chargers.map((url) => Number(new URL(url).port)),
      quick ? 10 : 50,
    )
    const text = siteFileOf(addresses, await csms.ask('url'), false)
    const site = await startChild(import.meta.url, runningSite, { folder, text })
    const steps: Step[] = []
    const most = quick ? 4 : 10
    for (let round = 0; steps.length < most; round++) {
      progress(`steps, round ${round + 1}`)
      await park.ask('setBuilding', BUILDING_AMPS)
      let offered = await steady(park)
      while (offered > LOWEST_AMPS && steps.length < most) {
        // it falls anywhere into the period
        await pause(Math.random() * POLL_MS)
        const buildingAmps = HOUSE_AMPS - CHARGERS * (offered - STEP_AMPS)
        steps.push(await park.ask('step', { buildingAmps, timeoutMs: 5000 }))
        offered = await steady(park)
      }
    }
    progress('hogs')
    const calm = await site.ask('loop')
    const hogMs = quick ? 5000 : 20_000
    const hogs = Array.from({ length: HOGS }, () => spawn(process.execPath, ['-e', 'for (;;);']))
    await pause(1000)
    await pause(hogMs)
    const gaps = await park.ask('readGaps', hogMs)
    for (const hog of hogs) hog.kill('SIGKILL')
    const loop = await site.ask('loop')
    for (const child of [site, park, csms]) await child.stop()

    const totals = steps.map(({ lastWriteMs }) => lastWriteMs ?? Number.POSITIVE_INFINITY)
    const afterSample = steps.map(({ sampledMs, lastWriteMs }) => (lastWriteMs ?? Number.POSITIVE_INFINITY) - sampledMs)
    const limit = { name: 'poll period + raw sweep', value: POLL_MS + sweepMs, unit: 'ms' }
    return [
      {
        what: 'step to last set-point',
        ours: { value: percentile(totals, 0.99), unit: 'ms p99' },
        beside: limit,
        ratio: null,
        target: atMost(1100, 'ms'),
        note: `p50 ${median(totals).toFixed(0)} ms, ${steps.length} steps; by setting: EVerest, OpenEMS 1 s, openWB, WARP 10 s, evcc 30 s`,
      },
      {
        what: 'sample to last set-point',
        ours: { value: percentile(afterSample, 0.99), unit: 'ms p99' },
        beside: { name: 'raw sweep', value: sweepMs, unit: 'ms' },
        ratio: null,
        target: atMost(250, 'ms'),
        note: `p50 ${median(afterSample).toFixed(0)} ms`,
      },
      {
        what: `start jitter, ${HOGS} hogs`,
        ours: {
          value: percentile(
            gaps.map((gap) => Math.abs(gap - POLL_MS)),
            0.99,
          ),
          unit: 'ms p99',
        },
        beside: { name: 'poll period', value: POLL_MS, unit: 'ms' },
        ratio: null,
        target: atMost(20, 'ms'),
        note: `${gaps.length} polls of the meter, as it sees them`,
      },
      {
        what: 'missed cycles',
        ours: { value: loop.missedTicks, unit: '' },
        beside: { name: 'ticks', value: loop.ticks, unit: '' },
        ratio: null,
        target: atMost(0),
        note: `${calm.missedTicks} before the hogs; last tick ${loop.lastTickMs.toFixed(1)} ms`,
      },
    ]
  })
}

type Park = Child<Awaited<ReturnType<typeof carPark>>>

/**
 * Until every car draws what it is offered and nothing has changed for four seconds. Resolves with the current of each, A. Right
 * after an overload chargers may be given less than their share for half a minute: the next step starts from there.
 */
async function steady(park: Park): Promise<number> {
  let last = ''
  for (let calm = 0, turns = 0; ; turns++) {
    const offered = await park.ask('offeredAmps')
    const drawn = await park.ask('drawnAmps')
    const now = offered.join(' ')
    const [first = 0] = offered
    const isEven = offered.every((amps) => Math.abs(amps - first) < 0.5) && drawn.join(' ') === now && first >= 6
    calm = isEven && now === last ? calm + 1 : 0
    if (calm === 8) return Math.min(...offered)
    if (turns > 240) throw new Error(`the car park does not settle: offered ${now}, drawn ${drawn.join(' ')}`)
    last = now
    await pause(500)
  }
}

export const p8Reaction: Benchmark = {
  id: 'P8',
  title: 'Reaction: step on the meter to the last of 32 set-points',
  run,
}
