/** A serial line (two pty pairs) that spoils what passes: bits turned, bytes babbled between frames. All randomness comes from `random`. */
import { SerialPort } from 'serialport'

import { ptyPair, type PtyPair } from './pty-pair.ts'

export interface NoisyLine {
  /** The ends: a device opens one, the bridge the other. */
  readonly device: string
  readonly bridge: string
  /** Share of chunks, both ways, in which one bit is turned. */
  corrupt: number
  readonly passed: number
  readonly spoilt: number
  /** Bytes that nobody asked for, towards the bridge. */
  babble(bytes: Buffer): void
  close(): Promise<void>
}

function open(path: string): Promise<SerialPort> {
  const port = new SerialPort({ path, baudRate: 19_200, autoOpen: false })
  return new Promise((resolve, reject) => {
    port.open((error) => (error === null ? resolve(port) : reject(error)))
  })
}

function close(port: SerialPort): Promise<void> {
  return new Promise((resolve) => {
    port.close(() => resolve())
  })
}

export async function noisyLine(random: () => number): Promise<NoisyLine> {
  const near: PtyPair = await ptyPair()
  const far: PtyPair = await ptyPair()
  const atDevice = await open(near.other)
  const atBridge = await open(far.one)
  const counts = { passed: 0, spoilt: 0 }
  const line = { corrupt: 0 }
  const pump = (from: SerialPort, to: SerialPort): void => {
    from.on('data', (chunk: Buffer) => {
      const bytes = Buffer.from(chunk)
      counts.passed += 1
      if (random() < line.corrupt) {
        const at = Math.floor(random() * bytes.length)
        bytes[at] = (bytes[at] ?? 0) ^ (1 << Math.floor(random() * 8))
        counts.spoilt += 1
      }
      to.write(bytes)
    })
  }
  pump(atDevice, atBridge)
  pump(atBridge, atDevice)
  return {
    device: near.one,
    bridge: far.other,
    get corrupt() {
      return line.corrupt
    },
    set corrupt(share) {
      line.corrupt = share
    },
    get passed() {
      return counts.passed
    },
    get spoilt() {
      return counts.spoilt
    },
    babble: (bytes) => void atBridge.write(bytes),
    close: async () => {
      await close(atDevice)
      await close(atBridge)
      await near.remove()
      await far.remove()
    },
  }
}
