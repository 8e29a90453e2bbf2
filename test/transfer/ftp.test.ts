import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { downloadFile, uploadFile } from '../../src/transfer/transfer.ts'
import { FTP_LOGIN, pyftpdlib, startFtpServer, startVsftpd, vsftpd, type FileServer } from '../peers/ftp-server.ts'
import { describeWithPeers } from '../peers/require-peer.ts'
import { certificate } from '../peers/tls/certificates.ts'
import { faultOf, leftovers, NEVER_ABORTED, policy, scratchFolder, someFile } from './ground.ts'

const folder = scratchFolder()
const zip = { fileName: 'bundle.zip' }

function url(at: FileServer, path: string, scheme = 'ftp'): string {
  return `${scheme}://${FTP_LOGIN.inUrl}@localhost:${at.port}${path}`
}

describeWithPeers('in the clear (pyftpdlib)', [pyftpdlib], () => {
  let server: FileServer
  beforeAll(async () => {
    server = await startFtpServer()
    mkdirSync(join(server.folder, 'diagnostics'))
  })
  afterAll(() => server.stop())
  it('puts a file into a folder that is written with a slash, and into one that only the server knows as a folder', async () => {
    for (const [path, name] of [
      ['/diagnostics/', 'one.zip'],
      ['/diagnostics', 'two.zip'],
    ] as const) {
      const file = someFile(folder, 300_000)
      const target = { url: url(server, path), policy: policy() }
      const result = await uploadFile(target, file.path, { fileName: name }, NEVER_ABORTED)
      expect(result).toEqual({ sizeBytes: 300_000, sha256: file.sha256 })
      expect(readFileSync(join(server.folder, 'diagnostics', name)).equals(file.content)).toBe(true)
    }
  })

  it('puts a file where the location names one, and an empty one too', async () => {
    const file = someFile(folder, 0)
    await uploadFile({ url: url(server, '/my%20log.zip'), policy: policy() }, file.path, zip, NEVER_ABORTED)
    expect(readFileSync(join(server.folder, 'my log.zip'))).toHaveLength(0)
  })

  it('goes to the root when the location names only the server', async () => {
    const file = someFile(folder, 10)
    await uploadFile({ url: url(server, ''), policy: policy() }, file.path, zip, NEVER_ABORTED)
    expect(readFileSync(join(server.folder, 'bundle.zip')).equals(file.content)).toBe(true)
  })

  it('fetches a file, also without a login', async () => {
    const file = someFile(server.folder, 1_000_000)
    const name = file.path.split('/').at(-1)
    for (const from of [url(server, `/${name}`), `ftp://localhost:${server.port}/${name}`]) {
      const to = join(folder, 'fetched')
      const result = await downloadFile({ url: from, policy: policy() }, to, {}, NEVER_ABORTED)
      expect(result).toEqual({ sizeBytes: 1_000_000, sha256: file.sha256 })
      expect(readFileSync(to).equals(file.content)).toBe(true)
    }
  })

  it('refuses what the server refuses, in one sentence without the password', async () => {
    const wrong = `ftp://operator:wr%40ng@localhost:${server.port}/a`
    const fault = await faultOf(downloadFile({ url: wrong, policy: policy() }, join(folder, 'no'), {}, NEVER_ABORTED))
    expect(fault).toMatch(/^TRANSFER_REFUSED: localhost:\d+: it refuses our login \(530/)
    expect(fault).not.toContain('wr@ng')
    const missing = { url: url(server, '/none.bin'), policy: policy() }
    expect(await faultOf(downloadFile(missing, join(folder, 'no'), {}, NEVER_ABORTED))).toMatch(
      /^TRANSFER_REFUSED: localhost:\d+: it answered 550/,
    )
    const noFolder = { url: url(server, '/none/'), policy: policy() }
    expect(await faultOf(uploadFile(noFolder, someFile(folder, 9).path, zip, NEVER_ABORTED))).toMatch(
      /^TRANSFER_REFUSED: localhost:\d+: it answered 550/,
    )
  })

  it('ends a download that is larger than allowed and leaves nothing', async () => {
    const into = scratchFolderFor('large')
    const file = someFile(server.folder, 200_000)
    const target = { url: url(server, `/${file.path.split('/').at(-1)}`), policy: policy() }
    const fault = await faultOf(downloadFile(target, join(into, 'f'), { maxBytes: 100_000 }, NEVER_ABORTED))
    expect(fault).toMatch(/^TRANSFER_REFUSED: .* larger than 100000 bytes$/)
    expect(leftovers(into)).toEqual([])
  })

  it('fails, and may be tried again, when the server freezes', async () => {
    server.freeze()
    const target = { url: url(server, '/diagnostics/'), policy: policy() }
    const fault = await faultOf(uploadFile(target, someFile(folder, 9).path, { ...zip, idleMs: 200 }, NEVER_ABORTED))
    server.thaw()
    expect(fault).toMatch(/^TRANSFER_FAILED: localhost:\d+: no reply for 0.2 s$/)
  })

  it('finds no TLS where ftps:// was asked for, and sends no login', async () => {
    const target = { url: url(server, '/', 'ftps'), policy: policy() }
    expect(await faultOf(uploadFile(target, someFile(folder, 9).path, zip, NEVER_ABORTED))).toMatch(
      /^TRANSFER_REFUSED: .*it answered 5\d\d/,
    )
  })
})

async function thereAndBack(server: FileServer, scheme: string): Promise<void> {
  const file = someFile(folder, 500_000)
  const at = `${scheme}://localhost:${server.port}/upload/`
  await uploadFile({ url: at, policy: policy() }, file.path, { fileName: `${scheme}.zip` }, NEVER_ABORTED)
  expect(readFileSync(join(server.folder, 'upload', `${scheme}.zip`)).equals(file.content)).toBe(true)
  writeFileSync(join(server.folder, 'upload/firmware'), file.content, { mode: 0o644 })
  const to = join(folder, `${scheme}-back`)
  const result = await downloadFile({ url: `${at}firmware`, policy: policy() }, to, {}, NEVER_ABORTED)
  expect(result).toEqual({ sizeBytes: 500_000, sha256: file.sha256 })
}

describeWithPeers('with TLS (vsftpd)', [vsftpd], () => {
  const up: FileServer[] = []
  afterAll(() => Promise.all(up.map((server) => server.stop())))
  const start = async (...options: Parameters<typeof startVsftpd>): Promise<FileServer> => {
    const server = await startVsftpd(...options)
    up.push(server)
    return server
  }
  it('speaks TLS with ftps://, and data connections go on with its session', async () => {
    await thereAndBack(await start(certificate('server')), 'ftps')
  })

  it('takes TLS with ftp:// too when the server offers it, whoever signed its certificate', async () => {
    await thereAndBack(await start(certificate('unknown-ca')), 'ftp')
  })

  it('speaks TLS from the first byte at port 990', async ({ skip }) => {
    if (!(await mayListenAt990())) skip('only root may listen at port 990 here')
    await thereAndBack(await start(certificate('server'), { port: 990 }), 'ftps')
  })

  it.each([
    ['wrong-name', 'its certificate is for another name'],
    ['unknown-ca', 'nobody trusted signed its certificate'],
    ['expired', 'its certificate has expired'],
  ] as const)('refuses with ftps:// a certificate: %s', async (name, words) => {
    const server = await start(certificate(name))
    const target = { url: `ftps://localhost:${server.port}/upload/`, policy: policy() }
    const fault = await faultOf(uploadFile(target, someFile(folder, 9).path, zip, NEVER_ABORTED))
    expect(fault).toBe(`TRANSFER_REFUSED: localhost:${server.port}: ${words}`)
  })
})

describe('a hostile FTP server', () => {
  it('cannot lead the data connection elsewhere', async () => {
    const visited: string[] = []
    const trap = await listening(
      createServer((socket) => {
        visited.push(socket.localAddress ?? '')
        socket.destroy()
      }),
    )
    const said: string[] = []
    // It knows no EPSV and names another address of this machine, where the trap listens as well.
    const other = `127,0,0,2,${trap.port >> 8},${trap.port & 255}`
    const server = await listening(
      createServer((socket) => {
        socket.write('220 welcome\r\n')
        answering(socket, said, { PASV: `227 Entering Passive Mode (${other})`, EPSV: '500 unknown' })
      }),
    )
    const target = { url: `ftp://localhost:${server.port}/f`, policy: policy() }
    await faultOf(downloadFile(target, join(folder, 'trap'), { idleMs: 300 }, NEVER_ABORTED))
    // The port is the one it named, the address is that of the control connection.
    expect(visited).toEqual(['127.0.0.1'])
    trap.server.close()
    server.server.close()
  })

  it('leaves nothing of a file whose connection is reset on the way', async () => {
    const data = await listening(
      createServer((socket) => {
        socket.on('error', () => undefined)
        socket.write(Buffer.alloc(50_000), () => setTimeout(() => socket.resetAndDestroy(), 50))
      }),
    )
    const server = await listening(
      createServer((socket) => {
        socket.write('220 welcome\r\n')
        answering(socket, [], { EPSV: `229 ok (|||${data.port}|)`, 'RETR f': '150 here it comes' })
      }),
    )
    const into = scratchFolderFor('reset')
    const target = { url: `ftp://localhost:${server.port}/f`, policy: policy() }
    const fault = await faultOf(downloadFile(target, join(into, 'f'), {}, NEVER_ABORTED))
    expect(fault).toMatch(/^TRANSFER_FAILED: localhost:\d+: it broke the connection$/)
    expect(leftovers(into)).toEqual([])
    data.server.close()
    server.server.close()
  })

  it('cannot pass off a part for the whole', async () => {
    const data = await listening(createServer((socket) => socket.end('half')))
    const server = await listening(
      createServer((socket) => {
        socket.write('220 welcome\r\n')
        const passive = `229 ok (|||${data.port}|)`
        answering(socket, [], { EPSV: passive, 'SIZE f': '213 8', 'RETR f': '150 here\r\n226 done' })
      }),
    )
    const target = { url: `ftp://localhost:${server.port}/f`, policy: policy() }
    expect(await faultOf(downloadFile(target, join(folder, 'half'), {}, NEVER_ABORTED))).toBe(
      `TRANSFER_FAILED: localhost:${server.port}: 4 of 8 bytes came`,
    )
    data.server.close()
    server.server.close()
  })

  it('cannot make us read without end', async () => {
    const server = await listening(createServer((socket) => flood(socket)))
    const target = { url: `ftp://localhost:${server.port}/f`, policy: policy() }
    expect(await faultOf(downloadFile(target, join(folder, 'flood'), {}, NEVER_ABORTED))).toMatch(
      /^TRANSFER_FAILED: .*maximum allowed size/,
    )
    server.server.close()
  })
})

function scratchFolderFor(name: string): string {
  const path = join(folder, name)
  mkdirSync(path)
  return path
}

async function listening(server: Server): Promise<{ server: Server; port: number }> {
  await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve))
  const bound = server.address()
  return { server, port: typeof bound === 'object' && bound !== null ? bound.port : 0 }
}

function answering(socket: Socket, said: string[], answers: Readonly<Record<string, string>>): void {
  socket.on('error', () => undefined)
  socket.on('data', (chunk) => {
    for (const line of chunk.toString().split('\r\n').filter(Boolean)) {
      said.push(line)
      const usual = line.startsWith('USER') ? '331 password please' : line === 'FEAT' ? '500 unknown' : '200 ok'
      socket.write(`${answers[line] ?? usual}\r\n`)
    }
  })
}

function flood(socket: Socket): void {
  socket.on('error', () => undefined)
  const more = (): void => {
    while (socket.write(`220-${'x'.repeat(60_000)}`));
  }
  socket.on('drain', more)
  more()
}

async function mayListenAt990(): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(990, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
