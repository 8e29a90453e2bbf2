/** Tariff windows: each has a length, and every minute of the week has its price. Pure. */
import { WEEKDAYS } from './entries/tariff-entry.ts'
import { error, warning, type Finding } from './problem.ts'
import type { TariffConfig, TariffWindow } from './site-config.ts'
import type { TariffEntry } from './site-schema.ts'

const DAY_MINUTES = 1440
const WEEK_DAYS = [1, 2, 3, 4, 5, 6, 0]

export function tariffOf(entry: TariffEntry): TariffConfig {
  return {
    currency: entry.currency,
    windows: entry.windows.flatMap(windowsOf),
    demandChargePerKWYear: entry['demand-charge'] ?? null,
  }
}

/** A window over midnight is one to midnight, and one of the following days. */
function windowsOf({ from, to, days: written, price }: TariffEntry['windows'][number]): readonly TariffWindow[] {
  const days = WEEK_DAYS.filter((_, index) => written === undefined || written.some((day) => day === WEEKDAYS[index]))
  if (from < to) return [{ fromMinute: from, toMinute: to, days, price }]
  const next = days.map((day) => (day + 1) % 7)
  const windows = [
    { fromMinute: from, toMinute: DAY_MINUTES, days, price },
    { fromMinute: 0, toMinute: to, days: next, price },
  ]
  return windows.filter(({ fromMinute, toMinute }) => fromMinute < toMinute)
}

export function checkTariff(entry: TariffEntry | null): readonly Finding[] {
  if (entry === null) return []
  const path = ['tariff', 'windows']
  const findings: Finding[] = []
  const priced = new Set<number>()
  for (const [index, window] of entry.windows.entries()) {
    if (window.from === window.to) {
      findings.push(error([...path, index], 'has no length', 'a whole day is from "00:00" to "24:00"'))
      continue
    }
    const before = priced.size
    for (const { fromMinute, toMinute, days } of windowsOf(window)) {
      for (const day of days) {
        for (let minute = fromMinute; minute < toMinute; minute++) priced.add(day * DAY_MINUTES + minute)
      }
    }
    if (priced.size > before) continue
    const message = 'never counts: windows above it hold whenever it does'
    findings.push(warning([...path, index], message, 'the first that holds counts: put it further up'))
  }
  const gap = findings.some(({ severity }) => severity === 'error') ? null : gapOf(priced)
  if (gap !== null) {
    const hint = 'write last what counts otherwise: `{from: "00:00", to: "24:00", price: ...}`'
    findings.push(error(path, `has no price ${gap}`, hint, 'key'))
  }
  return findings
}

/** The first stretch of the week without a price, from Monday on. */
function gapOf(priced: ReadonlySet<number>): string | null {
  for (const [index, day] of WEEK_DAYS.entries()) {
    const minutes = Array.from({ length: DAY_MINUTES }, (_, minute) => minute)
    const from = minutes.find((minute) => !priced.has(day * DAY_MINUTES + minute))
    if (from === undefined) continue
    const to = minutes.find((minute) => minute > from && priced.has(day * DAY_MINUTES + minute)) ?? DAY_MINUTES
    return `on ${WEEKDAYS[index] ?? ''} from ${clockTime(from)} to ${clockTime(to)}`
  }
  return null
}

function clockTime(minute: number): string {
  return `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`
}
