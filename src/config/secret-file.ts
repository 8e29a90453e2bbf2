/**
 * Passwords and PEM files: regular files below the configuration, state or credentials folder and nothing else (H12, H13). What a file
 * holds never appears in a message.
 */
import { constants } from 'node:fs'
import { open, realpath } from 'node:fs/promises'
import { basename, dirname, join, resolve, sep } from 'node:path'
import { explainFault } from './source-text.ts'

const SECRET_LIMIT_BYTES = 4096
const PEM_LIMIT_BYTES = 64 * 1024

export interface SecretFolders {
  /** Folder of the site file. */
  readonly configuration: string
  readonly state: string | null
  /** systemd's `$CREDENTIALS_DIRECTORY`. */
  readonly credentials: string | null
}

export type FileResult =
  | { readonly path: string; readonly bytes: Uint8Array; readonly worldReadable: boolean }
  | { readonly problem: string; readonly hint: string }

/** `{secret: NAME}`: the systemd credential of that name, else the file `secrets/NAME` of the configuration folder. */
export async function readNamedSecret(name: string, folders: SecretFolders): Promise<FileResult> {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name)) {
    return {
      problem: 'is not the name of a secret',
      hint: 'letters, digits and - _ . inside; the secret itself stands in the file',
    }
  }
  const places = [
    ...(folders.credentials === null ? [] : [join(folders.credentials, name)]),
    join(folders.configuration, 'secrets', name),
  ]
  for (const place of places) {
    const result = await readLimited(place, SECRET_LIMIT_BYTES)
    if (result !== 'missing') return result
  }
  return {
    problem: 'this secret does not exist',
    hint: `put it in the file secrets/${name} beside the site file, readable by the service only`,
  }
}

/** `{file: PATH}`; relative paths start at the configuration folder. */
export function readSecretFile(path: string, folders: SecretFolders): Promise<FileResult> {
  return readAllowed(path, folders, SECRET_LIMIT_BYTES)
}

/** A PEM file with certificates or a key. */
export async function readPemFile(
  path: string,
  what: 'CERTIFICATE' | 'PRIVATE KEY',
  folders: SecretFolders,
): Promise<FileResult> {
  const result = await readAllowed(path, folders, PEM_LIMIT_BYTES)
  if ('problem' in result) return result
  // PKCS#8, and the older `RSA PRIVATE KEY`, `EC PRIVATE KEY`
  const found = /-----BEGIN (?:RSA |EC )?(CERTIFICATE|PRIVATE KEY)-----/.exec(
    Buffer.from(result.bytes).toString('latin1'),
  )
  if (found?.[1] === what) return result
  const encrypted = Buffer.from(result.bytes).includes('ENCRYPTED')
  return {
    problem: `holds no ${what.toLowerCase()} in PEM form`,
    hint:
      encrypted && what === 'PRIVATE KEY'
        ? 'decrypt the key: nobody is there to type its password'
        : `it begins with -----BEGIN ${what}-----`,
  }
}

/** The secret in the file: without the line break that editors add. */
export function secretBytes(file: Uint8Array): Uint8Array {
  let end = file.length
  if (file[end - 1] === 0x0a) end--
  if (file[end - 1] === 0x0d) end--
  return file.subarray(0, end)
}

async function readAllowed(path: string, folders: SecretFolders, limit: number): Promise<FileResult> {
  const absolute = resolve(folders.configuration, path)
  const roots = [folders.configuration, folders.state, folders.credentials].filter((folder) => folder !== null)
  const outside: FileResult = {
    problem: 'is outside the configuration and state folders',
    hint: 'copy the file to the folder of the site file',
  }
  // judged by the text first, so that a wrong path tells nothing about files elsewhere
  if (path.includes('\0') || !roots.some((root) => isBelow(absolute, root))) return outside
  try {
    const folder = await realpath(dirname(absolute))
    const realRoots = await Promise.all(roots.map((root) => realpath(root).catch(() => null)))
    const real = join(folder, basename(absolute))
    if (!realRoots.some((root) => root !== null && isBelow(real, root))) return outside
    const result = await readLimited(real, limit)
    return result === 'missing' ? { problem: 'does not exist', hint: 'check the path' } : result
  } catch (fault) {
    const [problem, hint] = explainFault(fault)
    return { problem, hint }
  }
}

function isBelow(path: string, folder: string): boolean {
  const root = resolve(folder)
  return path.startsWith(root.endsWith(sep) ? root : root + sep)
}

/** Symbolic links are refused (O_NOFOLLOW), FIFOs and devices too, without waiting for them. */
async function readLimited(path: string, limit: number): Promise<FileResult | 'missing'> {
  let file
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (fault) {
    const [problem, hint] = explainFault(fault)
    return problem === 'does not exist' ? 'missing' : { problem, hint }
  }
  try {
    const status = await file.stat()
    if (!status.isFile()) return { problem: 'is not a regular file', hint: 'folders, pipes and devices are refused' }
    const buffer = Buffer.alloc(limit + 1)
    let length = 0
    for (;;) {
      const { bytesRead } = await file.read(buffer, length, buffer.length - length, length)
      length += bytesRead
      if (bytesRead === 0 || length === buffer.length) break
    }
    if (length > limit) return { problem: 'is too large', hint: `at most ${limit / 1024} KiB` }
    return { path, bytes: Uint8Array.from(buffer.subarray(0, length)), worldReadable: (status.mode & 0o004) !== 0 }
  } catch (fault) {
    const [problem, hint] = explainFault(fault)
    return { problem, hint }
  } finally {
    await file.close()
  }
}
