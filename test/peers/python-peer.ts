/** pymodbus (Debian's python3-pymodbus) as a Modbus server and client of somebody else. */
import { execFile, spawn } from 'node:child_process'
import { connect, createServer } from 'node:net'
import { fileURLToPath } from 'node:url'

import { peer } from './require-peer.ts'

const PYTHON = '/usr/bin/python3'
const SCRIPT = fileURLToPath(new URL('./python-peer.py', import.meta.url))

export const pymodbus = peer('pymodbus', [PYTHON, '-c', 'import pymodbus, serial'])

export type PythonFramer = 'tcp' | 'rtu' | 'ascii'

export interface PythonServer {
  stop(): Promise<void>
}

/** A port that nobody listens on now. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const bound = server.address()
  const port = bound !== null && typeof bound === 'object' ? bound.port : 0
  await new Promise<void>((resolve) => {
    server.close(() => resolve())
  })
  return port
}

async function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

async function untilAccepting(port: number, gone: () => boolean, complaint: () => string): Promise<void> {
  for (let tries = 0; tries < 300 && !gone(); tries += 1) {
    if (await accepts(port)) return
    await new Promise((resolve) => setTimeout(resolve, 30))
  }
  throw new Error(`pymodbus does not serve: ${complaint()}`)
}

/**
 * Units 1 and 2: holding register n is n, input register n is n + 1000 x unit, coil n is set when n is even, discrete input n when it
 * divides by 3; all up to 999. `target` is a port number or the path of a serial port.
 */
export async function pythonServer(framer: PythonFramer, target: number | string): Promise<PythonServer> {
  const wire = typeof target === 'number' ? 'net' : 'serial'
  const child = spawn(PYTHON, [SCRIPT, 'serve', wire, framer, String(target)], { stdio: ['ignore', 'ignore', 'pipe'] })
  let complaint = ''
  child.stderr.on('data', (chunk: Buffer) => {
    complaint += chunk.toString()
  })
  const gone = new Promise<void>((resolve) => {
    child.once('exit', () => resolve())
  })
  // On a serial port nothing tells when it is ready: the client's retries do.
  if (typeof target === 'number')
    await untilAccepting(
      target,
      () => child.exitCode !== null,
      () => complaint,
    )
  return {
    stop: () => {
      child.kill('SIGKILL')
      return gone
    },
  }
}

/** Has pymodbus ask the server at `target` a fixed list of things, see python-peer.py. */
export function pythonClient(framer: PythonFramer, target: number | string): Promise<unknown> {
  const wire = typeof target === 'number' ? 'net' : 'serial'
  return new Promise((resolve, reject) => {
    execFile(PYTHON, [SCRIPT, 'ask', wire, framer, String(target)], { timeout: 15_000 }, (error, stdout, stderr) => {
      if (error !== null) reject(new Error(`pymodbus failed: ${stderr}`, { cause: error }))
      else resolve(JSON.parse(stdout))
    })
  })
}
