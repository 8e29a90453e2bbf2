/**
 * Files by FTP and FTPS.
 *
 * `ftps://` is TLS, explicit (AUTH TLS, RFC 4217) or, at port 990, from the first byte; chain and name are checked.
 * `ftp://` takes TLS too when the server offers it (FEAT), so that the login does not travel in the clear; there the certificate
 * is not checked, because whoever could forge it could as well take the offer away. TLS once begun never falls back.
 */
import type { Client, FTPResponse } from 'basic-ftp'
import { createReadStream } from 'node:fs'
import { Transform } from 'node:stream'
import { connect as connectTls, type ConnectionOptions } from 'node:tls'

import type { ArrivingFile } from './arriving-file.ts'
import { connectTo, dial, secure, tlsOptions } from './dial.ts'
import { failed, refused, serverText } from './fault.ts'
import type { LeavingFile } from './leaving-file.ts'
import { hostOf, secretsOf, type Location } from './location.ts'
import type { TransferPolicy } from './policy.ts'
import type { Watch } from './watch.ts'

const IMPLICIT_TLS_PORT = 990

export async function downloadByFtp(
  location: Location,
  policy: TransferPolicy,
  file: ArrivingFile,
  admit: (bytes: number) => void,
  watch: Watch,
): Promise<void> {
  await session(location, policy, watch, async (client) => {
    const path = ftpPath(location.path)
    const size = await sizeOf(client, path)
    if (size !== null) admit(size)
    const sink = file.sink((chunk) => {
      watch.moved(chunk.length)
      admit(file.sizeBytes + chunk.length)
    })
    await client.downloadTo(sink, path)
    if (size !== null && size !== file.sizeBytes)
      throw failed(hostOf(location), `${file.sizeBytes} of ${size} bytes came`)
  })
}

/** To the path of the location, or into it where the server says that it is a folder. */
export async function uploadByFtp(
  location: Location,
  policy: TransferPolicy,
  file: LeavingFile,
  watch: Watch,
): Promise<void> {
  await session(location, policy, watch, async (client) => {
    const path = ftpPath(location.path)
    const isFolder = path === '' || (await entered(client, path))
    const meter = new Transform({
      transform: (chunk: Buffer, _encoding, done) => {
        watch.moved(chunk.length)
        done(null, chunk)
      },
      flush: (done) => {
        watch.awaitAnswer()
        done()
      },
    })
    const source = createReadStream(file.path)
    source.on('error', (error) => meter.destroy(error))
    watch.signal.addEventListener('abort', () => source.destroy(), { once: true })
    await client.uploadFrom(source.pipe(meter), isFolder ? file.fileName : path)
  })
}

/** RFC 3659 4; null where the server does not know it. */
async function sizeOf(client: Client, path: string): Promise<number | null> {
  const { code, message } = await client.sendIgnoringError(`SIZE ${path}`)
  const size = /^213 (\d{1,15})\b/.exec(message)?.[1]
  return code === 213 && size !== undefined ? Number(size) : null
}

/** RFC 1738 3.2.2: a path is relative to where the login leads; `//` or `/%2F` begins an absolute one. */
function ftpPath(path: string): string {
  return path.slice(1)
}

async function entered(client: Client, path: string): Promise<boolean> {
  const folder = path.length > 1 ? path.replace(/\/+$/, '') : path
  const { code } = await client.sendIgnoringError(`CWD ${folder}`)
  if (code >= 200 && code < 300) return true
  // The name ends in `/`, so it can only be a folder, and there is none.
  if (path.endsWith('/')) await client.cd(folder)
  return false
}

async function session(
  location: Location,
  policy: TransferPolicy,
  watch: Watch,
  work: (client: Client) => Promise<void>,
): Promise<void> {
  const { Client, FTPError } = await import('basic-ftp')
  // Its own time-outs are off: the watch keeps time.
  const client = new Client(0)
  const onAbort = (): void => client.close()
  watch.signal.addEventListener('abort', onAbort, { once: true })
  try {
    await open(client, location, policy, watch)
    client.prepareTransfer = () => openData(client, watch)
    await work(client)
  } catch (error) {
    if (!(error instanceof FTPError)) throw error
    const { code } = error
    const words = serverText(error.message, secretsOf(location))
    // RFC 959 4.2.1: 4yz is for now, 5yz for good.
    if (code === 530 || code === 430) throw refused(hostOf(location), `it refuses our login (${words})`)
    throw code >= 500
      ? refused(hostOf(location), `it answered ${words}`)
      : failed(hostOf(location), `it answered ${words}`)
  } finally {
    watch.signal.removeEventListener('abort', onAbort)
    client.close()
  }
}

