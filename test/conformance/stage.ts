/**
 * What the conformance cases play on: one whole site (charger behind Modbus, bridge, ledger) in fast time, and a scripted CSMS on a
 * real WebSocket. A case reads as the published description does: who does what, and which messages follow in which order.
 */
import { expect } from 'vitest'
import type { RunningSite } from '../../src/site/facade.ts'
import { until } from '../chain/chain.ts'
import type { FastClock } from '../peers/fast-clock.ts'
import type { ScriptedCsms } from '../peers/scripted-csms.ts'
import type { Charger } from './charger.ts'
import { type Frame, parseFrame } from './frame.ts'

export const STATION = 'CP-001'
/** Identifiers as a reader of four bytes shows them. */
export const VALID = 'A0000001'
export const VALID_2 = 'A0000002'
export const INVALID = 'B0000001'
export const PARENT = 'FLEET'

const CAR = { phases: 3, maxAmps: 32, energyWantedWh: 40_000 } as const
/** A card that is shown again within less than this is the same showing of it. */
const CARD_AWAY_MS = 6_000
/** What goes on by itself, and is looked at only by the cases that are about it. */
const UNASKED = new Set(['Heartbeat', 'MeterValues'])

/** One message, `StatusNotification 1 Charging`, or several in any order. */
type Step = string | readonly string[]
type Payload = Readonly<Record<string, unknown>>

export class Stage {
  readonly clock: FastClock
  readonly csms: ScriptedCsms
  readonly chargers: readonly Charger[]
  readonly folder: string
  /** Information on identifiers that are not simply accepted. */
  readonly tokens = new Map<string, Payload>([[INVALID, { status: 'Invalid' }]])
  /** Monotonic ms of each call of the station. */
  readonly heardAt: { readonly action: string; readonly at: number }[] = []
  readonly #start: () => Promise<RunningSite>
  #site: RunningSite | null = null
  #events: { readonly kind: string }[] = []
  #read = 0
  #asked = 0
  #isAway = false

  constructor(parts: {
    readonly clock: FastClock
    readonly csms: ScriptedCsms
    readonly chargers: readonly Charger[]
    readonly folder: string
    readonly start: () => Promise<RunningSite>
  }) {
    this.clock = parts.clock
    this.csms = parts.csms
    this.chargers = parts.chargers
    this.folder = parts.folder
    this.#start = parts.start
  }

  charger(connector = 1): Charger {
    const charger = this.chargers[connector - 1]
    if (charger === undefined) throw new Error(`the stage has no connector ${connector}`)
    return charger
  }

  // The charging station

  async powerUp(): Promise<void> {
    this.#site = await this.#start()
    this.#site.onEvent((event) => this.#events.push(event))
  }

  async powerDown(): Promise<void> {
    await this.#site?.stop()
    this.#site = null
  }

