/**
 * The demo behind `npm start`: a simulated car park on real Modbus sockets, a small CSMS, and a bridge between them that is started
 * exactly as `run` starts it. World and bridge share this process and nothing else: only sockets lead from one to the other.
 */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startApi } from '../api/server.ts'
import { loadSiteFile } from '../config/load-site-file.ts'
import { problemsAsError } from '../config/problem.ts'
import type { Clock } from '../model/clock.ts'
import { systemClock } from '../model/clock.ts'
import { createRegistry, startSite } from '../site/facade.ts'
import type { Log } from '../site/log.ts'
import { startDemoCsms } from './csms.ts'
import { startDemoDevices } from './devices.ts'
import { Narrator } from './narrator.ts'
import { demoSiteFile, FREE_TOKEN } from './site-file.ts'
import { World } from './world.ts'

export interface DemoOptions {
  /** Of the page, on 127.0.0.1; 0 takes any that is free. */
  readonly port: number
  /** World time per real time: batteries fill and cars come so many times faster. The bridge runs in real time. */
  readonly speed: number
  /** Ledger and site file; null: a new folder that is removed at the end. */
  readonly stateFolder: string | null
  readonly log: Log
  /** Ends the demo. */
  readonly stopping: AbortSignal
}

const WORLD_STEP_MS = 250
const SAVE_EVERY_STEPS = 20
const PROFILE_EVERY_SECONDS = 75
const PROFILE_SECONDS = 30

/** Runs until `stopping`, then ends cleanly. Throws WEB_PORT_BUSY and what `startSite` throws. */
export async function runDemo({ port, speed, stateFolder, log, stopping }: DemoOptions): Promise<void> {
  const clock = systemClock
  const tell = (text: string): void => log.info({}, text)
  await using ending = new AsyncDisposableStack()
  const folder = stateFolder ?? (await mkdtemp(join(tmpdir(), 'ampbridge-demo-')))
  if (stateFolder === null) ending.defer(() => rm(folder, { recursive: true, force: true }))
  await mkdir(folder, { recursive: true })
  const registry = createRegistry()

  const devices = await startDemoDevices(registry, clock)
  ending.defer(() => devices.close())
  const registers = join(folder, 'demo-registers.json')
  const world = new World({
    bays: devices.bays,
    meter: devices.meter,
    speed,
    registersWh: await readRegisters(registers),
    tell,
  })
  const csms = await startDemoCsms({
    clock,
    remoteStations: new Set(['CP-002']),
    knownTokens: [FREE_TOKEN],
    profileEverySeconds: PROFILE_EVERY_SECONDS / Math.sqrt(speed),
    profileSeconds: PROFILE_SECONDS / Math.sqrt(speed),
    tell,
  })
  ending.defer(() => csms.close())

  const siteFile = join(folder, 'demo-site.yaml')
  await writeFile(siteFile, demoSiteFile({ ...devices.addresses, csms: csms.url }))
  const { config, problems } = await loadSiteFile(siteFile, { stateFolder: folder, addresses: registry.addresses })
  if (config === null) throw problemsAsError(problems)
  stopping.throwIfAborted()
  const site = await startSite(config, { registry, stateFolder: folder, log: faultsOnly(log, stopping), clock })
  ending.defer(() => site.stop())
  const narrator = new Narrator(clock, tell)
  ending.defer(site.onEvent((event) => narrator.hear(event)))
  const api = await startApi(site, { host: '127.0.0.1', port, log, clock })
  ending.defer(() => api.close())

  tell(`The demo car park runs: ${api.url}`)
  tell(
    `Look at house and garage: ${devices.bays.length} chargers share what the building leaves of the fuse. Ctrl-C ends it.`,
  )
  await turn(world, clock, registers, stopping)
  tell('The demo ends.')
}

/** Moves the world on until the end. A machine that was asleep does not make up for it. */
async function turn(world: World, clock: Clock, registers: string, stopping: AbortSignal): Promise<void> {
  let last = clock.monotonic()
  for (let steps = 1; !stopping.aborted; steps++) {
    await clock.sleep(WORLD_STEP_MS, stopping).catch(() => {})
    const now = clock.monotonic()
    world.step(Math.min(now - last, 4 * WORLD_STEP_MS) / 1000)
    last = now
    if (stopping.aborted || steps % SAVE_EVERY_STEPS === 0) {
      await writeFile(registers, JSON.stringify(world.bays.map((bay) => bay.registerWh)))
    }
  }
}

/** Real meters keep counting where they were; ours do when the state folder is kept. */
async function readRegisters(file: string): Promise<readonly number[]> {
  const text = await readFile(file, 'utf8').catch(() => '[]')
  const registers: unknown = JSON.parse(text)
  return Array.isArray(registers) ? registers.filter((value) => typeof value === 'number') : []
}

/** The narrator tells what happens; of the bridge's own log only what is wrong is worth a line here, and nothing once we end. */
function faultsOnly(log: Log, stopping: AbortSignal): Log {
  return {
    info: () => {},
    warn: (_, text) => {
      if (!stopping.aborted) log.warn({}, text)
    },
    error: (_, text) => log.error({}, text),
  }
}
