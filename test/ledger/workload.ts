/**
 * The process that the crash tests kill: `node workload.ts FOLDER LOG`. Each station's messages are numbered, and the number
 * says what the message is: 1 starts a transaction, 2 to 5 are its samples, 6 ends it, 7 starts the next. The newest
 * number is kept as the meter's offset, stored by the same call as the message, so that the next life goes on with it.
 *
 * With `once` behind LOG it opens, closes and ends: Node writes what it has compiled only when a process ends by itself.
 * Says `ready` on stdout. Lines in LOG, each written before anything else happens: `stored STATION NUMBER` (acknowledged),
 * `sent STATION NUMBER SEQUENCE` (handed to the CSMS), `done STATION NUMBER` (its delivery was acknowledged), `bad TEXT`.
 */
import { openSync, writeSync } from 'node:fs'
import { argv } from 'node:process'
import type { EnergyMeterState, Ledger, OutboxDraft } from '../../src/ledger/ledger.ts'
import { openLedger } from '../../src/ledger/open-ledger.ts'
import type { Decision } from '../../src/model/decision.ts'
import type { Transaction } from '../../src/model/transaction.ts'
import { delivered, nextMessage } from './one-by-one.ts'

export const STATIONS = ['CP-1', 'CP-2', 'CP-3', 'CP-4'] as const
const MESSAGES_PER_TRANSACTION = 6
const UPSTREAM = 'operator'

let log = 1

/** A file, because what was written to it outlives the process and is never refused as a full pipe is. */
function say(...words: readonly (string | number)[]): void {
  writeSync(log, `${words.join(' ')}\n`)
}

function transactionOf(stationId: string, number: number): Transaction {
  const index = Math.ceil(number / MESSAGES_PER_TRANSACTION)
  return {
    id: `${stationId}/${index}`,
    stationId,
    evse: 1,
    idToken: 'CARD',
    startedAt: index,
    startWh: index,
    endedAt: null,
    endWh: null,
    stopReason: null,
    csmsTransactionId: null,
    remoteStarted: false,
  }
}

function draftOf(stationId: string, number: number): OutboxDraft {
  const transactionId = transactionOf(stationId, number).id
  const message = { kind: 'meter-values', evse: 1, transactionId, samples: [] } as const
  return { upstreamId: UPSTREAM, stationId, messageId: String(number), transactionId, message }
}

async function store(ledger: Ledger, stationId: string, number: number): Promise<void> {
  const meter: EnergyMeterState = { stationId, evse: 1, lastRegisterWh: null, offsetWh: number }
  const transaction = transactionOf(stationId, number)
  const outbox = [draftOf(stationId, number)]
  switch (number % MESSAGES_PER_TRANSACTION) {
    case 1:
      await ledger.beginTransaction(transaction, meter, outbox)
      break
    case 0: {
      const ended = { ...transaction, endedAt: number, endWh: number, stopReason: 'local' } as const
      const [first, second] = await Promise.all([
        ledger.endTransaction(ended, meter, outbox),
        ledger.endTransaction(ended, meter, outbox),
      ])
      if (!first || second)
        say('bad', stationId, `transaction ${transaction.id} ended ${Number(first) + Number(second)} times`)
      break
    }
    default:
      await Promise.all([ledger.recordSamples(meter, outbox), ledger.recordDecisions([decisionOf(stationId, number)])])
  }
}

function decisionOf(stationId: string, number: number): Decision {
  return { at: number, stationId, evse: 1, sessionId: null, amps: 6, binding: { kind: 'device' }, rank: null }
}

/** The newest number before this one with which a decision was stored. */
function decidedBefore(number: number): number {
  let before = number - 1
  while (before > 0 && before % MESSAGES_PER_TRANSACTION < 2) before -= 1
  return before
}

/** What a life finds must fit the newest number that was stored. */
async function check(ledger: Ledger, stationId: string, number: number): Promise<void> {
  const isOpen = number % MESSAGES_PER_TRANSACTION !== 0
  const [open, decision] = await Promise.all([
    ledger.openTransactions(stationId),
    ledger.decisionAt(stationId, 1, Number.MAX_SAFE_INTEGER),
  ])
  const expected = isOpen ? transactionOf(stationId, number).id : ''
  const found = open.map(({ id }) => id).join()
  if (found !== expected) say('bad', stationId, `at ${number} open is "${found}", not "${expected}"`)
  const decidedAt = decision?.at ?? 0
  if (decidedAt < decidedBefore(number))
    say('bad', stationId, `at ${number} the newest decision is ${decidedAt}, not ${decidedBefore(number)} or later`)
}

async function produce(ledger: Ledger, stationId: string): Promise<void> {
  const [meter] = await ledger.energyMeters(stationId)
  const known = meter?.offsetWh ?? 0
  await check(ledger, stationId, known)
  for (let number = known + 1; ; number += 1) {
    await store(ledger, stationId, number)
    say('stored', stationId, number)
    while ((await ledger.backlog(UPSTREAM, stationId)) > 20) await ledger.energyMeters(stationId)
  }
}

async function deliver(ledger: Ledger, stationId: string): Promise<void> {
  for (;;) {
    const entry = await nextMessage(ledger, UPSTREAM, stationId)
    if (entry === null) continue
    say('sent', stationId, entry.messageId, entry.sequence)
    await delivered(ledger, entry.sequence, entry.transactionId)
    say('done', stationId, entry.messageId)
  }
}

if (import.meta.main) {
  log = openSync(argv[3] ?? '', 'a')
  // a short memory, so that pruning is at work, too
  const ledger = await openLedger(argv[2] ?? '', { keepDelivered: 200, keepJournal: 500, ballastBytes: 65_536 })
  for (const finding of ledger.findings) say('bad', finding)
  writeSync(1, 'ready\n')
  if (argv[4] === 'once') await ledger.close()
  else await Promise.all(STATIONS.flatMap((station) => [produce(ledger, station), deliver(ledger, station)]))
}
