/**
 * Whatever charger, driver, operator and network do, and whenever the process dies: at the recording CSMS every transaction has exactly one
 * start and one stop, in order, with a meter that never runs back, and no car is fed that nobody authorised.
 */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { EvseState } from '../../../src/model/station.ts'
import { RpcCallError } from '../../../src/ocpp/rpc/connection.ts'
import type { Authorization } from '../../../src/ocpp/station/virtual-station.ts'
import { checkTransactions } from './books.ts'
import { Rig } from './rig.ts'

type Step =
  | { readonly do: 'arrive' | 'leave' }
  | { readonly do: 'pilot'; readonly pilot: EvseState['pilot'] }
  | { readonly do: 'online'; readonly online: boolean }
  | { readonly do: 'energy'; readonly addWh: number }
  | { readonly do: 'glitch'; readonly energyWh: number; readonly seconds: number }
  | { readonly do: 'card'; readonly tag: string }
  | { readonly do: 'csms'; readonly mode: 'up' | 'down' | 'silent' | 'cuts' | 'errors' }
  | { readonly do: 'remote-start'; readonly tag: string }
  | { readonly do: 'remote-stop' | 'unlock' | 'restart' }
  | { readonly do: 'reset'; readonly type: 'Hard' | 'Soft' }
  | { readonly do: 'availability'; readonly operative: boolean }
  | { readonly do: 'ledger-full'; readonly full: boolean }
  | { readonly do: 'offer'; readonly amps: number }
  | { readonly do: 'wait'; readonly seconds: number }

const tag = fc.constantFrom('CARD-A', 'CARD-B')
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constantFrom('arrive', 'leave') }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('pilot'), pilot: fc.constantFrom('A', 'A', 'B', 'C', 'C', 'F', null) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('online'), online: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('energy'), addWh: fc.integer({ min: 0, max: 3000 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('glitch'),
      energyWh: fc.constantFrom(0, 3, 900, 10_000_000_000),
      seconds: fc.integer({ min: 1, max: 60 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('card'), tag }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('csms'),
      mode: fc.constantFrom('up', 'down', 'silent', 'cuts', 'errors'),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('remote-start'), tag }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('remote-stop', 'unlock', 'restart', 'restart') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('reset'), type: fc.constantFrom('Hard', 'Soft') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('availability'), operative: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('ledger-full'), full: fc.constantFrom(true, false, false) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('offer'), amps: fc.constantFrom(0, 6, 16) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('wait'), seconds: fc.constantFrom(1, 7, 65, 400) }) },
)

const authorization: fc.Arbitrary<Authorization> = fc.constantFrom(
  { way: 'free', idToken: 'FREE' },
  { way: 'card' },
  { way: 'remote' },
)

describe('whatever happens', () => {
  test('each transaction starts once, stops once, and is authorised', async () => {
    await fc.assert(
      fc.asyncProperty(authorization, fc.array(anyStep, { minLength: 5, maxLength: 40 }), async (way, steps) => {
        const run = await Run.start(way)
        for (const each of steps) {
          await run.take(each)
          run.checkAuthorised()
        }
        await run.bringHome()
        run.checkBooks()
      }),
      { numRuns: 300 },
    )
  })
})

/** One random day of a station. */
class Run {
  readonly #rig: Rig
  readonly #way: Authorization
  /** Identifiers that were shown or sent since the last restart or before. */
  readonly #given = new Set<string>()
  #energyWh = 1000

  private constructor(rig: Rig, way: Authorization) {
    this.#rig = rig
    this.#way = way
  }

  static async start(way: Authorization): Promise<Run> {
    // Messages are never given up here, so that the books must balance.
    const settings = {
      transactionMessageAttempts: '100',
      transactionMessageRetryInterval: '0',
      allowOfflineTxForUnknownId: 'true',
    }
    const rig = await Rig.start({ authorization: way, settings, upstreams: ['operator', 'mirror'] })
    await rig.poll()
    return new Run(rig, way)
  }

