/** A station between a charger that the test plays and a CSMS in memory; all of it on a clock that the test moves. */
import type { StationHappening } from '../../../src/model/event.ts'
import type { SettingName } from '../../../src/model/setting.ts'
import type { EvseDescription, EvseState, StationDescription } from '../../../src/model/station.ts'
import type { UpstreamAccess } from '../../../src/model/upstream-access.ts'
import type { StationFiles } from '../../../src/ocpp/station/maintenance/station-files.ts'
import type { OwnSettings } from '../../../src/ocpp/station/own-settings.ts'
import { type Authorization, type StationPort, VirtualStation } from '../../../src/ocpp/station/virtual-station.ts'
import { ocpp16 } from '../../../src/ocpp/v16/ocpp16.ts'
import { ManualClock } from '../../peers/manual-clock.ts'
import { MemoryCsms } from './memory-csms.ts'
import { MemoryLedger } from './memory-ledger.ts'

export interface RigOptions {
  readonly authorization?: Authorization
  readonly settings?: Readonly<Partial<Record<SettingName, string>>>
  readonly evses?: number
  /** Wall ms at the start. */
  readonly startAt?: number
  /** Of the site; standard: UTC. */
  readonly timezone?: string
  /** An EVSE description to differ from the standard one. */
  readonly evse?: Partial<EvseDescription>
  /** Names of upstreams; the first is the authority. */
  readonly upstreams?: readonly string[]
  /** The site's last reading of a meter; without it ends have what the polls brought. */
  readonly lastReading?: (evse: number) => Promise<void>
  readonly files?: StationFiles
  readonly own?: OwnSettings
  /** Of a station without EVSEs. */
  readonly wholeMaxAmps?: number
  /** Of the authority. */
  readonly access?: UpstreamAccess
}

export function evseDescription(evse = 1, changes: Partial<EvseDescription> = {}): EvseDescription {
  return { evse, phases: 3, minAmps: 6, maxAmps: 32, stepAmps: 1, canUnlock: true, hasReader: true, ...changes }
}

export function evseState(changes: Partial<EvseState> = {}): EvseState {
  return {
    evse: 1,
    online: true,
    quality: 'good',
    pilot: 'A',
    fault: null,
    tag: null,
    offeredAmps: null,
    measuredAmps: null,
    voltage: null,
    powerW: null,
    powersW: null,
    energyWh: 1000,
    sessionWh: null,
    frequencyHz: null,
    temperatureC: null,
    socPercent: null,
    at: 0,
    ...changes,
  }
}

export class Rig {
  readonly clock: ManualClock
  readonly ledger = new MemoryLedger()
  readonly csmses: ReadonlyMap<string, MemoryCsms>
  readonly events: StationHappening[] = []
  readonly unlocked: number[] = []
  readonly resets: string[] = []
  station: VirtualStation
  readonly #options: RigOptions
  readonly #states = new Map<number, EvseState>()
  #kill: () => void = () => {}
  #ids = 0

  constructor(options: RigOptions = {}) {
    this.#options = options
    this.clock = new ManualClock(options.startAt)
    const names = options.upstreams ?? ['operator']
    this.csmses = new Map(names.map((name) => [name, new MemoryCsms(this.clock)]))
    this.station = this.#make()
  }

  static async start(options: RigOptions = {}): Promise<Rig> {
    const rig = new Rig(options)
    await rig.start()
    return rig
  }

  /** The authority. */
  get csms(): MemoryCsms {
    const [csms] = this.csmses.values()
    if (csms === undefined) throw new Error('this rig has no CSMS')
    return csms
  }

  get description(): StationDescription {
    const count = this.#options.evses ?? 1
    return {
      id: 'CP-001',
      identity: {
        vendor: 'Vendor',
        model: 'Wallbox',
        serial: '123',
        firmware: '1.0',
        meterType: null,
        meterSerial: null,
      },
      evses: Array.from({ length: count }, (_, index) => evseDescription(index + 1, this.#options.evse)),
    }
  }

  async start(): Promise<void> {
    await this.station.start()
    await this.clock.settle()
  }

  /** `kill -9` and a new process on the same ledger. */
  async restart(): Promise<void> {
    this.#kill()
    void this.station.close()
    this.station = this.#make()
    await this.start()
  }

  /** What the charger shows from now on, as the next poll finds it. */
  async poll(changes: Partial<EvseState> = {}): Promise<void> {
    const evse = changes.evse ?? 1
    const state = { ...(this.#states.get(evse) ?? evseState({ evse })), ...changes, at: this.clock.now() }
    this.#states.set(evse, state)
    this.station.observe(state)
    await this.clock.settle()
  }

  /** Polls each second while time passes. */
  async polls(seconds: number, changes: Partial<EvseState> = {}): Promise<void> {
    for (let second = 0; second < seconds; second++) {
      await this.poll(changes)
      await this.clock.advance(1000)
    }
  }

  async card(tag: string, evse = 1): Promise<void> {
    await this.poll({ evse, tag })
    await this.poll({ evse, tag: null })
    await this.clock.advance(6000)
  }

  async unplug(evse = 1): Promise<void> {
    await this.poll({ evse, pilot: 'A' })
    await this.poll({ evse, pilot: 'A' })
  }

  async offer(amps: number, evse = 1): Promise<void> {
    this.station.noteSetPoint(evse, amps, { kind: 'device' })
    await this.clock.settle()
  }

  demand(evse = 1): ReturnType<VirtualStation['demand']> {
    return this.station.demand(evse, this.clock.now())
  }

  async request(action: string, payload: object): Promise<unknown> {
    const answer = this.csms.send(action, payload)
    answer.catch(() => {})
    await this.clock.settle()
    return answer
  }

  happened(kind: StationHappening['kind']): readonly StationHappening[] {
    return this.events.filter((event) => event.kind === kind)
  }

  #make(): VirtualStation {
    const { ledger, kill } = this.ledger.process()
    const { files, access, lastReading, own, wholeMaxAmps } = this.#options
    this.#kill = kill
    const port: StationPort = {
      unlock: (evse) => {
        this.unlocked.push(evse)
        return Promise.resolve('unlocked')
      },
      reset: (type) => this.resets.push(type),
      changed: () => {},
      ...(lastReading === undefined ? {} : { lastReading }),
    }
    const settings: readonly (readonly [string, string | undefined])[] = Object.entries(this.#options.settings ?? {})
    return new VirtualStation({
      description: this.description,
      authorization: this.#options.authorization ?? { way: 'free', idToken: 'FREE' },
      timezone: this.#options.timezone ?? 'UTC',
      startValues: new Map(settings as readonly (readonly [SettingName, string])[]),
      ledger,
      clock: this.clock,
      random: () => 0.5,
      port,
      upstreams: [...this.csmses].map(([id, csms], index) => ({
        id,
        version: ocpp16,
        connect: csms.connect,
        ...(access === undefined || index > 0 ? {} : { access }),
      })),
      ...(files === undefined ? {} : { files }),
      ...(own === undefined ? {} : { own }),
      ...(wholeMaxAmps === undefined ? {} : { wholeMaxAmps }),
      onEvent: (event) => this.events.push(event),
      newId: () => `id-${++this.#ids}`,
    })
  }
}
