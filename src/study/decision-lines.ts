/** The log of a study: each set-point with its reason, as the running site would tell it. */
import { explainDecision } from '../model/decision.ts'
import { localTime } from './local-time.ts'
import type { Run } from './run.ts'
import { stationName } from './study-site.ts'
import type { WhatIf } from './what-if.ts'

/** Columns, separated by tabs: run, local time, station, set-point, why. The first line names them. */
export function* decisionLines({ asItIs, changed }: Pick<WhatIf, 'asItIs' | 'changed'>): Generator<string> {
  yield ['run', 'time', 'station', 'set-point', 'why'].join('\t')
  yield* linesOf('as it is', asItIs)
  if (changed !== null) yield* linesOf('with the change', changed)
}

function* linesOf(name: string, { site, decisions }: Run): Generator<string> {
  for (const decision of decisions) {
    const setPoint = decision.amps === 0 ? 'pause' : `${Number(decision.amps.toFixed(1))} A`
    const cells = [
      name,
      localTime(decision.at, site.timezone),
      stationName(decision),
      setPoint,
      explainDecision(decision),
    ]
    yield cells.join('\t')
  }
}
