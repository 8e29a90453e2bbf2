/**
 * Two stations on real sockets, the first behind a network that a test makes bad, and one CSMS for both; time runs fast. What must
 * hold in every row is checked at the end: the books of the CSMS are right, and the second station noticed nothing.
 */
import { expect, onTestFinished } from 'vitest'
import type { StationHappening } from '../../../src/model/event.ts'
import type { SettingName } from '../../../src/model/setting.ts'
import { connectRpc } from '../../../src/ocpp/rpc/connect.ts'
import { VirtualStation } from '../../../src/ocpp/station/virtual-station.ts'
import { ocpp16 } from '../../../src/ocpp/v16/ocpp16.ts'
import { type ChaosProxy, chaosProxy } from '../../peers/chaos-proxy.ts'
import { FastClock } from '../../peers/fast-clock.ts'
import { type RecordedTransaction, type ScriptedCsms, startScriptedCsms } from '../../peers/scripted-csms.ts'
import { MemoryLedger } from './memory-ledger.ts'
import { evseDescription, evseState } from './rig.ts'

export const SICK = 'CP-001'
const HEALTHY = 'CP-002'

export interface WireRigOptions {
  readonly settings?: Readonly<Partial<Record<SettingName, string>>>
  readonly speed?: number
  /** The CSMS is not there yet. */
  readonly refused?: boolean
}

export class WireRig {
  readonly clock: FastClock
  readonly ledger = new MemoryLedger()
  readonly csms: ScriptedCsms
  readonly proxy: ChaosProxy
  /** Of the first station. */
  readonly events: { readonly event: StationHappening; readonly at: number }[] = []
  readonly station: VirtualStation
  readonly #healthy: VirtualStation
  #closed = false
  readonly #energyWh = new Map<VirtualStation, number>()

