/** Random operations on the ledger and on a model of its contract in memory: both must always say the same. */
import * as fc from 'fast-check'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { EnergyMeterState, Ledger, OutboxDraft } from '../../src/ledger/ledger.ts'
import { openLedger } from '../../src/ledger/open-ledger.ts'
import type { Transaction } from '../../src/model/transaction.ts'
import { ended, endDraft, meter, sampleDraft, started, startDraft } from './records.ts'
import { delivered, nextMessage } from './one-by-one.ts'

const UPSTREAMS = ['operator', 'mirror']
const STATIONS = ['CP-1', 'CP-2']
const TRANSACTIONS = [0, 1, 2, 3, 4, 5]

function stationOf(transaction: number): string {
  return STATIONS[transaction % STATIONS.length] ?? ''
}

interface Entry {
  readonly sequence: number
  readonly draft: OutboxDraft
  attempts: number
}

/** The contract, as plainly as it can be said. */
class Model {
  sequence = 0
  waiting: Entry[] = []
  dead: number[] = []
  readonly seen = new Set<string>()
  readonly transactions = new Map<string, Transaction>()
  readonly meters = new Map<string, EnergyMeterState>()
  readonly settings = new Map<string, string>()
  readonly answers = new Map<string, string>()
  readonly givenUp = new Set<string>()

  store(newMeter: EnergyMeterState | null, drafts: readonly OutboxDraft[]): void {
    if (newMeter !== null) this.meters.set(newMeter.stationId, newMeter)
    for (const draft of drafts) {
      if (this.givenUp.has(`${draft.upstreamId} ${draft.transactionId}`)) {
        this.sequence += 1
        this.dead.push(this.sequence)
        continue
      }
      const key = `${draft.upstreamId} ${draft.stationId} ${draft.messageId}`
      if (this.seen.has(key)) continue
      this.seen.add(key)
      this.sequence += 1
      this.waiting.push({ sequence: this.sequence, draft, attempts: 0 })
    }
  }

  take(sequence: number): Entry | null {
    const entry = this.waiting.find((one) => one.sequence === sequence)
    if (entry === undefined) return null
    this.waiting = this.waiting.filter((one) => one !== entry)
    return entry
  }

  next(upstreamId: string, stationId: string): Entry | null {
    return this.waiting.find(({ draft }) => draft.upstreamId === upstreamId && draft.stationId === stationId) ?? null
  }

  deadLetter(sequence: number): void {
    const entry = this.take(sequence)
    if (entry === null) return
    // a message that was given up may be handed in again: it is new then
    const { upstreamId, transactionId, message } = entry.draft
    const goes = [entry]
    if (message.kind === 'transaction-started') {
      this.givenUp.add(`${upstreamId} ${transactionId}`)
      const later = this.waiting.filter(
        ({ draft }) => draft.transactionId === transactionId && draft.upstreamId === upstreamId,
      )
      goes.push(...later.filter((one) => one.sequence > sequence))
    }
    for (const one of goes) {
      this.take(one.sequence)
      this.dead.push(one.sequence)
      this.seen.delete(`${one.draft.upstreamId} ${one.draft.stationId} ${one.draft.messageId}`)
    }
  }
}

type Step =
  | { readonly do: 'begin' | 'end'; readonly transaction: number; readonly mirrored: boolean }
  | { readonly do: 'samples'; readonly transaction: number; readonly number: number; readonly mirrored: boolean }
  | { readonly do: 'deliver'; readonly upstream: number; readonly station: number; readonly answer: string | null }
  | { readonly do: 'fail' | 'deadLetter' | 'deliverAny'; readonly sequence: number }
  | { readonly do: 'setting'; readonly name: string; readonly value: string | null }
  | { readonly do: 'reopen' }

const transaction = fc.constantFrom(...TRANSACTIONS)
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constantFrom('begin', 'end'), transaction, mirrored: fc.boolean() }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('samples'),
      transaction,
      number: fc.integer({ min: 0, max: 20 }),
      mirrored: fc.boolean(),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('deliver'),
      upstream: fc.constantFrom(0, 1),
      station: fc.constantFrom(0, 1),
      answer: fc.option(fc.string({ unit: 'grapheme', maxLength: 6 })),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom('fail', 'deadLetter', 'deliverAny'),
      sequence: fc.integer({ min: 0, max: 30 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('setting'),
      name: fc.constantFrom('a', 'b', '', 'é\u0000'),
      value: fc.option(fc.string({ unit: 'grapheme', maxLength: 10 })),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ do: 'reopen' } as const) },
)

function mirror(drafts: readonly OutboxDraft[], mirrored: boolean): OutboxDraft[] {
  return mirrored ? drafts.flatMap((draft) => [draft, { ...draft, upstreamId: 'mirror' }]) : [...drafts]
}

