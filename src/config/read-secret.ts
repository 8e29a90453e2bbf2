/** `{secret: NAME}` or `{file: PATH}` of the site file -> the secret itself. What it holds appears in no finding. */
import { error, warning, type ConfigPath, type Finding } from './problem.ts'
import { readNamedSecret, readSecretFile, secretBytes, type FileResult, type SecretFolders } from './secret-file.ts'
import type { SecretSource } from './site-schema.ts'

export interface SecretWanted {
  /** For messages: `password`, `key`. */
  readonly what: string
  readonly maxBytes: number
}

/** Null after a finding that is an error. */
export async function readSecret(
  source: SecretSource,
  { what, maxBytes }: SecretWanted,
  path: ConfigPath,
  folders: SecretFolders,
  findings: Finding[],
): Promise<{ readonly bytes: Uint8Array; readonly path: ConfigPath } | null> {
  const { secret, file } = source
  if ((secret === undefined) === (file === undefined)) {
    findings.push(error(path, 'names no file, or two', 'write either `{secret: NAME}` or `{file: PATH}`'))
    return null
  }
  const at = [...path, secret === undefined ? 'file' : 'secret']
  const result =
    secret === undefined ? await readSecretFile(file ?? '', folders) : await readNamedSecret(secret, folders)
  if ('problem' in result) {
    findings.push(fileProblem(at, result))
    return null
  }
  const bytes = secretBytes(result.bytes)
  if (bytes.length === 0) {
    findings.push(error(at, 'this file is empty', `write the ${what} into it, in one line`))
    return null
  }
  if (bytes.length > maxBytes || bytes.includes(0x0a)) {
    findings.push(error(at, `this file holds no ${what}`, `one line, at most ${maxBytes} bytes`))
    return null
  }
  if (result.worldReadable) findings.push(readableByAll(at))
  return { bytes, path: at }
}

export function fileProblem(path: ConfigPath, result: Extract<FileResult, { problem: string }>): Finding {
  return { ...error(path, result.problem, result.hint), code: 'SECRET_UNREADABLE' }
}

export function readableByAll(path: ConfigPath): Finding {
  return warning(path, 'every user of this machine can read this file', 'take the right away: chmod o-r FILE')
}
