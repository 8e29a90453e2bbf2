/** The program that installs firmware: it runs with our rights, so nobody else may have put it there. */
import { lstat, stat } from 'node:fs/promises'
import { dirname, isAbsolute, normalize } from 'node:path'
import { error, type Finding } from './problem.ts'
import type { SiteEntries } from './site-entries.ts'
import { explainFault } from './source-text.ts'

const ANY_EXECUTE = 0o111
const OTHERS_WRITE = 0o022
const ALL_WRITE = 0o002
const STICKY = 0o1000

export async function checkFirmware({ firmware }: SiteEntries): Promise<readonly Finding[]> {
  if (firmware === null) return []
  const wrong = await judgeHook(firmware.hook)
  return wrong === null ? [] : [error(['firmware', 'hook'], ...wrong)]
}

async function judgeHook(path: string): Promise<[message: string, hint: string] | null> {
  if (!isAbsolute(path) || normalize(path) !== path || path.includes('\0')) {
    return ['is not an absolute path', 'write it in full, for example `/usr/local/bin/install-firmware`']
  }
  try {
    const file = await lstat(path)
    if (!file.isFile())
      return ['is not a regular file', 'name the program itself; links, folders and pipes are refused']
    if ((file.mode & ANY_EXECUTE) === 0) return ['is not executable', 'chmod 755 FILE']
    if (!isOurs(file.uid)) return ['belongs to another user', 'give it to root: chown root FILE']
    if ((file.mode & OTHERS_WRITE) !== 0) return ['can be changed by other users', 'chmod 755 FILE']
    const folder = await stat(dirname(path))
    // in a folder that others may write, it could be another program by the time it runs
    const open = (folder.mode & ALL_WRITE) !== 0 && (folder.mode & STICKY) === 0
    if (open || !isOurs(folder.uid))
      return ['lies in a folder of other users', 'move it, for example to /usr/local/bin']
    return null
  } catch (fault) {
    return explainFault(fault)
  }
}

function isOurs(uid: number): boolean {
  return uid === 0 || uid === process.getuid?.()
}
