/**
 * A twin charger that many share: cards, an app, reservations, a local list, a reader for both sockets or one each. Whatever they do, and
 * whatever network and process do: a reserved socket feeds its holder alone, nobody charges without a permit, and the books are right.
 */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { StationHappening } from '../../../src/model/event.ts'
import { checkTransactions } from './books.ts'
import { RpcCallError } from '../../../src/ocpp/rpc/connection.ts'
import { Rig } from './rig.ts'

/** MUM and DAD are of one group; BAD is never accepted. */
const CARDS = ['MUM', 'DAD', 'LONER', 'BAD'] as const
const GROUP: Readonly<Record<string, string>> = { MUM: 'FAMILY', DAD: 'FAMILY' }

const evse = fc.constantFrom(1, 2)
const card = fc.constantFrom(...CARDS)
const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('plug' as const), evse }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('unplug' as const), evse }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('card' as const), evse, card }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('api' as const), evse: fc.constantFrom(1, 2, null), card }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('remote-start' as const), evse: fc.constantFrom(1, 2, null), card }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('remote-stop' as const), evse }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('reserve' as const),
      id: fc.constantFrom(1, 2, 3),
      evse: fc.constantFrom(0, 1, 2),
      card,
      forGroup: fc.boolean(),
      seconds: fc.constantFrom(30, 600),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('cancel' as const), id: fc.constantFrom(1, 2, 3) }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('list' as const), cards: fc.uniqueArray(card), version: fc.nat(5) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('fault' as const), evse, faulty: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('online' as const), evse, online: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('availability' as const),
      evse: fc.constantFrom(0, 1, 2),
      on: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('csms' as const),
      mode: fc.constantFrom('up' as const, 'up' as const, 'down' as const, 'silent' as const, 'errors' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('reset' as const), type: fc.constantFrom('Hard', 'Soft') }) },
  { weight: 2, arbitrary: fc.constant({ do: 'restart' as const }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('ledger-full' as const), full: fc.constantFrom(true, false, false) }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('wait' as const), seconds: fc.constantFrom(1, 7, 40, 700) }) },
)
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never

describe('whatever happens at a twin charger', () => {
  test('a reserved socket feeds its holder alone, and every transaction starts and stops once', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.boolean(),
        fc.boolean(),
        fc.boolean(),
        fc.array(step, { minLength: 8, maxLength: 40 }),
        async (sharesReader, preAuthorize, stopsOnDisconnect, steps) => {
          const day = await Day.start(sharesReader, preAuthorize, stopsOnDisconnect)
          for (const each of steps) {
            await day.take(each)
            day.checkNow()
          }
          await day.bringHome()
          day.checkBooks()
        },
      ),
      { numRuns: 400 },
    )
  }, 60_000)
})

interface Held {
  readonly id: number
  readonly evse: number
  readonly card: string
  readonly group: string | null
}

class Day {
  readonly #rig: Rig
  readonly #sharesReader: boolean
  /** Reservations that were asked for, by id; the newest is the one in force while the events say that one is. */
  readonly #asked = new Map<number, Held[]>()
  readonly #presented = new Set<string>()
  #energyWh = 1000

  private constructor(rig: Rig, sharesReader: boolean) {
    this.#rig = rig
    this.#sharesReader = sharesReader
  }

  static async start(sharesReader: boolean, preAuthorize: boolean, stopsOnDisconnect: boolean): Promise<Day> {
    const rig = await Rig.start({
      authorization: { way: 'card' },
      evses: 2,
      ...(sharesReader ? { evse: { reader: 1 } } : {}),
      settings: {
        // Messages are never given up here, so that the books must balance.
        transactionMessageAttempts: '100',
        transactionMessageRetryInterval: '0',
        allowOfflineTxForUnknownId: 'true',
        localPreAuthorize: String(preAuthorize),
        stopTransactionOnEVSideDisconnect: String(stopsOnDisconnect),
      },
    })
    const day = new Day(rig, sharesReader)
    day.#script('up')
    for (const each of [1, 2]) await rig.poll({ evse: each })
    return day
  }

