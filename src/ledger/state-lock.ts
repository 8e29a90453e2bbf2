/**
 * One ampbridge per state folder. The lock is a POSIX record lock that SQLite holds on `lock`: the kernel drops it with
 * the process, however it ends, so nothing needs cleaning after kill -9 and a pid that was given to another program
 * cannot lock anybody out (as it can with a pid file; and two containers that share a folder see different pids).
 * `lock.pid` only serves the words of the error.
 */
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs'
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
