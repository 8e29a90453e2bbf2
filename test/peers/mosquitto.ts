/** Debian's MQTT broker, on a port and in a folder of its own. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { freePort } from './python-peer.ts'
import { peer } from './require-peer.ts'

const BROKER = '/usr/sbin/mosquitto'
const PASSWORDS = '/usr/bin/mosquitto_passwd'

export const mosquitto = peer('mosquitto', ['/usr/bin/test', '-x', BROKER])

export interface BrokerOptions {
  /** Whoever comes must log in so. */
  readonly login?: { readonly user: string; readonly password: string }
  /** Lines of an access list, e.g. `topic read a/#`. */
  readonly access?: readonly string[]
  /** Files of a certificate: the broker speaks TLS. */
  readonly tls?: { readonly cert: string; readonly key: string }
}

export interface Broker {
  readonly port: number
  /** It is killed, as by a power cut. */
  readonly stop: () => Promise<void>
  /** It comes back on the same port, empty. */
  readonly start: () => Promise<void>
  /** It answers nobody any more, and hangs up on nobody. */
  readonly freeze: () => void
  readonly thaw: () => void
  readonly remove: () => Promise<void>
}

export async function startBroker(options: BrokerOptions = {}): Promise<Broker> {
  const folder = mkdtempSync(join(tmpdir(), 'ampbridge-broker-'))
  const port = await freePort()
  const { login, access, tls } = options
  const lines = [
    'user root',
    'persistence false',
    `listener ${port} 127.0.0.1`,
    `allow_anonymous ${login === undefined}`,
  ]
  if (login !== undefined) {
    const passwords = join(folder, 'passwords')
    const { status } = spawnSync(PASSWORDS, ['-b', '-c', passwords, login.user, login.password])
    if (status !== 0) throw new Error('mosquitto_passwd wrote no password file')
    lines.push(`password_file ${passwords}`)
  }
  if (access !== undefined) {
    writeFileSync(join(folder, 'access'), `${access.join('\n')}\n`)
    lines.push(`acl_file ${join(folder, 'access')}`)
  }
  if (tls !== undefined) {
    for (const [name, text] of Object.entries(tls)) writeFileSync(join(folder, `${name}.pem`), text)
    lines.push(`certfile ${join(folder, 'cert.pem')}`, `keyfile ${join(folder, 'key.pem')}`)
  }
  const configuration = join(folder, 'mosquitto.conf')
  writeFileSync(configuration, `${lines.join('\n')}\n`)

  let child: ChildProcess | null = null
  const start = async (): Promise<void> => {
    child = spawn(BROKER, ['-c', configuration], { stdio: 'ignore' })
    for (let tries = 0; !(await listens(port)); tries += 1) {
      if (tries > 500 || child.exitCode !== null) throw new Error('mosquitto does not listen')
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }
  const stop = async (): Promise<void> => {
    const running = child
    child = null
    if (running === null || running.exitCode !== null) return
    const gone = once(running, 'exit')
    running.kill('SIGKILL')
    await gone
  }
  await start()
  return {
    port,
    start,
    stop,
    freeze: () => child?.kill('SIGSTOP'),
    thaw: () => child?.kill('SIGCONT'),
    remove: async () => {
      await stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    const end = (up: boolean): void => {
      socket.destroy()
      resolve(up)
    }
    socket.once('connect', () => end(true))
    socket.once('error', () => end(false))
  })
}
