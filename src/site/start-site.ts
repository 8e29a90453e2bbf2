/** Starts a site: its ledger and what that has to say, its log, its links; then all the rest. */
import type { SiteConfig } from '../config/site-config.ts'
import { openLedger } from '../ledger/open-ledger.ts'
import type { LedgerAlarm } from '../ledger/options.ts'
import { systemClock } from '../model/clock.ts'
import { Alarms } from './alarms.ts'
import { calmLog } from './calm-log.ts'
import { RecentLines, rememberingLog } from './files/recent-lines.ts'
import { LinkPool } from './link-pool.ts'
import type { RunningSite, SiteOptions } from './running-site.ts'
import { Site, type SiteMemory } from './site.ts'

/** What a diagnostics bundle can show of the log and of the frames before it was asked for. */
const MEMORY_CHARACTERS = 500_000

/** Starts everything. Throws STATE_LOCKED, LEDGER_FAILED, MAPPING_UNKNOWN, MAPPING_INVALID, CONFIG_INVALID, SECRET_UNREADABLE, LINK_BAD_URL. */
export async function startSite(config: SiteConfig, options: SiteOptions): Promise<RunningSite> {
  const { registry } = options
  const clock = options.clock ?? systemClock
  const memory: SiteMemory = { log: new RecentLines(MEMORY_CHARACTERS), ocppFrames: new RecentLines(MEMORY_CHARACTERS) }
  const log = rememberingLog(calmLog(options.log, clock), memory.log, clock)
  const alarms = new Alarms(() => clock.now(), log)
  let running: Site | null = null
  const onLedgerAlarm = (code: LedgerAlarm['code'], active: boolean, text: string): void => {
    if (active) alarms.raise({ kind: code, about: 'ledger', text })
    else alarms.clear(code, 'ledger')
    if (code === 'LEDGER_FULL') running?.noteFullDisk(active)
  }
  const ledger =
    options.ledger ??
    (await openLedger(options.stateFolder, {
      clock,
      onAlarm: ({ code, active, text }) => onLedgerAlarm(code, active, text),
    }))
  for (const finding of ledger.findings) alarms.raise({ kind: 'LEDGER_DAMAGED', about: finding, text: finding })
  const random = options.random ?? Math.random
  const links = new LinkPool({ registry, clock, random })
  const site = new Site(config, { ...options, log, clock, random }, ledger, links, alarms, memory)
  running = site
  try {
    await site.start()
  } catch (error) {
    await site.stop()
    throw error
  }
  return site
}
