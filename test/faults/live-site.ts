/**
 * A real bridge process between simulated hardware on real sockets and a scripted CSMS. Hardware, cars and CSMS live in the test's process,
 * so that the bridge can be stopped, starved or killed without them.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execPath } from 'node:process'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { systemClock } from '../../src/model/clock.ts'
import { createRegistry } from '../../src/site/registry.ts'
import type { SiteSnapshot } from '../../src/site/snapshot.ts'
import { type ScriptedCsms, startScriptedCsms } from '../peers/scripted-csms.ts'
import { type ChargerPlan, type CircuitPlan, SimulatedWorld } from '../site/simulated-world.ts'

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const GRAIN_MS = 10

export interface Bridge {
  readonly pid: number
  readonly page: string
  /** From the start of the process to the line that says it runs. */
  readonly startMs: number
  readonly lines: readonly string[]
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>
  snapshot(): Promise<SiteSnapshot>
  kill(signal: NodeJS.Signals): void
}

export interface LiveSite {
  readonly world: SimulatedWorld
  readonly csms: ScriptedCsms
  readonly stateFolder: string
  readonly start: (options?: StartOptions) => Promise<Bridge>
}

interface StartOptions {
  /** Further options of Node. */
  readonly node?: readonly string[]
  /** A control group to start in. */
  readonly group?: ControlGroup
  /** SIGKILL so long after the start; `start` then rejects when it did not run yet. */
  readonly killAfterMs?: number
}

export async function liveSite(
  circuits: readonly CircuitPlan[],
  chargers: readonly ChargerPlan[],
  startValues: Readonly<Record<string, number>> = {},
): Promise<LiveSite> {
  const folder = mkdtempSync(join(tmpdir(), 'ampbridge-live-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const world = new SimulatedWorld(circuits, chargers, systemClock)
  const registry = createRegistry()
  const urls = new Map<string, string>()
  for (const [id, { device, bank }] of [...world.boxes, ...world.meters]) {
    const url = 'tcp://127.0.0.1:0'
    const [unit = 1] = device.units.keys()
    const server = await registry
      .serverOf(url)
      .listen(url, new Map([[unit, bank]]), { clock: systemClock, serial: null, answerDelayMs: 2 })
    onTestFinished(() => server.close())
    urls.set(id, server.url)
  }
  const csms = await startScriptedCsms()
  onTestFinished(() => csms.close())
  const timer = setInterval(() => world.step(), GRAIN_MS)
  onTestFinished(() => clearInterval(timer))

  const lines = [
    'site: {name: Live}',
    'circuits:',
    ...circuits.map(({ id, parent, limit, meter, failSafe }) => {
      const above = parent === undefined ? '' : `, parent: ${parent}`
      const metered = meter === undefined ? '' : `, meter: ${meter}, fail-safe: ${failSafe} A`
      return `  ${id}: {limit: ${limit} A${above}${metered}}`
    }),
    'meters:',
    ...[...world.meters.keys()].map((id) => `  ${id}: {mapping: janitza-umg604, connect: "${urls.get(id)}"}`),
    'stations:',
    ...chargers.map(({ id, circuit, mapping = 'keba-p30', phases = 'L1L2L3', failSafe }) => {
      const { amps, afterSeconds } = failSafe ?? { amps: 6, afterSeconds: 10 }
      const start = JSON.stringify(startValues)
      return `  ${id}: {mapping: ${mapping}, connect: "${urls.get(id)}", circuit: ${circuit}, phases: ${phases}, authorize: free, upstream: operator, start-values: ${start}, fail-safe: {current: ${amps} A, after: ${afterSeconds} s}}`
    }),
    `upstreams: {operator: {url: "${csms.url}", ocpp: "1.6", security-profile: 0}}`,
    'web: {listen: "127.0.0.1:0"}',
  ]
  writeFileSync(join(folder, 'site.yaml'), `${lines.join('\n')}\n`)
  const stateFolder = join(folder, 'state')
  const argv = ['run', '--config', join(folder, 'site.yaml'), '--state', stateFolder, '--log', 'json']

  return {
    world,
    csms,
    stateFolder,
    start: (options = {}) => startBridge(argv, options, join(folder, 'compiled')),
  }
}

async function startBridge(
  argv: readonly string[],
  { node = [], group, killAfterMs }: StartOptions,
  cache: string,
): Promise<Bridge> {
  const began = performance.now()
  const command = [execPath, ...node, MAIN, ...argv]
  const options = {
    stdio: ['ignore', 'pipe', 'pipe'] as ['ignore', 'pipe', 'pipe'],
    // spares each life the stripping of its types, as an installed package is spared
    env: { ...process.env, NODE_COMPILE_CACHE: cache, JOURNAL_STREAM: undefined },
  }
  const child =
    group === undefined
      ? spawn(execPath, command.slice(1), options)
      : spawn('sh', ['-c', `echo $$ > '${group.tasks}' && exec "$@"`, 'sh', ...command], options)
  if (killAfterMs !== undefined) setTimeout(() => child.kill('SIGKILL'), killAfterMs)
  const lines: string[] = []
  const ended = new Promise<Awaited<Bridge['ended']>>((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal }))
  })
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await ended
  })
  const page = await firstPage(child, lines, ended)
  return {
    pid: child.pid ?? 0,
    page,
    startMs: performance.now() - began,
    lines,
    ended,
    snapshot: async () => {
      const answer = await fetch(`${page}/api/v1/site`)
      const snapshot: unknown = await answer.json()
      return snapshot as SiteSnapshot
    },
    kill: (signal) => void child.kill(signal),
  }
}

