/**
 * A serial bus with a true clock of its wires: slaves on a pty whose answers come when real wires would have carried question and
 * answer. A pty itself has no speed. For benchmarks and the dead-device tests; holding register n of every unit is n.
 */
import { SerialPort } from 'serialport'

import { slowCrc } from './rogue-slave.ts'

export interface PacedBus {
  /** Units that answer now; remove one to let it die. */
  readonly alive: Set<number>
  readonly answered: number
  close(): Promise<void>
}

export interface PacedBusSettings {
  readonly path: string
  readonly baud: number
  /** 10 for 8N1, 11 for 8E1. */
  readonly bitsPerCharacter: number
  /** From the end of the silence behind the question to the first byte of the answer. */
  readonly turnaroundMs: number
  readonly units: readonly number[]
}

/** Time of one read of `count` registers on such a bus: question, answer, two silences, turnaround (ms). */
export function readTimeMs(settings: Omit<PacedBusSettings, 'path' | 'units'>, count: number): number {
  const character = (settings.bitsPerCharacter * 1000) / settings.baud
  return (8 + 5 + 2 * count) * character + 2 * silenceMs(settings.baud, character) + settings.turnaroundMs
}

function silenceMs(baud: number, characterMs: number): number {
  return baud > 19_200 ? 1.75 : 3.5 * characterMs
}

/** Serves FC 3 only. Waits as long as needed, to a tenth of a millisecond: the last millisecond is spun away, so run it in a process of its own. */
export async function pacedBus(settings: PacedBusSettings): Promise<PacedBus> {
  const { path, baud, bitsPerCharacter, turnaroundMs } = settings
  const character = (bitsPerCharacter * 1000) / baud
  const silence = silenceMs(baud, character)
  const alive = new Set(settings.units)
  let answered = 0
  let kept = Buffer.alloc(0)
  const port = new SerialPort({ path, baudRate: baud, autoOpen: false })
  await new Promise<void>((resolve, reject) => {
    port.open((error) => (error === null ? resolve() : reject(error)))
  })

  const at = (time: number, then: () => void): void => {
    const wait = time - performance.now()
    if (wait > 1.5) setTimeout(() => at(time, then), wait - 1.5)
    else if (wait > 0) setImmediate(() => at(time, then))
    else then()
  }
  port.on('data', (chunk: Buffer) => {
    const arrived = performance.now()
    kept = Buffer.concat([kept, chunk])
    while (kept.length >= 8) {
      const frame = kept.subarray(0, 8)
      if (!slowCrc(frame.subarray(0, 6)).equals(frame.subarray(6))) {
        kept = kept.subarray(1)
        continue
      }
      kept = Buffer.from(kept.subarray(8))
      const unit = frame.readUInt8(0)
      const count = frame.readUInt16BE(4)
      if (!alive.has(unit) || frame[1] !== 3) continue
      const answer = Buffer.alloc(3 + 2 * count)
      answer[0] = unit
      answer[1] = 3
      answer[2] = 2 * count
      for (let index = 0; index < count; index += 1)
        answer.writeUInt16BE((frame.readUInt16BE(2) + index) & 0xffff, 3 + 2 * index)
      const whole = Buffer.concat([answer, slowCrc(answer)])
      at(arrived + 8 * character + silence + turnaroundMs + whole.length * character, () => {
        answered += 1
        if (port.isOpen) port.write(whole)
      })
    }
  })
  return {
    alive,
    get answered() {
      return answered
    },
    close: () =>
      new Promise((resolve) => {
        port.close(() => resolve())
      }),
  }
}
