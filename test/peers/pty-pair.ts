/** Two serial ports joined back to back by socat: what is written to one is read from the other. No speed: bytes arrive at once. */
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { peer } from './require-peer.ts'

export const socat = peer('socat', ['socat', '-V'])

export interface PtyPair {
  readonly one: string
  readonly other: string
  /** Pulls the plug: both ports vanish. */
  unplug(): Promise<void>
  /** Puts the ports back under the same names. */
  plug(): Promise<void>
  remove(): Promise<void>
}

export async function ptyPair(): Promise<PtyPair> {
  const folder = mkdtempSync(join(tmpdir(), 'ampbridge-pty-'))
  const one = join(folder, 'one')
  const other = join(folder, 'other')
  let stop: (() => Promise<void>) | null = null

  const plug = async (): Promise<void> => {
    const child = spawn('socat', [`pty,raw,echo=0,link=${one}`, `pty,raw,echo=0,link=${other}`], { stdio: 'ignore' })
    const gone = new Promise<void>((resolve) => {
      child.once('exit', () => resolve())
    })
    stop = () => {
      child.kill('SIGKILL')
      rmSync(one, { force: true })
      rmSync(other, { force: true })
      return gone
    }
    for (let tries = 0; !(existsSync(one) && existsSync(other)); tries += 1) {
      if (tries > 500) throw new Error('socat made no pty pair within 5 s')
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }
  await plug()
  return {
    one,
    other,
    unplug: async () => {
      await stop?.()
    },
    plug,
    remove: async () => {
      await stop?.()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