async function perform(ledger: Ledger, model: Model, one: Exclude<Step, { do: 'reopen' }>): Promise<void> {
  switch (one.do) {
    case 'begin':
    case 'end': {
      const station = stationOf(one.transaction)
      const id = `T${one.transaction}`
      const newMeter = meter(station, model.sequence)
      const draft = one.do === 'begin' ? startDraft(id, station) : endDraft(id, station)
      const drafts = mirror([draft], one.mirrored)
      const known = model.transactions.get(id)
      if (one.do === 'begin') {
        await ledger.beginTransaction(started(id, station), newMeter, drafts)
        if (known !== undefined) return
        model.transactions.set(id, started(id, station))
      } else {
        const stored = await ledger.endTransaction(ended(started(id, station)), newMeter, drafts)
        expect(stored).toBe(known === undefined || known.endedAt === null)
        if (!stored) return
        model.transactions.set(id, ended(known ?? started(id, station)))
      }
      model.store(newMeter, drafts)
      return
    }
    case 'samples': {
      const station = stationOf(one.transaction)
      const drafts = mirror([sampleDraft(`T${one.transaction}`, one.number, station)], one.mirrored)
      const newMeter = meter(station, one.number)
      await ledger.recordSamples(newMeter, drafts)
      model.store(newMeter, drafts)
      return
    }
    case 'deliver': {
      const [upstreamId, stationId] = [UPSTREAMS[one.upstream] ?? '', STATIONS[one.station] ?? '']
      const found = await nextMessage(ledger, upstreamId, stationId)
      const expected = model.next(upstreamId, stationId)
      if (expected === null || found === null) {
        expect(found).toBe(expected)
        return
      }
      expect(found).toEqual({ ...expected.draft, sequence: expected.sequence, attempts: expected.attempts })
      await deliver(ledger, model, found.sequence, one.answer)
      return
    }
    case 'deliverAny':
      await deliver(ledger, model, one.sequence, null)
      return
    case 'fail': {
      const entry = model.waiting.find(({ sequence }) => sequence === one.sequence)
      if (entry !== undefined) entry.attempts += 1
      expect(await ledger.failed(one.sequence)).toBe(entry?.attempts ?? 0)
      return
    }
    case 'deadLetter':
      await ledger.deadLetter(one.sequence, 'given up')
      model.deadLetter(one.sequence)
      return
    case 'setting':
      await ledger.saveSetting('CP-1', one.name, one.value)
      if (one.value === null) model.settings.delete(one.name)
      else model.settings.set(one.name, one.value)
  }
}

async function deliver(ledger: Ledger, model: Model, sequence: number, answer: string | null): Promise<void> {
  await delivered(ledger, sequence, answer)
  const entry = model.take(sequence)
  if (entry === null || answer === null || entry.draft.transactionId === null) return
  const { upstreamId, transactionId } = entry.draft
  model.answers.set(`${upstreamId} ${transactionId}`, answer)
  const known = model.transactions.get(transactionId)
  if (known?.csmsTransactionId === null) model.transactions.set(transactionId, { ...known, csmsTransactionId: answer })
}

async function compare(ledger: Ledger, model: Model): Promise<void> {
  for (const stationId of STATIONS) {
    const ours = [...model.transactions.values()].filter((one) => one.stationId === stationId)
    expect(await ledger.openTransactions(stationId)).toEqual(ours.filter((one) => one.endedAt === null))
    const known = model.meters.get(stationId)
    expect(await ledger.energyMeters(stationId)).toEqual(known === undefined ? [] : [known])
    for (const upstreamId of UPSTREAMS) {
      const waiting = model.waiting.filter(
        ({ draft }) => draft.upstreamId === upstreamId && draft.stationId === stationId,
      )
      expect(await ledger.backlog(upstreamId, stationId)).toBe(waiting.length)
      expect((await nextMessage(ledger, upstreamId, stationId))?.sequence).toBe(waiting[0]?.sequence)
    }
  }
  expect(await ledger.recentTransactions(100)).toEqual([...model.transactions.values()].toReversed())
  for (const upstreamId of UPSTREAMS) {
    for (const number of TRANSACTIONS) {
      const answer = model.answers.get(`${upstreamId} T${number}`) ?? null
      expect(await ledger.csmsTransactionId(upstreamId, `T${number}`)).toBe(answer)
    }
  }
  const dead = await ledger.deadLetters(1000)
  expect(dead.map(({ sequence }) => sequence)).toEqual(model.dead.toSorted((a, b) => b - a))
  expect(new Map(await ledger.settings('CP-1'))).toEqual(model.settings)
}

test('any sequence of calls, with closing and opening in between, does what the contract says', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 60 }), async (steps) => {
      const folder = mkdtempSync(join(tmpdir(), 'ampbridge-ledger-'))
      const model = new Model()
      let ledger = await openLedger(folder)
      try {
        for (const one of steps) {
          if (one.do === 'reopen') {
            await ledger.close()
            ledger = await openLedger(folder)
            expect(ledger.findings).toEqual([])
          } else {
            await perform(ledger, model, one)
          }
        }
        await compare(ledger, model)
      } finally {
        await ledger.close()
        rmSync(folder, { recursive: true, force: true })
      }
    }),
    { numRuns: 30 },
  )
}, 60_000)
