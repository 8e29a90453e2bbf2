import { mkdtemp, rm, statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** statfs(2): a file system in memory, where a sync costs nothing. */
const TMPFS = 0x01021994

/** A folder on a disk, for as long as `work` runs. */
export async function withDiskFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const { type } = await statfs(tmpdir())
  const folder = await mkdtemp(join(type === TMPFS ? process.cwd() : tmpdir(), 'ampbridge-bench-'))
  try {
    return await work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
