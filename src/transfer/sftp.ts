/** Files by SFTP: over SSH, with the login of the URL and a host key that is remembered. */
import { createHash, timingSafeEqual } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Client, SFTPWrapper, ServerHostKeyAlgorithm } from 'ssh2'

import type { ArrivingFile } from './arriving-file.ts'
import { dial } from './dial.ts'
import { failed, refused, serverText } from './fault.ts'
import type { LeavingFile } from './leaving-file.ts'
import { hostOf, secretsOf, type Location } from './location.ts'
import type { TransferPolicy } from './policy.ts'
import type { Watch } from './watch.ts'

/** SSH_FX_NO_SUCH_FILE, PERMISSION_DENIED, OP_UNSUPPORTED: asking again changes nothing. */
const FOR_GOOD: readonly number[] = [2, 3, 8]

export async function downloadBySftp(
  location: Location,
  policy: TransferPolicy,
  file: ArrivingFile,
  admit: (bytes: number) => void,
  watch: Watch,
): Promise<void> {
  await session(location, policy, watch, async (sftp) => {
    const source = sftp.createReadStream(sftpPath(location.path))
    // The loop gets its faults; one that comes later (the connection goes before the handle is closed) is nobody's.
    source.on('error', () => undefined)
    for await (const chunk of source as AsyncIterable<Buffer>) {
      watch.moved(chunk.length)
      admit(file.sizeBytes + chunk.length)
      await file.write(chunk)
    }
  })
}

/** To the path of the location, or into it where the server says that it is a folder. */
export async function uploadBySftp(
  location: Location,
  policy: TransferPolicy,
  file: LeavingFile,
  watch: Watch,
): Promise<void> {
  await session(location, policy, watch, async (sftp) => {
    const path = sftpPath(location.path)
    const there = await stat(sftp, path)
    const isFolder = path === '' || path.endsWith('/') || there?.isDirectory() === true
    const to = isFolder ? `${path}${path === '' || path.endsWith('/') ? '' : '/'}${file.fileName}` : path
    watch.awaitAnswer()
    const meter = new Transform({
      transform: (chunk: Buffer, _encoding, done) => {
        watch.moved(chunk.length)
        done(null, chunk)
      },
    })
    const sink = sftp.createWriteStream(to)
    sink.on('error', () => undefined)
    await pipeline(createReadStream(file.path), meter, sink)
    watch.awaitAnswer()
    // Null where we may write but not look.
    const arrived = await stat(sftp, to)
    if (arrived !== null && arrived.size !== file.sizeBytes)
      throw failed(hostOf(location), `${arrived.size} of ${file.sizeBytes} bytes arrived`)
  })
}

/** Absolute; `/~/` begins at the home of the login. */
function sftpPath(path: string): string {
  return path === '/~' ? '' : path.replace(/^\/~\//, '')
}

async function stat(sftp: SFTPWrapper, path: string): Promise<{ isDirectory: () => boolean; size: number } | null> {
  return new Promise((resolve) => {
    sftp.stat(path === '' ? '.' : path, (error, found) => resolve(error === undefined || error === null ? found : null))
  })
}

async function session(
  location: Location,
  policy: TransferPolicy,
  watch: Watch,
  work: (sftp: SFTPWrapper) => Promise<void>,
): Promise<void> {
  const { login } = location
  if (login === null) throw refused(hostOf(location), 'SFTP needs a login in the address')
  const { Client } = await import('ssh2')
  const server = hostOf(location)
  const remembered = await policy.hostKeys.recall(server)
  const socket = await dial(location, policy, watch.signal)
  watch.awaitAnswer()
  const client = new Client()
  const onAbort = (): void => {
    client.destroy()
    socket.destroy()
  }
  watch.signal.addEventListener('abort', onAbort, { once: true })
  let shown: string | null = null
  try {
    const sftp = await new Promise<SFTPWrapper>((resolve, reject) => {
      client.on('error', (error) => reject(loginFault(error, location)))
      client.on('close', () => reject(failed(server, 'it broke the connection')))
      client.on('keyboard-interactive', (_name, _instructions, _language, prompts, finish) =>
        finish(prompts.map(() => login.password)),
      )
      client.on('ready', () =>
        client.sftp((error, opened) =>
          error === undefined || error === null ? resolve(opened) : reject(refused(server, 'it offers no SFTP')),
        ),
      )
      client.connect({
        sock: socket,
        username: login.user,
        password: login.password,
        tryKeyboard: true,
        readyTimeout: 0,
        // The key we know is asked for first: a server that got a second one has not changed.
        algorithms: { serverHostKey: algorithmsFor(remembered) },
        hostVerifier: (key: Buffer) => {
          shown = describeKey(key)
          if (remembered === null || same(shown, remembered)) return true
          reject(
            refused(
              server,
              `its host key changed: ${shown} instead of ${remembered}; somebody else may answer in its place`,
            ),
          )
          return false
        },
      })
    })
    watch.awaitAnswer()
    // Kept only after the login went well: a wrong address must not leave a key behind.
    if (remembered === null && shown !== null) await policy.hostKeys.remember(server, shown)
    await Promise.race([work(sftp), ended(client, server)])
  } catch (error) {
    throw sftpFault(error, location)
  } finally {
    watch.signal.removeEventListener('abort', onAbort)
    client.end()
    socket.destroy()
  }
}

function ended(client: Client, server: string): Promise<never> {
  return new Promise((_, reject) => {
    client.on('close', () => reject(failed(server, 'it broke the connection')))
  })
}

function loginFault(error: Error & { level?: string }, location: Location): unknown {
  return error.level === 'client-authentication' ? refused(hostOf(location), 'it refuses our login') : error
}

function sftpFault(error: unknown, location: Location): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : null
  if (!(error instanceof Error) || typeof code !== 'number') return error
  const why = `it answered ${serverText(error.message, secretsOf(location))}`
  return FOR_GOOD.includes(code) ? refused(hostOf(location), why) : failed(hostOf(location), why)
}

/** As OpenSSH shows it, with the type before it. @param key the public key as it comes over the wire (RFC 4253 6.6) */
function describeKey(key: Buffer): string {
  const length = key.length < 4 ? 0 : key.readUInt32BE(0)
  const type = key
    .subarray(4, 4 + Math.min(length, 64))
    .toString('latin1')
    .replaceAll(/[^\w@.-]/g, '?')
  return `${type} SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`
}

/** No SHA-1 and no DSA. */
const ALGORITHMS: readonly ServerHostKeyAlgorithm[] = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
]

function algorithmsFor(remembered: string | null): ServerHostKeyAlgorithm[] {
  const type = remembered?.split(' ')[0] ?? ''
  const isKnown = (each: string): boolean => each === type || (type === 'ssh-rsa' && each.startsWith('rsa-'))
  return [...ALGORITHMS.filter(isKnown), ...ALGORITHMS.filter((each) => !isKnown(each))]
}

function same(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)]
  return a.length === b.length && timingSafeEqual(a, b)
}
