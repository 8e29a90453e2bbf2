/** A device whose registers are served by pymodbus: what they hold comes from the test, what is written goes back to it. */
import { spawn } from 'node:child_process'
import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { freePort } from './python-peer.ts'

const PYTHON = '/usr/bin/python3'
const SCRIPT = fileURLToPath(new URL('./python-device.py', import.meta.url))

export interface PythonWrite {
  readonly fc: number
  readonly address: number
  readonly words: readonly number[]
}

export interface PythonDevice {
  readonly url: string
  /** Holding registers by address; null: not there. */
  show(registers: ReadonlyMap<number, number | null>): void
  close(): Promise<void>
}

export async function pythonDevice(unit: number, onWrite: (write: PythonWrite) => void): Promise<PythonDevice> {
  const port = await freePort()
  const child = spawn(PYTHON, [SCRIPT, String(port), String(unit)], { stdio: ['pipe', 'pipe', 'pipe'] })
  let complaint = ''
  child.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()))
  child.stdin.on('error', () => undefined)
  createInterface({ input: child.stdout }).on('line', (line) => onWrite(JSON.parse(line) as PythonWrite))
  const gone = new Promise<void>((resolve) => {
    child.once('exit', () => resolve())
  })
  for (let tries = 0; !(await accepts(port)); tries++) {
    if (tries > 300 || child.exitCode !== null) throw new Error(`pymodbus does not serve: ${complaint}`)
    await new Promise((resolve) => setTimeout(resolve, 30))
  }
  return {
    url: `tcp://127.0.0.1:${port}`,
    show: (registers) => void child.stdin.write(`${JSON.stringify({ h: Object.fromEntries(registers) })}\n`),
    close: () => {
      child.kill('SIGKILL')
      return gone
    },
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
