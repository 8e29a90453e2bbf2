/** What the chain tests share: a site file's text becomes a running site, boxes get a server, waiting with a reason. */
import { join } from 'node:path'
import { loadSiteText } from '../../src/config/load-site-file.ts'
import type { SiteConfig } from '../../src/config/site-config.ts'
import { formatProblem } from '../../src/config/problem.ts'
import type { Clock } from '../../src/model/clock.ts'
import type { DeviceServer, RegisterBank } from '../../src/model/driver.ts'
import { createRegistry } from '../../src/site/facade.ts'
import type { Log } from '../../src/site/log.ts'

export const registry = createRegistry()

export async function siteConfig(text: string, folder: string): Promise<SiteConfig> {
  const { config, problems } = await loadSiteText(text, join(folder, 'site.yaml'), { addresses: registry.addresses })
  if (config === null) throw new Error(problems.map(formatProblem).join('\n'))
  return config
}

/** Serves units that may come and go in `units`. */
export function serve(url: string, units: ReadonlyMap<number, RegisterBank>, clock: Clock): Promise<DeviceServer> {
  return registry.serverOf(url).listen(url, units, { clock, serial: null, answerDelayMs: 2 })
}

/** Waits until `holds`; says what was not so when it takes too long (real time). */
export async function until(what: string, holds: () => boolean | Promise<boolean>, withinMs = 15_000): Promise<void> {
  const end = performance.now() + withinMs
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`not within ${withinMs} ms: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** Ticks the world until the returned function is called. */
export function every(clock: Clock, ms: number, tick: () => void): () => Promise<void> {
  const stopping = new AbortController()
  const life = (async () => {
    while (!stopping.signal.aborted) {
      tick()
      await clock.sleep(ms, stopping.signal).catch(() => {})
    }
  })()
  return () => {
    stopping.abort()
    return life
  }
}

export interface MemoryLog extends Log {
  readonly lines: readonly { readonly level: 'info' | 'warn' | 'error'; readonly text: string }[]
}

export function memoryLog(): MemoryLog {
  const lines: { level: 'info' | 'warn' | 'error'; text: string }[] = []
  const at = (level: 'info' | 'warn' | 'error') => (_: object, text: string) => void lines.push({ level, text })
  return { lines, info: at('info'), warn: at('warn'), error: at('error') }
}
