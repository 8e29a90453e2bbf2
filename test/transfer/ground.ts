/** What the tests of transfers share: a folder, a policy that allows this machine, files. */
import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'

import { isBridgeError } from '../../src/model/errors.ts'
import type { HostKeyStore, TransferPolicy } from '../../src/transfer/policy.ts'
import { testCa } from '../peers/tls/certificates.ts'

export const NEVER_ABORTED = new AbortController().signal

/** Loopback is allowed, as a site would do for a server in its own house; names lead to it. */
export function policy(more: Partial<TransferPolicy> = {}): TransferPolicy {
  return {
    allowPrivateNetworks: false,
    allowedNetworks: ['127.0.0.1/32'],
    trustedCertificates: [testCa()],
    hostKeys: hostKeys(),
    lookUp: () => Promise.resolve(['127.0.0.1']),
    ...more,
  }
}

export function hostKeys(): HostKeyStore & { readonly keys: Map<string, string> } {
  const keys = new Map<string, string>()
  return {
    keys,
    recall: (server) => Promise.resolve(keys.get(server) ?? null),
    remember: (server, key) => {
      keys.set(server, key)
      return Promise.resolve()
    },
  }
}

export function scratchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ampbridge-transfer-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A file of random bytes, its path and hash. */
export function someFile(folder: string, bytes: number): { path: string; content: Buffer; sha256: string } {
  const content = randomBytes(bytes)
  const path = join(folder, `source-${randomBytes(4).toString('hex')}`)
  writeFileSync(path, content)
  return { path, content, sha256: createHash('sha256').update(content).digest('hex') }
}

/** Files that a download left in a folder made for it. */
export function leftovers(folder: string): readonly string[] {
  return readdirSync(folder).filter((name) => !name.startsWith('source-'))
}

/** `CODE: message` of what a promise rejects with. */
export async function faultOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise
  } catch (error) {
    if (isBridgeError(error)) return `${error.code}: ${error.message}`
    throw error
  }
  throw new Error('it did not fail')
}
