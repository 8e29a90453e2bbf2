/** Measured current per circuit and phase over the last minutes. Pure. */
import type { ApiTrend, Phase, SiteSnapshot } from '../api/types.ts'

export interface TrendPoint {
  /** Wall time, ms. */
  readonly at: number
  /** Null: nothing was known then. */
  readonly amps: Readonly<Record<Phase, number | null>>
}

/** By circuit id, oldest first. */
export type TrendData = ReadonlyMap<string, readonly TrendPoint[]>

export const TREND_MS = 10 * 60_000
const UNKNOWN: TrendPoint['amps'] = { L1: null, L2: null, L3: null }

export function fromApi(trend: ApiTrend): TrendData {
  return new Map(
    trend.circuits.map(({ id, amps }) => [
      id,
      trend.at.map((at, index) => ({
        at,
        amps: { L1: amps.L1[index] ?? null, L2: amps.L2[index] ?? null, L3: amps.L3[index] ?? null },
      })),
    ]),
  )
}

export function addSample(data: TrendData, snapshot: SiteSnapshot): TrendData {
  const next = new Map(data)
  for (const { id, measuredAmps } of snapshot.circuits) {
    const points = data.get(id) ?? []
    const last = points.at(-1)
    if (last !== undefined && snapshot.at - last.at < 800) continue
    const kept = points.filter((point) => snapshot.at - point.at <= TREND_MS && point.at <= snapshot.at)
    next.set(id, [...kept, { at: snapshot.at, amps: measuredAmps ?? UNKNOWN }])
  }
  return next
}

/** One curve as SVG path data over `from`..`to` ms and 0..`topAmps`; gaps stay gaps. Of each pixel column the peak is kept. */
export function curve(
  points: readonly TrendPoint[],
  phase: Phase,
  box: {
    readonly from: number
    readonly to: number
    readonly topAmps: number
    readonly width: number
    readonly height: number
  },
): string {
  const peaks = new Map<number, number | null>()
  for (const { at, amps } of points) {
    if (at < box.from || at > box.to) continue
    const x = Math.round(((at - box.from) / (box.to - box.from)) * box.width)
    const value = amps[phase]
    const before = peaks.get(x)
    peaks.set(x, value === null ? (before ?? null) : Math.max(value, before ?? value))
  }
  let path = ''
  let pen = false
  for (const [x, value] of peaks) {
    if (value === null) {
      pen = false
      continue
    }
    const y = box.height - (Math.min(Math.max(value, 0), box.topAmps) / box.topAmps) * box.height
    path += `${pen ? 'L' : 'M'}${x} ${y.toFixed(1)}`
    pen = true
  }
  return path
}
