import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'

import { downloadFile, uploadFile } from '../../src/transfer/transfer.ts'
import { describeWithPeers } from '../peers/require-peer.ts'
import type { FileServer } from '../peers/ftp-server.ts'
import { SFTP_LOGIN, sshd, startSftpServer } from '../peers/sftp-server.ts'
import { faultOf, hostKeys, leftovers, NEVER_ABORTED, policy, scratchFolder, someFile } from './ground.ts'

const zip = { fileName: 'bundle.zip' }

describeWithPeers('OpenSSH', [sshd], () => {
  const folder = scratchFolder()
  let server: FileServer
  beforeAll(async () => {
    server = await startSftpServer({ keyTypes: ['ed25519', 'rsa'] })
    mkdirSync(join(server.folder, 'diagnostics'))
  })
  afterAll(() => server.stop())
  const url = (path: string): string => `sftp://${SFTP_LOGIN.inUrl}@localhost:${server.port}${path}`

  it('puts a file into a folder, with and without a slash, by the whole path and from the home of the login', async () => {
    const paths = [
      `${server.folder}/diagnostics/`,
      `${server.folder}/diagnostics`,
      '/~/diagnostics/',
      '/~/diagnostics/bundle.zip',
    ]
    for (const path of paths) {
      const file = someFile(folder, 300_000)
      const result = await uploadFile({ url: url(path), policy: policy() }, file.path, zip, NEVER_ABORTED)
      expect(result).toEqual({ sizeBytes: 300_000, sha256: file.sha256 })
      expect(readFileSync(join(server.folder, 'diagnostics/bundle.zip')).equals(file.content)).toBe(true)
    }
  })

  it('fetches a file', async () => {
    const file = someFile(server.folder, 2_000_000)
    const to = join(folder, 'firmware')
    const result = await downloadFile({ url: url(file.path), policy: policy() }, to, {}, NEVER_ABORTED)
    expect(result).toEqual({ sizeBytes: 2_000_000, sha256: file.sha256 })
    expect(readFileSync(to).equals(file.content)).toBe(true)
  })

  it('remembers the key of the first visit and refuses another one before it shows the login', async () => {
    const store = hostKeys()
    const mine = policy({ hostKeys: store })
    const file = someFile(folder, 10)
    await uploadFile({ url: url('/~/k'), policy: mine }, file.path, zip, NEVER_ABORTED)
    expect([...store.keys]).toEqual([
      [`localhost:${server.port}`, expect.stringMatching(/^ssh-ed25519 SHA256:[\w+/]{43}$/)],
    ])
    await uploadFile({ url: url('/~/k'), policy: mine }, file.path, zip, NEVER_ABORTED)

    store.keys.set(`localhost:${server.port}`, `ssh-ed25519 SHA256:${'A'.repeat(43)}`)
    expect(await faultOf(uploadFile({ url: url('/~/k'), policy: mine }, file.path, zip, NEVER_ABORTED))).toMatch(
      /^TRANSFER_REFUSED: localhost:\d+: its host key changed: ssh-ed25519 SHA256:\S+ instead of ssh-ed25519 SHA256:A+;/,
    )
  })

  it('asks for the kind of key it knows, when the server has got another one since', async () => {
    const store = hostKeys()
    const key = readFileSync(join(server.folder, '../rsa.pub'), 'utf8').split(' ')[1] ?? ''
    const { createHash } = await import('node:crypto')
    const print = createHash('sha256').update(Buffer.from(key, 'base64')).digest('base64').replace(/=+$/, '')
    store.keys.set(`localhost:${server.port}`, `ssh-rsa SHA256:${print}`)
    const target = { url: url('/~/rsa'), policy: policy({ hostKeys: store }) }
    await uploadFile(target, someFile(folder, 10).path, zip, NEVER_ABORTED)
  })

  it('refuses what the server refuses, and remembers no key from a login that failed', async () => {
    const store = hostKeys()
    const wrong = { url: `sftp://operator:wrong@localhost:${server.port}/x`, policy: policy({ hostKeys: store }) }
    expect(await faultOf(downloadFile(wrong, join(folder, 'x'), {}, NEVER_ABORTED))).toBe(
      `TRANSFER_REFUSED: localhost:${server.port}: it refuses our login`,
    )
    expect(store.keys.size).toBe(0)
    const missing = { url: url('/~/none'), policy: policy() }
    expect(await faultOf(downloadFile(missing, join(folder, 'x'), {}, NEVER_ABORTED))).toBe(
      `TRANSFER_REFUSED: localhost:${server.port}: it answered No such file`,
    )
    const nobody = { url: `sftp://localhost:${server.port}/x`, policy: policy() }
    expect(await faultOf(downloadFile(nobody, join(folder, 'x'), {}, NEVER_ABORTED))).toContain('needs a login')
  })

  it('ends a download that is larger than allowed and leaves nothing', async () => {
    const into = join(folder, 'large')
    mkdirSync(into)
    writeFileSync(join(server.folder, 'large'), Buffer.alloc(500_000))
    const target = { url: url('/~/large'), policy: policy() }
    const fault = await faultOf(downloadFile(target, join(into, 'f'), { maxBytes: 100_000 }, NEVER_ABORTED))
    expect(fault).toMatch(/^TRANSFER_REFUSED: .* larger than 100000 bytes$/)
    expect(leftovers(into)).toEqual([])
  })

  it('leaves nothing of a file whose connection is reset on the way', async () => {
    const into = join(folder, 'reset')
    mkdirSync(into)
    const file = someFile(server.folder, 3_000_000)
    const proxy = createServer((near) => {
      const far = connect(server.port, '127.0.0.1')
      let bytes = 0
      far.on('data', (chunk) => {
        bytes += chunk.length
        if (bytes > 500_000) near.resetAndDestroy()
      })
      near.on('error', () => far.destroy())
      far.on('error', () => near.destroy())
      near.pipe(far).pipe(near)
    })
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
    const bound = proxy.address()
    const port = typeof bound === 'object' && bound !== null ? bound.port : 0
    const target = { url: `sftp://${SFTP_LOGIN.inUrl}@localhost:${port}${file.path}`, policy: policy() }
    expect(await faultOf(downloadFile(target, join(into, 'f'), {}, NEVER_ABORTED))).toBe(
      `TRANSFER_FAILED: localhost:${port}: it broke the connection`,
    )
    expect(leftovers(into)).toEqual([])
    proxy.close()
  })

  it('fails when the server freezes, and ends at once when the caller gives up', async () => {
    server.freeze()
    try {
      const target = { url: url('/~/frozen'), policy: policy() }
      const file = someFile(folder, 10)
      expect(await faultOf(uploadFile(target, file.path, { ...zip, idleMs: 200 }, NEVER_ABORTED))).toMatch(
        /^TRANSFER_FAILED: .*no reply for 0.2 s$/,
      )
      const given = new AbortController()
      const ending = uploadFile(target, file.path, zip, given.signal)
      setTimeout(() => given.abort(new Error('given up')), 50)
      await expect(ending).rejects.toThrow('given up')
    } finally {
      server.thaw()
    }
  })
})
