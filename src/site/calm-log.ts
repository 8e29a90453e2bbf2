/** The same trouble of the same device is told once a minute: a dead one is asked again and again, and must not fill the log. */
import type { Clock } from '../model/clock.ts'
import type { Log } from './log.ts'

const REST_MS = 60_000
/** Texts of devices take part in the key, so their number is bounded. */
const MOST_KINDS = 1000
const MOST_LETTERS = 200

export function calmLog(log: Log, clock: Clock): Log {
  const kinds = new Map<string, { readonly toldAt: number; held: number }>()
  const forget = (now: number): void => {
    for (const [key, { toldAt }] of kinds) if (now - toldAt >= REST_MS) kinds.delete(key)
    const oldest = kinds.size < MOST_KINDS ? undefined : kinds.keys().next().value
    if (oldest !== undefined) kinds.delete(oldest)
  }
  const calm =
    (level: 'warn' | 'error') =>
    (fields: object, text: string): void => {
      const now = clock.monotonic()
      const about = Object.values(fields).filter((value) => typeof value === 'string' && value.length <= MOST_LETTERS)
      // 10 A and 11 A, 1000 ms and 1001 ms are the same trouble; CP-1 and CP-2 are not
      const key = [level, ...about, text.slice(0, MOST_LETTERS).replaceAll(/\d+(\.\d+)?/g, '#')].join(' ')
      const last = kinds.get(key)
      if (last !== undefined && now - last.toldAt < REST_MS) {
        last.held += 1
        return
      }
      const held = last?.held ?? 0
      kinds.delete(key)
      if (kinds.size >= MOST_KINDS) forget(now)
      kinds.set(key, { toldAt: now, held: 0 })
      log[level](fields, held === 0 ? text : `${text} (and ${held} more since the last time)`)
    }
  return { info: (fields, text) => log.info(fields, text), warn: calm('warn'), error: calm('error') }
}
