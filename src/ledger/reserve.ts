/**
 * Space kept in hand. A full disk blocks INSERT, DELETE and checkpoint alike, so a ballast file is given up when that
 * happens (and as much of `maxBytes`), and what it leaves is kept for starts, ends and deliveries: samples and events
 * are refused until there is room again.
 */
import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync, statfsSync, writeSync } from 'node:fs'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import type { LedgerAlarm, LedgerLimits } from './options.ts'

const HIGH_WATER = 0.8
/** Lower than the mark, so that the alarm does not flicker. */
const LOW_WATER = 0.75
/** While space is short, the log starts over every few pages and gives back what it had grown to. */
const LOG = {
  normal: 'PRAGMA wal_autocheckpoint = 1000; PRAGMA journal_size_limit = -1',
  short: 'PRAGMA wal_autocheckpoint = 16; PRAGMA journal_size_limit = 131072',
} as const

function pragma(database: DatabaseSync, name: string): number {
  return Number(Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0])
}

export class Reserve {
  readonly #folder: string
  readonly #limits: LedgerLimits
  readonly #onAlarm: (alarm: LedgerAlarm) => void
  #database: DatabaseSync
  #given = false
  #highWater = false

  constructor(folder: string, database: DatabaseSync, limits: LedgerLimits, onAlarm: (alarm: LedgerAlarm) => void) {
    this.#folder = folder
    this.#limits = limits
    this.#onAlarm = onAlarm
    this.#database = database
    this.use(database)
  }

  /** The database was replaced, or this is the first one. */
  use(database: DatabaseSync): void {
    this.#database = database
    this.#given = false
    this.#setPages(this.#limits.maxBytes - this.#limits.ballastBytes)
    if (!existsSync(this.#path) && !this.#make()) this.#open()
    this.watch()
  }

  /** True while samples and events must wait. */
  get isGiven(): boolean {
    return this.#given
  }

  /** Frees the reserve; false when that was done before. */
  giveUp(): boolean {
    if (this.#given) return false
    this.#open()
    return true
  }

  /** Takes the reserve back when there is room for it and as much again. Cheap: two questions to the system. */
  restore(): boolean {
    if (!this.#given) return true
    const { ballastBytes, maxBytes } = this.#limits
    const disk = this.#disk()
    const freed = pragma(this.#database, 'freelist_count') * disk.pageBytes
    const used = pragma(this.#database, 'page_count') * disk.pageBytes - freed
    // pages freed inside the file are room for rows, too; the ballast itself needs the disk's
    if (maxBytes - used < 2 * ballastBytes || disk.free + freed < 2 * ballastBytes) return false
    if (disk.free >= 2 * ballastBytes && !this.#make()) return false
    this.#given = false
    this.#setPages(maxBytes - ballastBytes)
    this.#database.exec(LOG.normal)
    this.#onAlarm({
      code: 'LEDGER_FULL',
      active: false,
      text: 'there is room on the disk again; samples are stored again',
    })
    return true
  }

  /** Raises or clears the high-water alarm. */
  watch(): void {
    const { free, total, pageBytes } = this.#disk()
    const used = pragma(this.#database, 'page_count') - pragma(this.#database, 'freelist_count')
    const share = Math.max(1 - free / total, (used * pageBytes) / this.#limits.maxBytes)
    if (!this.#highWater && share >= HIGH_WATER) {
      this.#highWater = true
      const text = `the disk of ${this.#folder} is ${Math.floor(share * 100)} % full; free space before samples are lost`
      this.#onAlarm({ code: 'LEDGER_FULL', active: true, text })
    } else if (this.#highWater && share < LOW_WATER) {
      this.#highWater = false
      this.#onAlarm({ code: 'LEDGER_FULL', active: false, text: `the disk of ${this.#folder} has room again` })
    }
  }

  get #path(): string {
    return join(this.#folder, 'ballast')
  }

  #disk(): { free: number; total: number; pageBytes: number } {
    const { bavail, blocks, bsize } = statfsSync(this.#folder)
    return { free: bavail * bsize, total: Math.max(1, blocks * bsize), pageBytes: pragma(this.#database, 'page_size') }
  }

  #open(): void {
    rmSync(this.#path, { force: true })
    this.#given = true
    this.#setPages(this.#limits.maxBytes)
    this.#database.exec(LOG.short)
    this.#shrinkLog()
    const text = 'the disk is full: the ballast was given up, transactions are kept, samples and events are refused'
    this.#onAlarm({ code: 'LEDGER_FULL', active: true, text })
  }

  #shrinkLog(): void {
    try {
      this.#database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    } catch {
      // not even room for that; the log shrinks when it starts over
    }
  }

  #setPages(bytes: number): void {
    this.#database.exec(`PRAGMA max_page_count = ${Math.floor(bytes / pragma(this.#database, 'page_size'))}`)
  }

  /** Random bytes, because some file systems store zeros in no space at all. False: no room. */
  #make(): boolean {
    const unfinished = `${this.#path}.new`
    try {
      const file = openSync(unfinished, 'w', 0o600)
      try {
        const bytes = randomBytes(this.#limits.ballastBytes)
        for (let done = 0; done < bytes.length;) done += writeSync(file, bytes, done)
        fsyncSync(file)
      } finally {
        closeSync(file)
      }
      renameSync(unfinished, this.#path)
      return true
    } catch {
      // no room, or no writing at all: the next commit will say which
      rmSync(unfinished, { force: true })
      return false
    }
  }
}