async function open(client: Client, location: Location, policy: TransferPolicy, watch: Watch): Promise<void> {
  const checked = tlsOptions(location, policy)
  const implicit = location.protocol === 'FTPS' && location.port === IMPLICIT_TLS_PORT
  const plain = await dial(location, policy, watch.signal)
  watch.awaitAnswer()
  client.ftp.socket = implicit ? await secure(plain, checked, watch.signal) : plain
  if (implicit) client.ftp.tlsOptions = checked
  await greeting(client)
  watch.awaitAnswer()
  if (location.protocol === 'FTPS' && !implicit) await startTls(client, checked, watch)
  else if (location.protocol === 'FTP' && (await offersTls(client)))
    await startTls(client, { ...checked, rejectUnauthorized: false }, watch)
  watch.awaitAnswer()
  const { user, password } = location.login ?? { user: 'anonymous', password: 'anonymous@' }
  await client.login(user, password)
  watch.awaitAnswer()
  await client.useDefaultSettings()
  watch.awaitAnswer()
}

/** The server speaks first. */
async function greeting(client: Client): Promise<void> {
  await client.ftp.handle(undefined, (answer, task) => {
    if (answer instanceof Error) task.reject(answer)
    else if (answer.code >= 200 && answer.code < 300) task.resolve(answer)
    else task.reject(new Error(`it is not ready: ${answer.message}`))
  })
}

async function offersTls(client: Client): Promise<boolean> {
  const { code, message } = await client.sendIgnoringError('FEAT')
  return code < 300 && /^\s*AUTH\s.*TLS/im.test(message)
}

async function startTls(client: Client, options: ConnectionOptions, watch: Watch): Promise<void> {
  await client.send('AUTH TLS')
  const plain = client.ftp.socket
  // What was said in the clear must not be read as if it came through TLS.
  plain.removeAllListeners('data')
  client.ftp.socket = await secure(plain, options, watch.signal)
  client.ftp.tlsOptions = options
}

/**
 * A passive data connection (RFC 2428 EPSV, else PASV), always to the address of the control connection: the address in a PASV
 * answer is not looked at, behind NAT it is often wrong and it must not lead us elsewhere.
 */
async function openData(client: Client, watch: Watch): Promise<FTPResponse> {
  const { ftp } = client
  const address = ftp.socket.remoteAddress
  if (address === undefined) throw new Error('the control connection is closed')
  let answer = await client.sendIgnoringError('EPSV')
  let port = /\((.)\1\1(\d{1,5})\1\)/.exec(answer.message)?.[2]
  if (answer.code !== 229 || port === undefined) {
    answer = await client.send('PASV')
    const [, high, low] = /\d+,\d+,\d+,\d+,(\d{1,3}),(\d{1,3})/.exec(answer.message) ?? []
    port = high === undefined || low === undefined ? undefined : String(Number(high) * 256 + Number(low))
  }
  if (port === undefined || Number(port) < 1 || Number(port) > 65_535)
    throw new Error('it named no port for the data connection')
  const socket = await connectTo(address, Number(port), watch.signal)
  watch.signal.addEventListener('abort', () => socket.destroy(), { once: true })
  if (!('getSession' in ftp.socket)) {
    ftp.dataSocket = socket
    return answer
  }
  // Servers ask that the session of the control connection goes on here: nobody else can have opened this one then.
  const resumed = ftp.tlsSessionStore ?? (ftp.socket as { getSession: () => Buffer | undefined }).getSession()
  const over = connectTls({ ...ftp.tlsOptions, socket, ...(resumed === undefined ? {} : { session: resumed }) })
  over.on('session', (next) => {
    ftp.tlsSessionStore = next
  })
  ftp.dataSocket = over
  return answer
}
