/** The open database: runs requests inside a commit that its owner begins and ends. Blocking; lives on the ledger's thread. */
import type { DatabaseSync } from 'node:sqlite'
import { openBalanceMemory } from './balance-memory-table.ts'
import { openDecisions } from './decision-table.ts'
import { openJournal } from './journal.ts'
import type { Counters, Journal } from './journal.ts'
import type { Method, Operations, Request } from './operations.ts'
import type { LedgerLimits } from './options.ts'
import { openLimits } from './limit-tables.ts'
import { openLocalLists } from './local-list-table.ts'
import { openOutbox } from './outbox-table.ts'
import { openSecurityLog } from './security-log-table.ts'
import { openSiteSamples } from './site-sample-table.ts'
import { openStationTables } from './station-tables.ts'
import { openTransactionTable } from './transaction-table.ts'
import { openVisits } from './visit-table.ts'

type Handlers = { readonly [M in Method]: (args: Operations[M]['args'], at: number) => Operations[M]['result'] }

interface Tables {
  readonly handlers: Handlers
  readonly journal: Journal
  prune(): void
  /** One small step; false when there is nothing more. */
  pruneHard(): boolean
}

/** Bounded: an answer never brings more rows than this over to the loop's thread. */
const MAX_ROWS = 10_000
const EMERGENCY_STEP = 50
const EMERGENCY_JOURNAL = 500
/** 3 MB: as much as it takes until the reserve can be taken back (twice the ballast), and not all that was to be looked back upon. */
const EMERGENCY_DECISIONS = 10_000

function rows(limit: number): number {
  return Number.isFinite(limit) ? Math.max(0, Math.min(MAX_ROWS, Math.floor(limit))) : 0
}

function openTables(
  database: DatabaseSync,
  counters: Counters,
  limits: LedgerLimits,
  onUnreadable: (text: string) => void,
): Tables {
  const journal = openJournal(database, counters)
  const transactions = openTransactionTable(database)
  const outbox = openOutbox(database, counters)
  const stations = openStationTables(database)
  const localLists = openLocalLists(database)
  const securityLog = openSecurityLog(database)
  const decisions = openDecisions(database)
  const balanceMemory = openBalanceMemory(database)
  const siteSamples = openSiteSamples(database)
  const visits = openVisits(database)
  const limitTables = openLimits(database)
  let decisionsToGive = EMERGENCY_DECISIONS
  const handlers: Handlers = {
    beginTransaction({ transaction, meter, outbox: drafts }, at) {
      if (!transactions.begin(transaction)) return null
      transactions.saveMeter(meter)
      outbox.append(drafts, at)
      journal.append(at, 'begin', transaction.id)
      return null
    },
    recordSamples({ meter, outbox: drafts }, at) {
      const before = counters.outboxLast
      if (meter !== null) transactions.saveMeter(meter)
      outbox.append(drafts, at)
      if (meter === null && counters.outboxLast === before) return null
      journal.append(at, 'samples', meter?.stationId ?? drafts[0]?.stationId ?? '')
      return null
    },
    endTransaction({ transaction, meter, outbox: drafts }, at) {
      if (!transactions.end(transaction)) return false
      transactions.saveMeter(meter)
      outbox.append(drafts, at)
      journal.append(at, 'end', transaction.id)
      return true
    },
    openTransactions: ({ stationId }) => transactions.open(stationId),
    transaction: ({ id }) => transactions.byId(id),
    recentTransactions: ({ limit }) => transactions.recent(rows(limit)),
    energyMeters: ({ stationId }) => transactions.meters(stationId),
    advance({ deliveries, limit, ...queue }, at) {
      const noted = deliveries.filter(({ sequence, csmsTransactionId }) =>
        outbox.delivered(sequence, csmsTransactionId),
      )
      if (noted.length > 0) journal.append(at, 'delivered', noted.map(({ sequence }) => sequence).join(' '))
      return outbox.next(queue, rows(limit), (text) => {
        stations.recordEvent({ at, stationId: queue.stationId, kind: 'ledger-damaged', text })
        journal.append(at, 'unreadable', queue.stationId)
        onUnreadable(text)
      })
    },
    failed({ sequence }, at) {
      const attempts = outbox.failed(sequence)
      if (attempts > 0) journal.append(at, 'failed', String(sequence))
      return attempts
    },
    deadLetter({ sequence, reason }, at) {
      if (outbox.deadLetter(sequence, reason, at)) journal.append(at, 'dead-letter', String(sequence))
      return null
    },
    deadLetters: ({ limit }) => outbox.deadLetters(rows(limit)),
    backlog: (queue) => outbox.backlog(queue),
    csmsTransactionId: ({ upstreamId, transactionId }) => outbox.csmsTransactionId(upstreamId, transactionId),
    settings: ({ stationId }) => stations.settings(stationId),
    saveSetting({ stationId, name, value }, at) {
      stations.saveSetting(stationId, name, value)
      journal.append(at, 'setting', stationId)
      return null
    },
    profiles: ({ stationId }) => stations.profiles(stationId),
    saveProfile({ stationId, profileId, body }, at) {
      stations.saveProfile(stationId, profileId, body)
      journal.append(at, 'profile', stationId)
      return null
    },
    removeProfiles({ stationId, ids }, at) {
      if (ids.length === 0) return null
      stations.removeProfiles(stationId, ids)
      journal.append(at, 'profiles-removed', stationId)
      return null
    },
    localList: ({ stationId }) => localLists.read(stationId),
    replaceLocalList({ stationId, ...list }, at) {
      localLists.replace(stationId, list)
      journal.append(at, 'local-list', stationId)
      return null
    },
    changeLocalList({ stationId, ...list }, at) {
      localLists.change(stationId, list)
      journal.append(at, 'local-list', stationId)
      return null
    },
    recordSecurityEvent(event, at) {
      securityLog.record(event)
      journal.append(at, 'security', event.type)
      return null
    },
    securityLog: ({ stationId, from, to, limit }) => securityLog.read(stationId, from, to, rows(limit)),
    recordDecisions({ decisions: made }, at) {
      if (made.length === 0) return null
      decisions.record(made)
      journal.append(at, 'decisions', String(made.length))
      return null
    },
    decisionAt: (asked) => decisions.at(asked.stationId, asked.evse, asked.at),
    decisions: ({ stationId, evse, from, to, limit }) => decisions.between(stationId, evse, from, to, rows(limit)),
    balanceMemory: () => balanceMemory.read(),
    saveBalanceMemory({ text }, at) {
      balanceMemory.save(text)
      journal.append(at, 'balance-memory', '')
      return null
    },
    recordSiteSamples({ samples }, at) {
      if (samples.length === 0) return null
      siteSamples.record(samples)
      journal.append(at, 'site-samples', String(samples.length))
      return null
    },
    siteSamples: ({ from, to, after }) => siteSamples.read(from, to, after, MAX_ROWS),
    saveVisit(visit, at) {
      visits.save(visit)
      journal.append(at, 'visit', visit.sessionId)
      return null
    },
    visits: ({ from, to, after }) => visits.read(from, to, after, MAX_ROWS),
    saveLimit(limit, at) {
      limitTables.save(limit)
      journal.append(at, 'limit', `${limit.source} ${limit.id}`)
      return null
    },
    removeLimit({ source, id }, at) {
      if (limitTables.remove(source, id)) journal.append(at, 'limit-removed', `${source} ${id}`)
      return null
    },
    limits: () => limitTables.all(),
    recordLimitProof(proof, at) {
      limitTables.recordProof(proof)
      journal.append(at, 'limit-proof', '')
      return null
    },
    limitProofs: ({ from, to, limit, before }) => limitTables.proofs(from, to, before, rows(limit)),
    recordEvent(event, at) {
      stations.recordEvent(event)
      journal.append(at, 'event', event.kind)
      return null
    },
    events: ({ limit }) => stations.events(rows(limit)),
  }
  return {
    handlers,
    journal,
    pruneHard() {
      const removed = outbox.pruneAllDelivered(EMERGENCY_STEP)
      if (journal.prune(EMERGENCY_JOURNAL) || removed) return true
      if (decisionsToGive <= 0) return false
      decisionsToGive -= EMERGENCY_STEP
      return decisions.giveUp(EMERGENCY_STEP)
    },
    prune() {
      outbox.pruneDelivered(limits.keepDelivered)
      outbox.pruneDeadLetters(limits.keepDeadLetters)
      transactions.prune(limits.keepTransactions)
      stations.pruneEvents(limits.keepEvents)
      securityLog.prune(limits.keepSecurityEvents)
      decisions.prune(limits.keepDecisions)
      siteSamples.prune(limits.keepSiteSamples)
      visits.prune(limits.keepVisits)
      limitTables.pruneProofs(limits.keepLimitProofs)
      journal.prune(limits.keepJournal)
    },
  }
}

