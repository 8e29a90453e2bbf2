/** The command line as a real process. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { PACKAGE_FOLDER } from '../../src/cli/context.ts'
import type { Ran } from './command.ts'

export interface Started {
  /** The first line on standard output that holds `text`; rejects when the process ends before. */
  line(text: string): Promise<string>
  kill(signal: 'SIGINT' | 'SIGTERM'): void
  readonly ended: Promise<Ran>
}

const MAIN = join(PACKAGE_FOLDER, 'src/cli/main.ts')

export function start(
  argv: readonly string[],
  options: { readonly folder?: string; readonly env?: NodeJS.ProcessEnv } = {},
): Started {
  const child = spawn(process.execPath, [MAIN, ...argv], {
    cwd: options.folder ?? PACKAGE_FOLDER,
    env: { ...process.env, INIT_CWD: undefined, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let out = ''
  let err = ''
  const waiting = new Set<() => void>()
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text
    for (const look of waiting) look()
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text
  })
  const ended = new Promise<Ran>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve({ code: code ?? -1, out: out.trimEnd(), err: err.trimEnd() }))
  })
  return {
    ended,
    kill: (signal) => void child.kill(signal),
    line: (text) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = out
            .split('\n')
            .slice(0, -1)
            .find((line) => line.includes(text))
          if (found === undefined) return
          waiting.delete(look)
          resolve(found)
        }
        waiting.add(look)
        ended.then(() => reject(new Error(`ended before "${text}": ${out}${err}`)), reject)
        look()
      }),
  }
}

export function run(argv: readonly string[], options: Parameters<typeof start>[1] = {}): Promise<Ran> {
  return start(argv, options).ended
}