  /** The boot is over and nothing is on its way. */
  async idle(): Promise<void> {
    const connectors = this.chargers.map((_, index) => `StatusNotification ${index + 1} Available`)
    await this.until('the boot is over', () => {
      const told = this.frames.slice(this.#read).map(({ step }) => step)
      return ['BootNotification', 'StatusNotification 0 Available', ...connectors].every((step) => told.includes(step))
    })
    await this.seconds(3)
    this.#read = this.csms.frames.length
  }

  plug(connector = 1): void {
    this.charger(connector).car.plug(CAR)
  }

  unplug(connector = 1): void {
    this.charger(connector).car.unplug()
  }

  /** The driver shows a card and takes it away; it may be shown again at once. */
  async card(idTag: string, connector = 1): Promise<void> {
    const { car } = this.charger(connector)
    this.#events = []
    car.swipe(idTag)
    await this.until(`the card ${idTag} is seen`, () => this.#events.some(({ kind }) => kind === 'card-presented'))
    car.swipe(null)
    await this.sleep(CARD_AWAY_MS)
  }

  // The CSMS

  /** Asks the station; the answer is also a step, `Reset.conf Accepted`. */
  async ask(action: string, payload: Payload = {}): Promise<Payload> {
    await this.csms.connected(STATION)
    const answer = await this.csms.call(STATION, action, payload, `${action}:${++this.#asked}`)
    const body = answer[0] === 3 ? answer[2] : { error: answer[2], description: answer[3] }
    return body as Payload
  }

  goAway(): void {
    this.#isAway = true
    this.csms.refuse(() => (this.#isAway ? { status: 503 } : null))
    this.csms.dropAll()
  }

  async comeBack(): Promise<void> {
    this.#isAway = false
    await this.csms.connected(STATION)
  }

  // What was heard

  get frames(): readonly Frame[] {
    return this.csms.frames.map(parseFrame)
  }

  /** The newest message of an action that came from the station. */
  last(action: string): Payload {
    return this.frames.findLast((frame) => frame.action === action && frame.kind === 'call')?.payload ?? {}
  }

  all(action: string): readonly Payload[] {
    return this.frames.filter((frame) => frame.action === action && frame.kind === 'call').map(({ payload }) => payload)
  }

  /** Seconds between the messages of an action. */
  intervals(action: string): readonly number[] {
    const times = this.heardAt.filter((heard) => heard.action === action).map(({ at }) => at / 1000)
    return times.slice(1).map((at, index) => at - (times[index] ?? at))
  }

  /** Waits for these messages of the station, in this order and none between. */
  async hears(...steps: readonly Step[]): Promise<void> {
    const asked = new Set(steps.flat().map((step) => step.split(' ', 1)[0]))
    for (const step of steps) {
      const open = new Set(typeof step === 'string' ? [step] : step)
      while (open.size > 0) {
        const next = await this.#next(asked, [...open].join(' or '))
        if (!open.delete(next)) expect.fail(`expected ${[...open].join(' or ')}, heard ${next}\n${this.#story()}`)
      }
    }
  }

  /** Waits for one message and lets others pass. */
  async hearsAmongOthers(step: string): Promise<void> {
    const asked = new Set([step.split(' ', 1)[0] ?? ''])
    while ((await this.#next(asked, step)) !== step);
  }

  /** Nothing is said for so long, of the station's time. */
  async quiet(seconds: number): Promise<void> {
    const before = this.#read
    await this.seconds(seconds)
    const told = this.frames.slice(before).filter(({ kind, action }) => kind === 'call' && !UNASKED.has(action))
    expect(told.map(({ step }) => step)).toEqual([])
    this.#read = this.csms.frames.length
  }

  seconds(seconds: number): Promise<void> {
    return this.sleep(seconds * 1000)
  }

  sleep(ms: number): Promise<void> {
    return this.clock.sleep(ms, new AbortController().signal)
  }

  now(offsetSeconds = 0): string {
    return new Date(this.clock.now() + offsetSeconds * 1000).toISOString()
  }

  until(what: string, holds: () => boolean): Promise<void> {
    return until(what, holds).catch((error: unknown) => expect.fail(`${String(error)}\n${this.#story()}`))
  }

  // States that many cases begin with

  /** Shown card, plugged in, charging. */
  async charging(idTag = VALID, connector = 1): Promise<number> {
    await this.card(idTag, connector)
    await this.hears(`Authorize ${idTag}`, `StatusNotification ${connector} Preparing`)
    this.plug(connector)
    await this.started(idTag, connector)
    return this.transactionId
  }

  /** The messages of a transaction that begins. */
  async started(idTag = VALID, connector = 1): Promise<void> {
    await this.hears([`StartTransaction ${idTag}`, `StatusNotification ${connector} Charging`])
    await this.until('current flows', () => this.charger(connector).car.drawnAmps > 0)
  }

  /** The CSMS has accepted the card once; the station remembers it. */
  async cached(idTag = VALID): Promise<void> {
    await this.charging(idTag)
    await this.card(idTag)
    await this.hears(['StopTransaction Local', 'StatusNotification 1 Finishing'])
    this.unplug()
    await this.hears('StatusNotification 1 Available')
    await this.seconds(3)
  }

  get transactionId(): number {
    return this.csms.transactions.at(-1)?.transactionId ?? 0
  }

  #story(): string {
    const lines = this.frames.map(({ step }, index) => `${index === this.#read ? '>' : ' '} ${step}`)
    return lines.slice(-30).join('\n')
  }

  async #next(asked: ReadonlySet<string | undefined>, wanted: string): Promise<string> {
    for (;;) {
      await this.until(`${wanted} is heard`, () => this.csms.frames.length > this.#read)
      const text = this.csms.frames[this.#read++]
      const frame = text === undefined ? null : parseFrame(text)
      if (frame === null || (UNASKED.has(frame.action) && !asked.has(frame.action))) continue
      // Only a case that names an answer is interested in it.
      if (frame.kind !== 'call' && !asked.has(frame.step.split(' ', 1)[0])) continue
      return frame.step
    }
  }
}
