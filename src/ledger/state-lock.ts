/**
 * One ampbridge per state folder. The lock is a POSIX record lock that SQLite holds on `lock`: the kernel drops it with
 * the process, however it ends, so nothing needs cleaning after kill -9 and a pid that was given to another program
 * cannot lock anybody out (as it can with a pid file; and two containers that share a folder see different pids).
 * `lock.pid` only serves the words of the error.
 */
import { closeSync, openSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { BridgeError } from '../model/errors.ts'
import { isSqliteFault, SQLITE } from './sqlite-fault.ts'

export interface StateLock {
  release(): void
}

function ownerPid(path: string): string {
  try {
    const text = readFileSync(path, 'latin1').trim()
    return /^\d{1,10}$/.test(text) ? text : 'unknown'
  } catch {
    // the owner has the lock but has not written its name yet
    return 'unknown'
  }
}

/** Throws STATE_LOCKED when another process, or this one, has the folder. */
export function lockState(folder: string): StateLock {
  const pidPath = join(folder, 'lock.pid')
  const lockPath = join(folder, 'lock')
  closeSync(openSync(lockPath, 'a', 0o600))
  const database = new DatabaseSync(lockPath, { timeout: 0 })
  try {
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
  } catch (error) {
    database.close()
    if (!isSqliteFault(error, SQLITE.busy)) throw error
    const pid = ownerPid(pidPath)
    throw new BridgeError('STATE_LOCKED', `the state folder ${folder} is in use by process ${pid}`, {
      cause: error,
      details: { pid },
    })
  }
  try {
    writeFileSync(pidPath, `${process.pid}\n`, { mode: 0o600 })
  } catch {
    // a full disk: the lock holds all the same, only its owner's name is missing
  }
  return { release: () => database.close() }
}

const LOCK_TABLE = '/proc/locks'

/**
 * Whether a process has the folder, for who only reads: the kernel's table is read and the lock is not touched, for to try it, even for a
 * moment, could refuse a bridge that starts (and a process that closes the file drops its own lock: POSIX). Null: it cannot be told here.
 * A bridge in a container of its own is seen from the machine, but not from another container.
 */
export function isStateLocked(folder: string, table = LOCK_TABLE): boolean | null {
  const file = statSync(join(folder, 'lock'), { throwIfNoEntry: false })
  if (file === undefined) return false
  try {
    return locksName(readFileSync(table, 'latin1'), {
      dev: file.dev,
      ino: file.ino,
      pid: ownerPid(join(folder, 'lock.pid')),
    })
  } catch {
    return null
  }
}

/**
 * Whether a table of locks names a write lock on the file: `1: POSIX  ADVISORY  WRITE 20888 fe:00:2408495 1073741824 1073742335`.
 * Some file systems show another device there than to `stat`: then the process must be the one that `lock.pid` tells.
 */
export function locksName(
  table: string,
  { dev, ino, pid }: { readonly dev: number; readonly ino: number; readonly pid: string },
): boolean {
  return table.split('\n').some((line) => {
    const [, owner, major = '', minor = '', inode] =
      /^\d+: POSIX +\S+ +WRITE +(-?\d+) ([0-9a-f]+):([0-9a-f]+):(\d+) /.exec(line) ?? []
    if (inode !== String(ino)) return false
    return deviceNumber(parseInt(major, 16), parseInt(minor, 16)) === dev || owner === pid
  })
}

/** As Linux packs it for `stat`: the low 8 bits of the minor number, 12 of the major one, then the rest of the minor one. */
function deviceNumber(major: number, minor: number): number {
  return (minor & 0xff) + (major & 0xfff) * 0x100 + (minor >>> 8) * 0x10_0000
}
