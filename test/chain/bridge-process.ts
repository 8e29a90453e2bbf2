/** The bridge as a process of its own, as on a real site: to be killed, stopped and started again. */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))

export interface BridgeProcess {
  readonly startedAt: number
  readonly ended: Promise<{ readonly code: number | null; readonly text: string }>
  kill(signal: NodeJS.Signals): void
}

/** `folder` holds site.yaml and the state; a cache there spares each life the stripping of its types, as an installed package is spared. */
export function startBridge(folder: string): BridgeProcess {
  const argv = [MAIN, 'run', '--config', `${folder}/site.yaml`, '--state', `${folder}/state`]
  const child = spawn(process.execPath, argv, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_COMPILE_CACHE: `${folder}/compiled`, INIT_CWD: undefined },
  })
  const startedAt = performance.now()
  let text = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (part: string) => (text += part))
  const ended = new Promise<{ code: number | null; text: string }>((resolve) => {
    child.once('close', (code) => resolve({ code, text }))
  })
  return { startedAt, ended, kill: (signal) => void child.kill(signal) }
}
