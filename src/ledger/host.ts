/**
 * What the ledger's thread runs: batches of requests in one commit each, and what to do when the disk refuses.
 * The answers of a batch exist only after its commit, so nothing is ever acknowledged, or handed out to be sent, that is
 * not stored.
 */
import { BridgeError, isBridgeError } from '../model/errors.ts'
import type { Anchor } from './anchor.ts'
import { openFiles } from './files.ts'
import { isExpendable } from './operations.ts'
import type { Fault, Reply, Request } from './operations.ts'
import type { LedgerAlarm, LedgerLimits } from './options.ts'
import { Reserve } from './reserve.ts'
import { storageFault } from './sqlite-fault.ts'
import type { StorageFault } from './sqlite-fault.ts'
import { lockState } from './state-lock.ts'
import type { StateLock } from './state-lock.ts'
import { Store } from './store.ts'

/** Between two attempts to go on after the disk failed. */
const REOPEN_EVERY_MS = 1000
const WATCH_EVERY_COMMITS = 8

export interface Alarms {
  raise(alarm: LedgerAlarm): void
}

interface Open {
  readonly store: Store
  readonly anchor: Anchor
  readonly ledgerId: string
}

function words(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function faultOf(error: unknown): Fault {
  if (isBridgeError(error)) return { code: error.code, message: error.message }
  switch (storageFault(error)) {
    case 'full':
      return { code: 'LEDGER_FULL', message: 'the disk is full; nothing was stored' }
    case 'damaged':
    case 'failed':
      return { code: 'LEDGER_FAILED', message: `the ledger could not be written: ${words(error)}` }
    default:
      return { code: 'INTERNAL', message: `the ledger refused a request: ${words(error)}` }
  }
}

export class Host {
  readonly findings: readonly string[]
  readonly #folder: string
  readonly #limits: LedgerLimits
  readonly #alarms: Alarms
  readonly #lock: StateLock
  readonly #reserve: Reserve
  #open: Open | null
  /** Why there is no open store. */
  #failure: StorageFault = 'failed'
  #failureText = ''
  #triedAt = 0
  #commits = 0
  #anchorFails = false
  #prunedHard = false

  /** Throws STATE_LOCKED, LEDGER_FAILED, LEDGER_FULL. */
  constructor(folder: string, limits: LedgerLimits, at: number, alarms: Alarms) {
    this.#folder = folder
    this.#limits = limits
    this.#alarms = alarms
    this.#lock = lockState(folder)
    try {
      const { findings, ...open } = this.#openAll(at, null)
      this.findings = findings
      this.#open = open
      this.#reserve = new Reserve(folder, open.store.database, limits, (alarm) => alarms.raise(alarm))
    } catch (error) {
      this.#lock.release()
      const fault = faultOf(error)
      throw new BridgeError(fault.code === 'INTERNAL' ? 'LEDGER_FAILED' : fault.code, fault.message, { cause: error })
    }
  }

  /** Runs them in order; the replies are in the same order. `at`: wall time, ms. */
  run(requests: readonly Request[]): Reply[] {
    const at = requests.at(-1)?.at ?? 0
    const open = this.#open ?? this.#reopen(at)
    if (open === null) return requests.map((request) => this.#refuse(request))
    if (this.#mustShed(open.store, requests, at)) return this.#runWithoutExpendable(requests)
    try {
      return this.#commit(open, requests, at)
    } catch (error) {
      if (this.#giveUpFile(this.#rollback(open.store, error))) return requests.map((request) => this.#refuse(request))
    }
    // one of them is to blame, or the disk is full: one by one, so that only it fails
    return requests.map((request) => this.#runAlone(request))
  }

  /** To be called now and then while nothing is to do. */
  idle(): void {
    try {
      this.#open?.anchor.syncWhenDue()
      this.#anchorWorks()
    } catch (error) {
      this.#anchorFailed(error)
    }
  }

  close(): void {
    try {
      this.#closeFiles()
    } finally {
      this.#lock.release()
    }
  }

  #openAll(at: number, rewrite: string | null): Open & { findings: readonly string[] } {
    const { database, anchor, ledgerId, counters, findings } = openFiles(this.#folder, at, rewrite)
    const store = new Store(database, counters, this.#limits, (text) =>
      this.#alarms.raise({ code: 'LEDGER_DAMAGED', active: true, text }),
    )
    return { store, anchor, ledgerId, findings }
  }

  #commit(open: Open, requests: readonly Request[], at: number): Reply[] {
    const { store } = open
    store.begin()
    const replies = requests.map((request): Reply => ({ id: request.id, value: store.run(request) }))
    if (store.commit(at)) this.#acknowledge(open)
    return replies
  }

  /** True while space is short and something is asked for that must wait for better times. */
  #mustShed(store: Store, requests: readonly Request[], at: number): boolean {
    if (!this.#reserve.isGiven || !requests.some(isExpendable)) return false
    if (!this.#prunedHard) this.#makeRoom(store, at)
    try {
      if (!this.#reserve.restore()) return true
      this.#prunedHard = false
      return false
    } catch (error) {
      return storageFault(error) !== null
    }
  }

  #shed(request: Request): Reply {
    const message = 'the disk is full; samples, events, decisions and local lists are not stored'
    return { id: request.id, fault: { code: 'LEDGER_FULL', message } }
  }

  #runWithoutExpendable(requests: readonly Request[]): Reply[] {
    const replies = new Map<number, Reply>()
    for (const request of requests.filter(isExpendable)) replies.set(request.id, this.#shed(request))
    const kept = requests.filter((request) => !replies.has(request.id))
    for (const reply of kept.length === 0 ? [] : this.run(kept)) replies.set(reply.id, reply)
    return requests.flatMap(({ id }) => replies.get(id) ?? [])
  }

  /** The rows are on disk; the anchor learns of them before anybody else does. */
  #acknowledge({ store, anchor, ledgerId }: Open): void {
    const { record, outboxLast } = store.counters
    try {
      anchor.write({ ledgerId, record, sequence: outboxLast }, false)
      anchor.syncWhenDue()
      this.#anchorWorks()
    } catch (error) {
      // the rows are safe; only a later loss of the log would go unnoticed
      this.#anchorFailed(error)
    }
    this.#commits += 1
    if (this.#commits % WATCH_EVERY_COMMITS === 0) this.#watch()
  }

  #runAlone(request: Request): Reply {
    for (let attempt = 1; ; attempt += 1) {
      const open = this.#open
      if (open === null) return this.#refuse(request)
      if (this.#mustShed(open.store, [request], request.at)) return this.#shed(request)
      try {
        const [reply] = this.#commit(open, [request], request.at)
        if (reply !== undefined) return reply
      } catch (error) {
        if (this.#giveUpFile(this.#rollback(open.store, error))) return this.#refuse(request)
        const canMakeRoom = storageFault(error) === 'full' && attempt === 1 && this.#makeRoom(open.store, request.at)
        if (!canMakeRoom) return { id: request.id, fault: faultOf(error) }
      }
    }
  }

  /** Returns the fault to judge by: that of the commit, or a worse one met while rolling back. */
  #rollback(store: Store, error: unknown): unknown {
    try {
      store.rollback()
      return error
    } catch (worse) {
      return worse
    }
  }

  #watch(): void {
    try {
      this.#reserve.watch()
    } catch {
      // only a look at the fill level; a disk that fails shows at the next commit
    }
  }

  /** False when there is nothing to free. */
  #makeRoom(store: Store, at: number): boolean {
    let gave = false
    try {
      gave = this.#reserve.giveUp()
      store.pruneHard(at)
      this.#prunedHard = true
      return true
    } catch (error) {
      // no room even for that: the reserve alone has to do
      return !this.#giveUpFile(this.#rollback(store, error)) && gave
    }
  }

  /**
   * True when the file may not be used any more. After a failed sync nobody knows what of the log is on the disk, so a
   * later sync that succeeds proves nothing: the rows are copied into a new file before anything is acknowledged again.
   */
  #giveUpFile(error: unknown): boolean {
    const fault = storageFault(error)
    if (fault === null || fault === 'full') return false
    this.#failure = fault
    this.#failureText = words(error)
    this.#triedAt = performance.now()
    const code = fault === 'damaged' ? 'LEDGER_DAMAGED' : 'LEDGER_FAILED'
    this.#alarms.raise({
      code,
      active: true,
      text: `the ledger stopped: ${this.#failureText}; it tries again by itself`,
    })
    this.#closeFiles()
    return true
  }

  #closeFiles(): void {
    const open = this.#open
    this.#open = null
    if (open === null) return
    for (const close of [() => open.store.close(), () => open.anchor.close()]) {
      try {
        close()
      } catch (error) {
        // closing writes, too; what was acknowledged is stored already
        this.#failureText = words(error)
      }
    }
  }

  #reopen(at: number): Open | null {
    if (performance.now() - this.#triedAt < REOPEN_EVERY_MS) return null
    this.#triedAt = performance.now()
    try {
      const rewrite = this.#failure === 'damaged' ? null : `the disk had failed (${this.#failureText})`
      const { findings, ...open } = this.#openAll(at, rewrite)
      this.#open = open
      this.#reserve.use(open.store.database)
      for (const text of findings) this.#alarms.raise({ code: 'LEDGER_DAMAGED', active: true, text })
      this.#alarms.raise({ code: 'LEDGER_FAILED', active: false, text: 'the ledger is written again' })
      return open
    } catch (error) {
      this.#failureText = words(error)
      return null
    }
  }

  #refuse(request: Request): Reply {
    return {
      id: request.id,
      fault: { code: 'LEDGER_FAILED', message: `the ledger could not be written: ${this.#failureText}` },
    }
  }

  #anchorFailed(error: unknown): void {
    if (this.#anchorFails) return
    this.#anchorFails = true
    const text = `the anchor could not be written (${words(error)}); a cut log would go unnoticed`
    this.#alarms.raise({ code: 'LEDGER_FAILED', active: true, text })
  }

  #anchorWorks(): void {
    if (!this.#anchorFails) return
    this.#anchorFails = false
    this.#alarms.raise({ code: 'LEDGER_FAILED', active: false, text: 'the anchor is written again' })
  }
}
