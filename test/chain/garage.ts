/** A garage: three chargers on real sockets that are the connectors 1, 2 and 3 of one station of a CSMS. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { DeviceServer } from '../../src/model/driver.ts'
import { rotation, type RotationName } from '../../src/model/phase.ts'
import { startSite, type RunningSite } from '../../src/site/facade.ts'
import { FastClock } from '../peers/fast-clock.ts'
import { startScriptedCsms, type ScriptedCsms } from '../peers/scripted-csms.ts'
import { Box } from './box.ts'
import { every, memoryLog, registry, serve, siteConfig, until, type MemoryLog } from './chain.ts'

export const STATION = 'garage'
const MEMBERS: readonly (readonly [id: string, phases: RotationName])[] = [
  ['CP-001', 'L1L2L3'],
  ['CP-002', 'L2L3L1'],
  ['CP-003', 'L3L1L2'],
]

type Payload = Readonly<Record<string, unknown>>

export class Garage {
  readonly boxes: readonly [Box, Box, Box]
  readonly csms: ScriptedCsms
  readonly clock: FastClock
  readonly log: MemoryLog = memoryLog()
  readonly #servers: readonly DeviceServer[]
  readonly #folder: string
  /** Further lines of the site file. */
  readonly #also: string
  #site: RunningSite | null = null

  /** Runs, with boot and first statuses told; cleans up after the test. */
  static async open({ also = '' }: { readonly also?: string } = {}): Promise<Garage> {
    const clock = new FastClock(20)
    const folder = await mkdtemp(join(tmpdir(), 'ampbridge-garage-'))
    const csms = await startScriptedCsms({
      react: ({ action }) => {
        // the CSMS lives in the same fast time
        const currentTime = new Date(clock.now()).toISOString()
        if (action === 'Heartbeat') return { answer: { currentTime } }
        return action === 'BootNotification'
          ? { answer: { status: 'Accepted', currentTime, interval: 300 } }
          : undefined
      },
    })
    const [one, two, three] = MEMBERS.map(
      ([id, phases]) => new Box({ id, mapping: 'keba-p30', registry, clock, rotation: rotation(phases) }),
    )
    if (one === undefined || two === undefined || three === undefined) throw new Error('a garage has three boxes')
    const boxes = [one, two, three] as const
    const stop = every(clock, 250, () => boxes.forEach((box) => box.tick()))
    const servers = await Promise.all(boxes.map((box) => serve('tcp://127.0.0.1:0', box.units, clock)))
    const garage = new Garage(clock, csms, [...boxes], servers, folder, also)
    onTestFinished(async () => {
      await garage.stop()
      await stop()
      await Promise.all(servers.map((server) => server.close()))
      await csms.close()
      await rm(folder, { recursive: true })
      clock.stop()
    })
    await garage.start()
    return garage
  }

  private constructor(
    clock: FastClock,
    csms: ScriptedCsms,
    boxes: readonly [Box, Box, Box],
    servers: readonly DeviceServer[],
    folder: string,
    also: string,
  ) {
    this.clock = clock
    this.csms = csms
    this.boxes = boxes
    this.#servers = servers
    this.#folder = folder
    this.#also = also
  }

  get site(): RunningSite {
    if (this.#site === null) throw new Error('the garage does not run')
    return this.#site
  }

  async start(): Promise<void> {
    const members = MEMBERS.map(
      ([id, phases], index) =>
        `  ${id}: {mapping: keba-p30, connect: "${this.#servers[index]?.url}", circuit: house, phases: ${phases}}`,
    )
    const text = `site: {name: Garage, timezone: Europe/Zurich}
circuits: {house: {limit: 100 A}}
stations:
  ${STATION}:
    members: [${MEMBERS.map(([id]) => id).join(', ')}]
    authorize: remote
    upstream: operator
    serial: G-7
    start-values: {MinimumStatusDuration: 0, MeterValueSampleInterval: 10}
${members.join('\n')}
upstreams:
  operator: {url: "${this.csms.url}", ocpp: "1.6", security-profile: 0}
${this.#also}
`
    const { clock, log } = this
    const config = await siteConfig(text, this.#folder)
    const stateFolder = join(this.#folder, 'state')
    const from = this.mark()
    this.#site = await startSite(config, { registry, stateFolder, log, clock, random: () => 0.5 })
    await this.hears('BootNotification', {}, from)
    for (const connectorId of [0, 1, 2, 3]) await this.hears('StatusNotification', { connectorId }, from)
  }

  async stop(): Promise<void> {
    await this.#site?.stop()
    this.#site = null
  }

  mark(): number {
    return this.csms.calls.length
  }

  /** The first call that fits, now or soon; `from` skips what came before. */
  async hears(action: string, holds: Payload = {}, from = 0): Promise<Payload> {
    const find = (): Payload | undefined =>
      this.csms.calls
        .slice(from)
        .find((call) => call.action === action && Object.entries(holds).every(([key, is]) => call.payload[key] === is))
        ?.payload
    await until(`${action} ${JSON.stringify(holds)}`, () => find() !== undefined)
    return find() ?? {}
  }

  async statusIs(connectorId: number, status: string, from = 0): Promise<void> {
    await this.hears('StatusNotification', { connectorId, status }, from)
  }

  /** The answer to a call of the CSMS; a CALLERROR fails the test. */
  async ask(action: string, payload: object): Promise<unknown> {
    const [type, , answer, ...rest] = await this.csms.call(STATION, action, payload)
    if (type !== 3) throw new Error(`${action}: ${JSON.stringify([answer, ...rest])}`)
    return answer
  }

  /** A session at a connector, started by the CSMS; resolves with the transaction's id. */
  async charge(connectorId: 1 | 2 | 3, idTag: string): Promise<number> {
    const from = this.mark()
    const answer = await this.ask('RemoteStartTransaction', { connectorId, idTag })
    if (JSON.stringify(answer) !== '{"status":"Accepted"}') throw new Error(JSON.stringify(answer))
    this.boxes[connectorId - 1]?.charger.plug({ phases: 3, maxAmps: 32, energyWantedWh: 40_000 })
    await this.hears('StartTransaction', { connectorId, idTag }, from)
    await this.statusIs(connectorId, 'Charging', from)
    const known = this.csms.transactions.findLast((one) => one.connectorId === connectorId)
    return known?.transactionId ?? 0
  }

  /** A in the box's set-point register, 0 when it is paused. */
  offered(connectorId: 1 | 2 | 3): number {
    return this.boxes[connectorId - 1]?.connector.orders.offeredAmps ?? Number.NaN
  }
}