/** Resolves with the page's address; rejects when the process ends first. */
function firstPage(child: ChildProcess, lines: string[], ended: Bridge['ended']): Promise<string> {
  return new Promise((resolve, reject) => {
    let rest = ''
    const take = (text: string): void => {
      const parts = (rest + text).split('\n')
      rest = parts.pop() ?? ''
      for (const line of parts) {
        lines.push(line)
        const page = /"page":"([^"]+)"/.exec(line)?.[1]
        if (page !== undefined) resolve(page)
      }
    }
    child.stdout?.setEncoding('utf8').on('data', take)
    child.stderr?.setEncoding('utf8').on('data', (text: string) => lines.push(text))
    ended.then(
      ({ code, signal }) => reject(new Error(`the bridge ended with ${code ?? signal}: ${lines.join('\n')}`)),
      reject,
    )
  })
}

/** A car at every box, once the bridge steers them: before, each box offers what it did in the factory. */
export async function plugAll(world: SimulatedWorld): Promise<void> {
  await until('the bridge steers all boxes', () =>
    [...world.boxes.values()].every(({ offeredAmps }) => offeredAmps === 0),
  )
  for (const box of world.boxes.values()) box.plug({ maxAmps: 32, reactionMs: 1000 })
}

/** Resident memory of a process, MiB. */
export function residentMib(pid: number): number {
  const kib = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Number(kib) / 1024
}

/** A control group (version 1) of one controller; needs root. */
export interface ControlGroup {
  readonly tasks: string
  set(name: string, value: string): void
  get(name: string): string
}

export function controlGroup(controller: 'cpu' | 'memory'): ControlGroup {
  const folder = `/sys/fs/cgroup/${controller}/ampbridge-faults-${process.pid}-${Math.round(performance.now())}`
  mkdirSync(folder)
  // the kernel takes it back once it is empty
  onTestFinished(async () => {
    for (let tries = 0; tries < 50; tries += 1) {
      try {
        rmdirSync(folder)
        return
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
    }
  })
  return {
    tasks: join(folder, 'cgroup.procs'),
    set: (name, value) => writeFileSync(join(folder, name), value),
    get: (name) => readFileSync(join(folder, name), 'utf8').trim(),
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

export async function until(what: string, fits: () => boolean | Promise<boolean>, withinMs = 60_000): Promise<number> {
  const began = performance.now()
  while (!(await fits())) {
    if (performance.now() - began > withinMs) throw new Error(`not within ${withinMs / 1000} s: ${what}`)
    await pause(20)
  }
  return performance.now() - began
}
