/** The bridge of a scenario: a whole site on its state folder, which may be stopped as a power cut stops it. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SiteConfig } from '../../../src/config/site-config.ts'
import type { Ledger } from '../../../src/ledger/ledger.ts'
import { openLedger } from '../../../src/ledger/open-ledger.ts'
import { type RunningSite, startSite } from '../../../src/site/facade.ts'
import type { ManualClock } from '../../peers/manual-clock.ts'
import { StallingClock } from '../../peers/stalling-clock.ts'
import { memoryLog, type MemoryLog, registry, siteConfig } from '../chain.ts'
import type { Traffic } from './traffic.ts'

interface Life {
  readonly site: RunningSite
  readonly clock: StallingClock
  readonly ledger: Ledger
}

export class Bridge {
  readonly log: MemoryLog = memoryLog()
  readonly #config: SiteConfig
  readonly #clock: ManualClock
  readonly #traffic: Traffic
  readonly #folder: string
  #life: Life | null = null

  static async install(siteFile: string, clock: ManualClock, traffic: Traffic): Promise<Bridge> {
    const folder = await mkdtemp(join(tmpdir(), 'ampbridge-scenario-'))
    return new Bridge(await siteConfig(siteFile, folder), folder, clock, traffic)
  }

  private constructor(config: SiteConfig, folder: string, clock: ManualClock, traffic: Traffic) {
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
    const clock = new StallingClock(this.#clock)
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
    clock.stall()
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
