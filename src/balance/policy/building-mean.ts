/** What the building takes of each metered circuit, as a mean over minutes: enough for planning, too slow for any fuse. Pure. */
import type { BalanceInput, Outlet } from '../../model/balance-input.ts'
import { PHASES } from '../../model/phase.ts'
import type { BuildingLoad } from './policy-input.ts'

/** Up soon, down slowly: a building that takes much now will do so again. */
const UP_MS = 60_000
const DOWN_MS = 600_000
const DAY_MS = 86_400_000
const QUARTERS = 96
/** Of each look (twice a minute): so a quarter hour ends near its mean of some days. */
const FOLLOW_DAY = 0.03
/** What is seen now says less and less of later. */
const FORGET_MS = 10_800_000
/** Mean over highest load of a building, where nothing else is known. */
const USUAL_SHARE = 0.6

export interface BuildingMean {
  readonly at: number
  readonly loads: readonly BuildingLoad[]
}

export const NO_BUILDING_MEAN: BuildingMean = { at: 0, loads: [] }

/** A meter that is silent or stale leaves what was known. */
export function updateBuilding(mean: BuildingMean, input: BalanceInput): BuildingMean {
  const { at, circuits, meters, outlets, settings } = input
  const parentOf = new Map(circuits.map(({ id, parentId }) => [id, parentId]))
  const loads: BuildingLoad[] = []
  for (const { id, meterId } of circuits) {
    if (meterId === null) continue
    const known = mean.loads.find(({ circuitId }) => circuitId === id)
    const meter = meters.find((one) => one.meterId === meterId)
    if (meter === undefined || meter.amps === null || at - meter.takenAt > settings.meterStaleMs) {
      if (known !== undefined) loads.push(known)
      continue
    }
    const { L1, L2, L3 } = meter.amps
    const seen = [L1, L2, L3]
    const below = new Set([...parentOf.keys()].filter((other) => isBelow(other, id, parentOf)))
    for (const outlet of outlets) if (below.has(outlet.circuitId)) subtract(seen, outlet)
    const passed = Math.max(0, at - mean.at)
    const follow = (phase: 0 | 1 | 2): number => {
      const now = Math.max(0, seen[phase] ?? 0)
      const before = known?.amps[phase] ?? now
      return before + (now - before) * (1 - Math.exp(-passed / (now > before ? UP_MS : DOWN_MS)))
    }
    const amps = [follow(0), follow(1), follow(2)] as const
    loads.push({ circuitId: id, amps, day: noteDay(known?.day, at, amps) })
  }
  return { at, loads }
}

/** A quarter hour of the day follows from day to day; the first value of a day counts half. */
function noteDay(day: BuildingLoad['day'], at: number, amps: BuildingLoad['amps']): NonNullable<BuildingLoad['day']> {
  const quarter = quarterOfDay(at)
  const known = day ?? Array.from({ length: QUARTERS }, () => null)
  const before = known[quarter]
  const [one, two, three] = before ?? amps
  const next = [
    one + (amps[0] - one) * FOLLOW_DAY,
    two + (amps[1] - two) * FOLLOW_DAY,
    three + (amps[2] - three) * FOLLOW_DAY,
  ] as const
  return known.with(quarter, next)
}

/** What a building is expected to take at a later moment: as on other days, or, where no other day was seen, falling towards its usual share. */
export function expectedBuilding({ amps, day }: BuildingLoad, phase: number, now: number, at: number): number {
  const current = Math.max(0, amps[phase] ?? 0)
  const later = day?.[quarterOfDay(at)]?.[phase] ?? current * USUAL_SHARE
  return later + (current - later) * Math.exp(-Math.max(0, at - now) / FORGET_MS)
}

function quarterOfDay(at: number): number {
  return Math.floor((((at % DAY_MS) + DAY_MS) % DAY_MS) / (DAY_MS / QUARTERS))
}

function subtract(amps: number[], { rotation, measuredAmps, confirmedAmps }: Outlet): void {
  for (let terminal = 0; terminal < rotation.length; terminal++) {
    const place = PHASES.indexOf(rotation[terminal] ?? 'L1')
    amps[place] = (amps[place] ?? 0) - (measuredAmps?.[terminal] ?? confirmedAmps ?? 0)
  }
}

function isBelow(circuitId: string, top: string, parentOf: ReadonlyMap<string, string | null>): boolean {
  let next: string | null = circuitId
  for (let steps = 0; next !== null && steps <= parentOf.size; steps++) {
    if (next === top) return true
    next = parentOf.get(next) ?? null
  }
  return false
}