  async take(one: Step): Promise<void> {
    const rig = this.#rig
    switch (one.do) {
      case 'plug':
        this.#energyWh += 500
        return rig.poll({ evse: one.evse, pilot: 'C', energyWh: this.#energyWh })
      case 'unplug':
        return rig.unplug(one.evse)
      case 'card':
        this.#presented.add(one.card)
        if (!this.#sharesReader) return rig.card(one.card, one.evse)
        for (const each of [1, 2]) await rig.poll({ evse: each, tag: one.card })
        for (const each of [1, 2]) await rig.poll({ evse: each, tag: null })
        return rig.clock.advance(6000)
      case 'api':
        this.#presented.add(one.card)
        rig.station.presentToken(one.evse, one.card).catch(() => {})
        return rig.clock.settle()
      case 'remote-start':
        this.#presented.add(one.card)
        return this.#ask('RemoteStartTransaction', {
          idTag: one.card,
          ...(one.evse === null ? {} : { connectorId: one.evse }),
        })
      case 'remote-stop': {
        const transactionId = rig.station.view(one.evse).transaction?.csmsTransactionId
        return this.#ask('RemoteStopTransaction', { transactionId: Number(transactionId ?? 0) })
      }
      case 'reserve': {
        const group = one.forGroup ? (GROUP[one.card] ?? null) : null
        const held: Held = { id: one.id, evse: one.evse, card: one.card, group }
        this.#asked.set(one.id, [...(this.#asked.get(one.id) ?? []), held])
        const expiryDate = new Date(rig.clock.now() + one.seconds * 1000).toISOString()
        return this.#ask('ReserveNow', {
          connectorId: one.evse,
          expiryDate,
          idTag: one.card,
          reservationId: one.id,
          ...(group === null ? {} : { parentIdTag: group }),
        })
      }
      case 'cancel':
        return this.#ask('CancelReservation', { reservationId: one.id })
      case 'list': {
        const localAuthorizationList = one.cards.map((idTag) => ({ idTag, idTagInfo: infoOf(idTag) }))
        return this.#ask('SendLocalList', { listVersion: one.version, updateType: 'Full', localAuthorizationList })
      }
      case 'fault':
        return rig.poll({ evse: one.evse, fault: one.faulty ? { code: 'F', kind: 'OtherError', text: null } : null })
      case 'online':
        return rig.poll({ evse: one.evse, online: one.online, quality: one.online ? 'good' : 'stale' })
      case 'availability':
        return this.#ask('ChangeAvailability', { connectorId: one.evse, type: one.on ? 'Operative' : 'Inoperative' })
      case 'csms':
        return this.#script(one.mode)
      case 'reset':
        return this.#ask('Reset', { type: one.type })
      case 'restart':
        await rig.restart()
        for (const each of [1, 2]) await rig.poll({ evse: each })
        return
      case 'ledger-full':
        rig.ledger.full = one.full
        return
      case 'wait':
        return rig.clock.advance(one.seconds * 1000)
    }
  }

  checkNow(): void {
    for (const each of [1, 2]) {
      if (!this.#rig.demand(each).wanted) continue
      const open = [...this.#rig.ledger.transactions.values()].filter((t) => t.evse === each && t.endedAt === null)
      expect(open).toHaveLength(1)
      expect(this.#presented).toContain(open[0]?.idToken)
    }
  }

  /** Everything heals, the cars leave, time passes. */
  async bringHome(): Promise<void> {
    const rig = this.#rig
    rig.ledger.full = false
    this.#script('up')
    await rig.clock.advance(120_000)
    for (const each of [1, 2]) {
      await rig.poll({ evse: each, online: true, quality: 'good', fault: null, tag: null })
      await rig.unplug(each)
      void rig.station.stop(each, 'local')
    }
    await rig.clock.advance(1_200_000)
  }

  checkBooks(): void {
    const { csms, ledger, events } = this.#rig
    const stored = [...ledger.transactions.values()]
    expect(ledger.outbox).toEqual([])
    expect(stored.filter(({ endedAt }) => endedAt === null)).toEqual([])
    checkTransactions(csms, stored.length)
    this.#checkReservations(events)
    for (const { payload } of csms.of('StartTransaction')) {
      const { reservationId, idTag } = payload
      if (reservationId === undefined) continue
      const mine = this.#asked.get(Number(reservationId)) ?? []
      expect(mine.some((held) => mayUse(held, String(idTag)))).toBe(true)
    }
    for (const evses of [1, 2]) expect(this.#rig.station.view(evses).reservedUntil).toBeNull()
  }

  /** Along the events: which reservation was in force when a transaction began. */
  #checkReservations(events: readonly StationHappening[]): void {
    const inForce = new Map<number, number>()
    for (const event of events) {
      if (event.kind === 'reserved') inForce.set(event.reservationId, event.evse)
      if (event.kind === 'reservation-ended' && event.why !== 'replaced') inForce.delete(event.reservationId)
      if (event.kind !== 'transaction-started') continue
      const { transaction } = event
      for (const [id, where] of inForce) {
        if (where !== transaction.evse) continue
        const mine = (this.#asked.get(id) ?? []).filter((held) => held.evse === where)
        expect(mine.some((held) => mayUse(held, transaction.idToken))).toBe(true)
      }
    }
  }

  #script(mode: 'up' | 'down' | 'silent' | 'errors'): void {
    const { csms } = this.#rig
    if (mode === 'down') return csms.goDown()
    csms.goUp()
    let turn = 0
    csms.react = (action, { idTag }) => {
      if (action === 'BootNotification') return undefined
      if (mode !== 'up' && turn++ % 2 === 0)
        return mode === 'silent' ? 'silence' : new RpcCallError('InternalError', '')
      return action === 'Authorize' ? { idTagInfo: infoOf(String(idTag)) } : undefined
    }
  }

  async #ask(action: string, payload: object): Promise<void> {
    const { csms, clock } = this.#rig
    if (!csms.online) return
    csms.send(action, payload).catch(() => {})
    await clock.settle()
  }
}

function infoOf(idTag: string): object {
  if (idTag === 'BAD') return { status: 'Blocked' }
  const group = GROUP[idTag]
  return { status: 'Accepted', ...(group === undefined ? {} : { parentIdTag: group }) }
}

function mayUse(held: Held, idTag: string): boolean {
  return held.card === idTag || (held.group !== null && GROUP[idTag] === held.group)
}