function perform<M extends Method>(
  handlers: Handlers,
  method: M,
  args: Operations[M]['args'],
  at: number,
): Operations[M]['result'] {
  return handlers[method](args, at)
}

export class Store {
  readonly database: DatabaseSync
  readonly #limits: LedgerLimits
  readonly #onUnreadable: (text: string) => void
  #counters: Counters
  #tables: Tables

  /** `counters`: of the newest journal record. */
  constructor(database: DatabaseSync, counters: Counters, limits: LedgerLimits, onUnreadable: (text: string) => void) {
    this.database = database
    this.#limits = limits
    this.#onUnreadable = onUnreadable
    this.#counters = counters
    this.#tables = openTables(database, { ...counters }, limits, onUnreadable)
  }

  /** As of the last commit. */
  get counters(): Counters {
    return this.#counters
  }

  begin(): void {
    this.database.exec('BEGIN')
  }

  /** Inside `begin` and `commit`. */
  run(request: Request): Operations[Method]['result'] {
    return perform(this.#tables.handlers, request.method, request.args, request.at)
  }

  /** True when something was stored; then it is on disk. */
  commit(at: number): boolean {
    const { counters } = this.#tables.journal
    const changed = counters.record !== this.#counters.record
    if (changed) {
      const gone = counters.outboxGone
      this.#tables.prune()
      if (counters.outboxGone !== gone) this.#tables.journal.append(at, 'pruned', '')
    }
    this.database.exec('COMMIT')
    this.#counters = { ...counters }
    return changed
  }

  /** Forgets everything since `begin`. */
  rollback(): void {
    // SQLite rolls back by itself when the disk is full or fails
    if (this.database.isTransaction) this.database.exec('ROLLBACK')
    // the tables keep counters in memory: read them anew
    this.#tables = openTables(this.database, { ...this.#counters }, this.#limits, this.#onUnreadable)
  }

  /** Removes all that is kept for looking back only, in commits so small that they fit into what the reserve left. */
  pruneHard(at: number): void {
    for (let more = true; more;) {
      this.begin()
      more = this.#tables.pruneHard()
      if (more) this.#tables.journal.append(at, 'pruned', 'the disk is full')
      this.commit(at)
    }
  }

  close(): void {
    this.database.close()
  }
}
