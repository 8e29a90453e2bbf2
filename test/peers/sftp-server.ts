/**
 * OpenSSH's server on a free port, as the user who runs the tests. Its user database is its own (Debian's libnss-wrapper), so that a
 * password can be tried without touching the machine's.
 */
import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { running, type FileServer } from './ftp-server.ts'
import { freePort } from './python-peer.ts'
import { peer } from './require-peer.ts'

const SSHD = '/usr/sbin/sshd'
const SSH_KEYGEN = '/usr/bin/ssh-keygen'
const OPENSSL = '/usr/bin/openssl'

export const sshd = peer('openssh-server with libnss-wrapper', [
  '/bin/sh',
  '-c',
  `test -x ${SSHD} && test -x ${SSH_KEYGEN} && test -x ${OPENSSL} && ls /usr/lib/*/libnss_wrapper.so`,
])

export const SFTP_LOGIN = { user: 'operator', password: 'ge heim@1', inUrl: 'operator:ge%20heim%401' }

export interface SftpServerOptions {
  /** One of its own choice when absent. */
  readonly port?: number
  readonly keyTypes?: readonly ('ed25519' | 'ecdsa' | 'rsa')[]
}

export async function startSftpServer(options: SftpServerOptions = {}): Promise<FileServer> {
  const home = mkdtempSync(join(tmpdir(), 'ampbridge-sftp-'))
  const folder = join(home, 'root')
  mkdirSync(folder)
  const port = options.port ?? (await freePort())
  const file = (name: string, lines: readonly string[]): string => {
    writeFileSync(join(home, name), `${lines.join('\n')}\n`, { mode: 0o600 })
    return join(home, name)
  }
  const keys = (options.keyTypes ?? ['ed25519']).map((type) => {
    const path = join(home, type)
    spawnSync(SSH_KEYGEN, ['-q', '-t', type, '-N', '', '-f', path])
    return path
  })
  const hash = spawnSync(OPENSSL, ['passwd', '-6', SFTP_LOGIN.password]).stdout.toString().trim()
  const [uid, gid] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0]
  // sshd itself wants this folder when root starts it; its package makes it at boot.
  if (uid === 0) mkdirSync('/run/sshd', { recursive: true })
  const configuration = file('sshd_config', [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    ...keys.map((key) => `HostKey ${key}`),
    'PidFile none',
    'UsePAM no',
    'PasswordAuthentication yes',
    'KbdInteractiveAuthentication no',
    'PermitRootLogin yes',
    'StrictModes no',
    'MaxStartups 100',
    `Subsystem sftp internal-sftp -d ${folder}`,
  ])
  const child = spawn(SSHD, ['-D', '-e', '-r', '-f', configuration], {
    stdio: 'ignore',
    env: {
      PATH: process.env['PATH'],
      LD_PRELOAD: 'libnss_wrapper.so',
      NSS_WRAPPER_PASSWD: file('passwd', [
        'root:x:0:0:root:/root:/bin/sh',
        'sshd:x:65533:65534::/run/sshd:/usr/sbin/nologin',
        `${SFTP_LOGIN.user}:x:${uid}:${gid}::${folder}:/bin/sh`,
      ]),
      NSS_WRAPPER_GROUP: file('group', ['root:x:0:', 'nogroup:x:65534:']),
      NSS_WRAPPER_SHADOW: file('shadow', [
        'root:*:19000:0:99999:7:::',
        'sshd:*:19000:0:99999:7:::',
        `${SFTP_LOGIN.user}:${hash}:19000:0:99999:7:::`,
      ]),
    },
  })
  return running(child, home, folder, port)
}
