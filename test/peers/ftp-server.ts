/** Debian's FTP servers, each in a folder of its own: pyftpdlib in the clear, vsftpd with TLS (pyftpdlib 1.5.7 breaks TLS data connections, curl's too). */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { freePort } from './python-peer.ts'
import { peer } from './require-peer.ts'

const PYTHON = '/usr/bin/python3'
const SCRIPT = fileURLToPath(new URL('./ftp-server.py', import.meta.url))
const VSFTPD = '/usr/sbin/vsftpd'

export const pyftpdlib = peer('pyftpdlib', [PYTHON, '-c', 'import pyftpdlib'])
export const vsftpd = peer('vsftpd', ['/usr/bin/test', '-x', VSFTPD])

/** The login that pyftpdlib knows, besides anonymous (who may only read). */
export const FTP_LOGIN = { user: 'operator', password: 'p@ss/w:rd', inUrl: 'operator:p%40ss%2Fw%3Ard' }

export interface FileServer {
  readonly port: number
  /** What the server shows as its root. */
  readonly folder: string
  /** It answers nobody any more, and hangs up on nobody. */
  readonly freeze: () => void
  readonly thaw: () => void
  readonly stop: () => Promise<void>
}

interface Tls {
  readonly cert: string
  readonly key: string
}

/** pyftpdlib, without TLS. */
export async function startFtpServer(): Promise<FileServer> {
  const { home, folder } = folders()
  const port = await freePort()
  const child = spawn(PYTHON, [SCRIPT, folder, String(port)], { stdio: 'ignore' })
  return running(child, home, folder, port)
}

/**
 * vsftpd, with TLS. Anonymous may do everything in `upload`; data connections must go on with the TLS session of the control
 * connection. @param implicit TLS from the first byte
 */
export async function startVsftpd(tls: Tls, implicit: { readonly port: number } | null = null): Promise<FileServer> {
  const { home, folder } = folders()
  const port = implicit?.port ?? (await freePort())
  for (const [name, text] of Object.entries(tls)) writeFileSync(join(home, name), text)
  mkdirSync(join(folder, 'upload'))
  mkdirSync(join(home, 'empty'))
  chmodSync(home, 0o755)
  chmodSync(folder, 0o555)
  const configuration = join(home, 'vsftpd.conf')
  const lines = [
    'listen=YES',
    'listen_address=127.0.0.1',
    `listen_port=${port}`,
    'background=NO',
    'run_as_launching_user=YES',
    'anonymous_enable=YES',
    'local_enable=NO',
    'write_enable=YES',
    'anon_upload_enable=YES',
    'anon_other_write_enable=YES',
    'anon_world_readable_only=NO',
    `anon_root=${folder}`,
    `secure_chroot_dir=${join(home, 'empty')}`,
    'seccomp_sandbox=NO',
    'ssl_enable=YES',
    'allow_anon_ssl=YES',
    'force_anon_logins_ssl=YES',
    'force_anon_data_ssl=YES',
    'require_ssl_reuse=YES',
    'ssl_tlsv1=YES',
    'ssl_ciphers=HIGH',
    `implicit_ssl=${implicit === null ? 'NO' : 'YES'}`,
    `rsa_cert_file=${join(home, 'cert')}`,
    `rsa_private_key_file=${join(home, 'key')}`,
    'xferlog_enable=NO',
  ]
  writeFileSync(configuration, `${lines.join('\n')}\n`, { mode: 0o600 })
  const child = spawn(VSFTPD, [configuration], { stdio: 'ignore' })
  return running(child, home, folder, port)
}

function folders(): { readonly home: string; readonly folder: string } {
  const home = mkdtempSync(join(tmpdir(), 'ampbridge-ftp-'))
  const folder = join(home, 'root')
  mkdirSync(folder)
  return { home, folder }
}

export async function running(child: ChildProcess, home: string, folder: string, port: number): Promise<FileServer> {
  const gone = once(child, 'exit')
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL')
    await gone
    // vsftpd wants its root unwritable; the user who is not root wants it gone.
    chmodSync(folder, 0o755)
    rmSync(home, { recursive: true, force: true })
  }
  for (let tries = 0; !(await accepts(port)); tries += 1) {
    if (tries > 500 || child.exitCode !== null) {
      await stop()
      throw new Error(`${child.spawnfile} does not listen`)
    }
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return { port, folder, freeze: () => child.kill('SIGSTOP'), thaw: () => child.kill('SIGCONT'), stop }
}

function accepts(port: number): Promise<boolean> {
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
