/** The last minutes of what metered circuits carried, so that a page that is opened now does not begin empty. */
import { PHASES } from '../model/phase.ts'
import type { Phase } from '../model/phase.ts'
import type { SiteSnapshot } from '../site/facade.ts'
import type { ApiTrend } from './types.ts'

/** Ten minutes at one sample per second. */
const TREND_SAMPLES = 600

interface Sample {
  readonly at: number
  readonly amps: ReadonlyMap<string, Readonly<Record<Phase, number>>>
}

export class Trend {
  readonly #samples: Sample[] = []

  add(snapshot: SiteSnapshot): void {
    const amps = new Map<string, Readonly<Record<Phase, number>>>()
    for (const circuit of snapshot.circuits) {
      if (circuit.measuredAmps !== null) amps.set(circuit.id, circuit.measuredAmps)
    }
    this.#samples.push({ at: snapshot.at, amps })
    if (this.#samples.length > TREND_SAMPLES) this.#samples.shift()
  }

  toJson(): ApiTrend {
    const ids = new Set(this.#samples.flatMap((sample) => [...sample.amps.keys()]))
    return {
      at: this.#samples.map((sample) => sample.at),
      circuits: [...ids].map((id) => ({ id, amps: this.#columns(id) })),
    }
  }

  #columns(id: string): Record<Phase, (number | null)[]> {
    const columns: Record<Phase, (number | null)[]> = { L1: [], L2: [], L3: [] }
    for (const { amps } of this.#samples) {
      const values = amps.get(id)
      for (const phase of PHASES) columns[phase].push(values === undefined ? null : Math.round(values[phase] * 10) / 10)
    }
    return columns
  }
}
