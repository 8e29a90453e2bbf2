/**
 * Makes a copy of a damaged database readable again: a file that was cut is filled up, and a lost head (page 1 and the
 * table list) is taken from a new, empty ledger, whose tables begin at the same pages because the same migrations made
 * them in the same order. What lies behind is then read row by row.
 */
import {
  closeSync,
  copyFileSync,
  existsSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { MIGRATIONS } from './schema.ts'

const PAGE_BYTES = 4096
const MAGIC = 'SQLite format 3\0'
/** Places in page 1, see SQLite's file format, section 1.3. */
const AT = { writeVersion: 18, readVersion: 19, pageCount: 28, firstFree: 32, freeCount: 36, userVersion: 60 } as const
const WAL_VERSION = 2
/** A head that claims more is not believed. */
const MAX_PAGES = 4 * 1024 * 1024

/** Null when its head or its table list cannot be read. */
export function openReadable(path: string): DatabaseSync | null {
  let database: DatabaseSync | null = null
  try {
    database = new DatabaseSync(path, { readOnly: true })
    const row = database.prepare("SELECT count(*) AS count FROM sqlite_schema WHERE name = 'outbox'").get()
    if (row?.['count'] === 1) return database
  } catch {
    // said by the null
  }
  database?.close()
  return null
}

function schemaPages(pristine: DatabaseSync): number[] {
  return pristine
    .prepare("SELECT pageno FROM dbstat WHERE name IN ('sqlite_schema', 'sqlite_master')")
    .all()
    .map((row) => Number(row['pageno']))
}

function readPage(file: number, page: number): Buffer {
  const bytes = Buffer.alloc(PAGE_BYTES)
  readSync(file, bytes, 0, PAGE_BYTES, (page - 1) * PAGE_BYTES)
  return bytes
}

function graft(path: string, pristine: DatabaseSync, pristinePath: string): void {
  const file = openSync(path, 'r+')
  const model = openSync(pristinePath, 'r')
  try {
    const head = readPage(file, 1)
    const isHead = head.toString('latin1', 0, MAGIC.length) === MAGIC
    const claimed = isHead ? head.readUInt32BE(AT.pageCount) : 0
    const present = Math.ceil(fstatSync(file).size / PAGE_BYTES)
    const pages = claimed > present && claimed <= MAX_PAGES ? claimed : present
    ftruncateSync(file, pages * PAGE_BYTES)
    if (isHead && head.readUInt32BE(AT.userVersion) !== MIGRATIONS.length) return
    for (const page of schemaPages(pristine)) {
      const bytes = readPage(model, page)
      if (page === 1) {
        bytes.writeUInt8(WAL_VERSION, AT.writeVersion)
        bytes.writeUInt8(WAL_VERSION, AT.readVersion)
        bytes.writeUInt32BE(pages, AT.pageCount)
        bytes.writeUInt32BE(0, AT.firstFree)
        bytes.writeUInt32BE(0, AT.freeCount)
      }
      writeSync(file, bytes, 0, PAGE_BYTES, (page - 1) * PAGE_BYTES)
    }
  } finally {
    closeSync(file)
    closeSync(model)
  }
}

export function removeRepair(path: string): void {
  for (const suffix of ['', '-wal', '-shm']) rmSync(path + suffix, { force: true })
}

/** A readable copy at `copyPath` (see `removeRepair`), or null. `pristine`: an empty ledger in the file `pristinePath`. */
export function repairCopy(
  path: string,
  copyPath: string,
  pristine: DatabaseSync,
  pristinePath: string,
): DatabaseSync | null {
  removeRepair(copyPath)
  for (const suffix of ['', '-wal']) {
    if (existsSync(path + suffix)) copyFileSync(path + suffix, copyPath + suffix)
  }
  graft(copyPath, pristine, pristinePath)
  return openReadable(copyPath)
}