  private constructor(options: WireRigOptions, csms: ScriptedCsms, proxy: ChaosProxy) {
    this.csms = csms
    this.proxy = proxy
    this.clock = new FastClock(options.speed ?? 50)
    const settings = new Map(Object.entries(options.settings ?? {})) as ReadonlyMap<SettingName, string>
    this.station = this.#make(SICK, `ws://127.0.0.1:${proxy.port}`, settings, (event) =>
      this.events.push({ event, at: this.clock.monotonic() }),
    )
    this.#healthy = this.#make(HEALTHY, csms.url, settings, () => {})
  }

  static async start(options: WireRigOptions = {}): Promise<WireRig> {
    const csms = await startScriptedCsms()
    let seed = 1
    const random = (): number => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647
    const proxy = await chaosProxy('127.0.0.1', csms.port, random)
    proxy.chaos.refuse = options.refused ?? false
    const rig = new WireRig(options, csms, proxy)
    onTestFinished(() => rig.close())
    await rig.station.start()
    await rig.#healthy.start()
    return rig
  }

  /** One car: comes, charges, goes. */
  async car(station = this.station): Promise<void> {
    await this.plugIn(station)
    await this.unplug(station)
  }

  async plugIn(station = this.station): Promise<void> {
    await this.#pollUntil(station, 'C', () => station.view(1).transaction !== null)
  }

  async unplug(station = this.station): Promise<void> {
    this.#energyWh.set(station, this.#meterOf(station) + 100)
    await this.#pollUntil(station, 'A', () => station.view(1).transaction === null)
  }

  /** Lets time pass with a poll each second. */
  async polls(seconds: number, pilot: 'A' | 'C'): Promise<void> {
    for (let second = 0; second < seconds; second++) {
      this.#poll(this.station, pilot)
      await this.pass(1)
    }
  }

  async pass(seconds: number): Promise<void> {
    await this.clock.sleep(seconds * 1000, new AbortController().signal)
  }

  async until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      this.#mustRun()
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
  }

  async delivered(): Promise<void> {
    await this.until(() => this.ledger.outbox.length === 0)
  }

  transactions(stationId = SICK): readonly RecordedTransaction[] {
    return this.csms.transactions.filter((transaction) => transaction.stationId === stationId)
  }

  /** Times (monotonic ms) of an event of the first station. */
  timesOf(kind: StationHappening['kind']): readonly number[] {
    return this.events.filter(({ event }) => event.kind === kind).map(({ at }) => at)
  }

  /** Holds the books of the CSMS against `cars` (I1). */
  async settle(cars: number): Promise<void> {
    await this.car(this.#healthy)
    await this.delivered()
    expect(this.transactions()).toHaveLength(cars)
    for (const transaction of [...this.transactions(), ...this.transactions(HEALTHY)]) expectWhole(transaction)
    const order = this.transactions().map(({ starts }) => String(starts[0]?.payload['timestamp']))
    expect(order).toEqual(order.toSorted())
    // The neighbour never lost its connection, and nobody else's trouble held it up.
    expect(this.transactions(HEALTHY)).toHaveLength(1)
    expect(this.csms.calls.filter(({ stationId, connection }) => stationId === HEALTHY && connection > 1)).toEqual([])
  }

  /** A test that was given up waits for nothing more. */
  #mustRun(): void {
    if (this.#closed) throw new Error('the rig is closed')
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await Promise.all([this.station.close(), this.#healthy.close()])
    this.clock.stop()
    await this.proxy.close()
    await this.csms.close()
  }

  #meterOf(station: VirtualStation): number {
    return this.#energyWh.get(station) ?? 1000
  }

  #poll(station: VirtualStation, pilot: 'A' | 'C'): void {
    station.observe(evseState({ pilot, energyWh: this.#meterOf(station), at: this.clock.now() }))
  }

  async #pollUntil(station: VirtualStation, pilot: 'A' | 'C', holds: () => boolean): Promise<void> {
    while (!holds()) {
      this.#mustRun()
      this.#poll(station, pilot)
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
  }

  #make(
    id: string,
    url: string,
    startValues: ReadonlyMap<SettingName, string>,
    onEvent: (event: StationHappening) => void,
  ): VirtualStation {
    return new VirtualStation({
      description: {
        id,
        identity: {
          vendor: 'Vendor',
          model: 'Wallbox',
          serial: null,
          firmware: null,
          meterType: null,
          meterSerial: null,
        },
        evses: [evseDescription()],
      },
      authorization: { way: 'free', idToken: 'FREE' },
      timezone: 'UTC',
      startValues: new Map([['localPreAuthorize', 'true'], ...startValues]),
      ledger: this.ledger.process().ledger,
      clock: this.clock,
      random: () => 0.5,
      port: { unlock: () => Promise.resolve('unlocked'), reset: () => {}, changed: () => {} },
      upstreams: [
        {
          id: 'operator',
          version: ocpp16,
          connect: (handlers) =>
            connectRpc(
              {
                url,
                stationId: id,
                versions: [ocpp16],
                transport: { authorization: null, tls: {}, explain: () => null },
                clock: this.clock,
                random: () => 0.5,
              },
              handlers,
            ),
        },
      ],
      onEvent,
    })
  }
}

/** One start and one end, however often each was told; the meter never runs back; samples in order. */
function expectWhole({ transactionId, meterStart, starts, meterValues, stops }: RecordedTransaction): void {
  for (const told of [starts, stops]) {
    expect(new Set(told.map(({ messageId }) => messageId)).size).toBe(1)
    expect(new Set(told.map(({ payload }) => JSON.stringify(payload))).size).toBe(1)
  }
  expect(stops[0]?.payload).toMatchObject({ transactionId, meterStop: meterStart + 100 })
  const told = new Map(meterValues.map(({ messageId, payload }) => [messageId, JSON.stringify(payload['meterValue'])]))
  const times = [...told.values()].map((text) => /"timestamp":"([^"]+)"/.exec(text)?.[1] ?? '')
  expect(times).toEqual(times.toSorted())
}
