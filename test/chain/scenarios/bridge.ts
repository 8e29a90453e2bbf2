/** The bridge of a scenario: a whole site on its state folder, which may be stopped as a power cut stops it. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SiteConfig } from '../../../src/config/site-config.ts'
import type { Ledger } from '../../../src/ledger/ledger.ts'
import { openLedger } from '../../../src/ledger/open-ledger.ts'
import type { Clock } from '../../../src/model/clock.ts'
import { type RunningSite, startSite } from '../../../src/site/facade.ts'
import { memoryLog, type MemoryLog, registry, siteConfig } from '../chain.ts'
import type { SteppedClock } from './stepped-clock.ts'
import type { Traffic } from './traffic.ts'

/** A process that is killed: it never wakes again. */
class MortalClock implements Clock {
  dead = false
  readonly #clock: Clock

  constructor(clock: Clock) {
    this.#clock = clock
  }

  now(): number {
    return this.#clock.now()
  }

  monotonic(): number {
    return this.#clock.monotonic()
  }

  async sleep(ms: number, signal: AbortSignal): Promise<void> {
    await this.#clock.sleep(ms, signal)
    if (this.dead) await new Promise(() => undefined)
  }
}

interface Life {
  readonly site: RunningSite
  readonly clock: MortalClock
  readonly ledger: Ledger
}

export class Bridge {
  readonly log: MemoryLog = memoryLog()
  readonly #config: SiteConfig
  readonly #clock: SteppedClock
  readonly #traffic: Traffic
  readonly #folder: string
  #life: Life | null = null

  static async install(siteFile: string, clock: SteppedClock, traffic: Traffic): Promise<Bridge> {
    const folder = await mkdtemp(join(tmpdir(), 'ampbridge-scenario-'))
    return new Bridge(await siteConfig(siteFile, folder), folder, clock, traffic)
  }

  private constructor(config: SiteConfig, folder: string, clock: SteppedClock, traffic: Traffic) {
    this.#config = config
    this.#folder = folder
    this.#clock = clock
    this.#traffic = traffic
  }

  get runs(): boolean {
    return this.#life !== null
  }

  get site(): RunningSite {
    if (this.#life === null) throw new Error('the bridge does not run')
    return this.#life.site
  }

  async start(): Promise<void> {
    const stateFolder = join(this.#folder, 'state')
    const clock = new MortalClock(this.#clock)
    const ledger = this.#traffic.counted(await openLedger(stateFolder, { clock }))
    const options = { registry, stateFolder, log: this.log, clock, random: () => 0.5, ledger }
    this.#life = { site: await startSite(this.#config, options), clock, ledger }
    await this.#traffic.settle()
  }

  /** As kill -9: it does not say goodbye to anybody. What the ledger has acknowledged is on disk. */
  async kill(): Promise<void> {
    if (this.#life === null) return
    const { clock, ledger } = this.#life
    this.#life = null
    clock.dead = true
    this.#traffic.cutClients()
    await ledger.close()
    await this.#traffic.settle()
  }

  async remove(): Promise<void> {
    await this.#life?.site.stop()
    this.#life = null
    await rm(this.#folder, { recursive: true })
  }
}
