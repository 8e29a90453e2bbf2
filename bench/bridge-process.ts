/** The bridge as a person starts it: the command line in a process of its own. */
import { spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { PRODUCT_FLAGS } from './product-flags.ts'

const COMMAND = fileURLToPath(new URL('../src/cli/ampbridge.mjs', import.meta.url))

export interface BridgeProcess {
  readonly pid: number
  /** Wall ms, with fractions. */
  readonly startedAt: number
  /** What it said last, for errors. */
  readonly said: () => string
  kill(): Promise<void>
}

/** Starts `ampbridge run` with this site file; its state stays in the folder. */
export async function startBridge(folder: string, site: string): Promise<BridgeProcess> {
  const config = join(folder, 'site.yaml')
  await writeFile(config, site)
  const startedAt = performance.timeOrigin + performance.now()
  const child = spawn(
    process.execPath,
    [...PRODUCT_FLAGS, COMMAND, 'run', '--config', config, '--state', join(folder, 'state')],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (said = (said + String(chunk)).slice(-2000)))
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  return {
    pid: child.pid ?? 0,
    startedAt,
    said: () => said,
    kill: () => {
      child.kill('SIGKILL')
      return ended
    },
  }
}
