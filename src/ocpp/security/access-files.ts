/** The file of one access: STATE/access/UPSTREAM/STATION/access.json. It holds private keys: nobody but the service reads it. */
import { createHash, randomUUID } from 'node:crypto'
import { readFileSync, renameSync } from 'node:fs'
import { chmod, mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { BridgeError } from '../../model/errors.ts'
import { type AccessState, accessState } from './access-state.ts'

const FILE = 'access.json'
const MAX_BYTES = 1024 * 1024
/** What file systems allow is 255. */
const MAX_NAME = 200

export function accessFolder(stateFolder: string, upstreamId: string, stationId: string): string {
  return join(stateFolder, 'access', fileName(upstreamId), fileName(stationId))
}

/** Any id as the name of a folder: no two ids share one, and none leads elsewhere. */
function fileName(id: string): string {
  const safe = id.replaceAll(/[^A-Za-z0-9_-]/gu, (character) =>
    [...Buffer.from(character, 'utf8')].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join(''),
  )
  if (safe.length <= MAX_NAME) return safe
  return `${safe.slice(0, MAX_NAME - 65)}~${createHash('sha256').update(id).digest('hex')}`
}

export type ReadState = { readonly state: AccessState | null } | { readonly damaged: string }

/** Read at start, before anything runs. A file that makes no sense is set aside: its name is told. Throws STATE_UNWRITABLE when it cannot be read. */
export function readState(folder: string): ReadState {
  const path = join(folder, FILE)
  let text: Buffer
  try {
    text = readFileSync(path)
  } catch (error) {
    if (isMissing(error)) return { state: null }
    throw fault(`${path} cannot be read`, error)
  }
  const state = text.length > MAX_BYTES ? null : parse(text.toString('utf8'))
  if (state !== null) return { state }
  const aside = `${path}.damaged-${randomUUID()}`
  try {
    renameSync(path, aside)
  } catch (error) {
    throw fault(`${path} is damaged and cannot be set aside`, error)
  }
  return { damaged: aside }
}

function parse(text: string): AccessState | null {
  try {
    return accessState.parse(JSON.parse(text))
  } catch {
    return null
  }
}

/** On disk when it resolves: a power cut leaves the old file or the new one. Throws STATE_UNWRITABLE. */
export async function writeState(folder: string, state: AccessState): Promise<void> {
  const path = join(folder, FILE)
  const draft = `${path}.new`
  try {
    const made = await mkdir(folder, { recursive: true, mode: 0o700 })
    await chmod(folder, 0o700)
    await rm(draft, { force: true }) // what a power cut left might have other rights
    const file = await open(draft, 'wx', 0o600)
    try {
      await file.writeFile(JSON.stringify(state))
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(draft, path)
    // A new name is on disk only when its folder is: those of the folders that were made, too.
    const above = made === undefined ? folder : dirname(made)
    for (let synced = folder; synced.length >= above.length; synced = dirname(synced)) await syncFolder(synced)
  } catch (error) {
    throw fault(`${path} cannot be written`, error)
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}

function fault(message: string, cause: unknown): BridgeError {
  return new BridgeError('STATE_UNWRITABLE', message, { cause })
}