  async take(step: Step): Promise<void> {
    const rig = this.#rig
    switch (step.do) {
      case 'arrive':
        await rig.poll({ pilot: 'B' })
        if (this.#way.way === 'card') await this.take({ do: 'card', tag: 'CARD-A' })
        if (this.#way.way === 'remote') await this.take({ do: 'remote-start', tag: 'CARD-B' })
        return rig.polls(2, { pilot: 'C', online: true, quality: 'good' })
      case 'leave':
        return rig.unplug()
      case 'pilot':
        return rig.poll({ pilot: step.pilot })
      case 'online':
        return rig.poll({ online: step.online, quality: step.online ? 'good' : 'stale' })
      case 'energy':
        this.#energyWh += step.addWh
        await rig.clock.advance(600_000)
        return rig.poll({ energyWh: this.#energyWh })
      case 'glitch':
        await rig.polls(step.seconds, { energyWh: step.energyWh })
        return rig.poll({ energyWh: this.#energyWh })
      case 'card':
        if (this.#way.way === 'card') this.#given.add(step.tag)
        return rig.card(step.tag)
      case 'csms':
        return this.#script(step.mode)
      case 'remote-start':
        this.#given.add(step.tag)
        return this.#ask('RemoteStartTransaction', { idTag: step.tag })
      case 'remote-stop': {
        const newest = [...rig.csms.transactions.keys()].at(-1) ?? 0
        return this.#ask('RemoteStopTransaction', { transactionId: newest })
      }
      case 'unlock':
        return this.#ask('UnlockConnector', { connectorId: 1 })
      case 'restart':
        await rig.restart()
        return rig.poll()
      case 'reset':
        return this.#ask('Reset', { type: step.type })
      case 'availability':
        return this.#ask('ChangeAvailability', { connectorId: 0, type: step.operative ? 'Operative' : 'Inoperative' })
      case 'ledger-full':
        rig.ledger.full = step.full
        return
      case 'offer':
        return rig.offer(step.amps)
      case 'wait':
        return rig.clock.advance(step.seconds * 1000)
    }
  }

  checkAuthorised(): void {
    if (!this.#rig.demand().wanted) return
    const open = [...this.#rig.ledger.transactions.values()].filter(({ endedAt }) => endedAt === null)
    expect(open).toHaveLength(1)
    const token = open[0]?.idToken ?? ''
    expect(this.#given.has(token) || (this.#way.way === 'free' && token === this.#way.idToken)).toBe(true)
  }

  /** Everything heals, the car leaves, time passes. */
  async bringHome(): Promise<void> {
    const rig = this.#rig
    rig.ledger.full = false
    this.#script('up')
    await rig.clock.advance(120_000)
    await rig.poll({ online: true, quality: 'good', energyWh: this.#energyWh, tag: null })
    await rig.unplug()
    await rig.clock.advance(70_000)
    await rig.unplug()
    await rig.clock.advance(1_200_000)
  }

  checkBooks(): void {
    const { csmses, ledger } = this.#rig
    const stored = [...ledger.transactions.values()]
    expect(ledger.outbox).toEqual([])
    expect(ledger.dead).toEqual([])
    expect(stored.filter(({ endedAt }) => endedAt === null)).toEqual([])
    for (const csms of csmses.values()) checkTransactions(csms, stored.length)
    // A jump of the register never becomes energy: no more was billed than what flowed, plus what a coarse register may hide.
    const billed = stored.reduce((sum, { startWh, endWh }) => sum + ((endWh ?? startWh) - startWh), 0)
    expect(billed).toBeLessThanOrEqual(this.#energyWh - 1000 + 5000)
  }

  #script(mode: 'up' | 'down' | 'silent' | 'cuts' | 'errors'): void {
    const { csms } = this.#rig
    if (mode === 'down') return csms.goDown()
    csms.goUp()
    let turn = 0
    csms.react = (action) => {
      if (mode === 'up' || action === 'BootNotification' || turn++ % 2 === 1) return undefined
      if (mode === 'silent') return 'silence'
      return mode === 'cuts' ? 'cut' : new RpcCallError('InternalError', 'not now')
    }
  }

  async #ask(action: string, payload: object): Promise<void> {
    const { csms, clock } = this.#rig
    if (!csms.online) return
    csms.send(action, payload).catch(() => {})
    await clock.settle()
  }
}
