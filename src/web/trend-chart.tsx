import type { VNode } from 'preact'
import type { CircuitSnapshot } from '../api/types.ts'
import { trend } from './live.ts'
import { PHASES } from './load.ts'
import { curve, TREND_MS } from './trend-data.ts'
import { amps } from './words.ts'

const WIDTH = 320
const HEIGHT = 88

/** Ten minutes of measured current per phase against the limit. */
export function TrendChart({ circuit }: { readonly circuit: CircuitSnapshot }): VNode | null {
  const points = trend.value.get(circuit.id) ?? []
  const last = points.at(-1)
  if (last === undefined) return null
  const limit = Math.max(...PHASES.map((phase) => circuit.limitAmps[phase]))
  const box = { from: last.at - TREND_MS, to: last.at, topAmps: limit * 1.12, width: WIDTH, height: HEIGHT }
  const limitY = HEIGHT - (limit / box.topAmps) * HEIGHT
  const peaks = PHASES.map(
    (phase) => `${phase} ${amps(Math.max(0, ...points.map((point) => point.amps[phase] ?? 0)))} A`,
  )
  return (
    <figure class="trend">
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`Highest in the last ten minutes: ${peaks.join(', ')}`}
      >
        <line class="base" x1="0" x2={WIDTH} y1={HEIGHT} y2={HEIGHT} />
        <line class="limit-line" x1="0" x2={WIDTH} y1={limitY} y2={limitY} />
        {PHASES.map((phase) => (
          <path key={phase} class={`curve ${phase}`} d={curve(points, phase, box)} />
        ))}
      </svg>
      <figcaption>
        <span>10 min ago</span>
        <span class="keys">
          {PHASES.map((phase) => (
            <span key={phase}>
              <svg class="key" viewBox="0 0 22 6" aria-hidden="true">
                <line class={`curve ${phase}`} x1="0" x2="22" y1="3" y2="3" />
              </svg>
              {phase}
            </span>
          ))}
          <span class="limit-text">
            <svg class="key" viewBox="0 0 22 6" aria-hidden="true">
              <line class="limit-line" x1="0" x2="22" y1="3" y2="3" />
            </svg>
            limit
          </span>
        </span>
        <span>now</span>
      </figcaption>
    </figure>
  )
}
