/** What the demo tells on the console: what a person would call out, and no more. */
import type { Clock } from '../model/clock.ts'
import { describeEvent } from '../model/event.ts'
import type { StationEvent, StationEventKind } from '../model/event.ts'
import { explainBinding } from '../model/set-point.ts'
import type { SetPoint } from '../model/set-point.ts'

const TOLD: ReadonlySet<StationEventKind> = new Set<StationEventKind>([
  'device-offline',
  'fault',
  'card-presented',
  'authorised',
  'authorisation-refused',
  'transaction-started',
  'transaction-ended',
  'csms-down',
  'station-fault',
])
/** Set-points move with the building's load; small steps are for the page. */
const NOTABLE_STEP_AMPS = 3
const QUIET_MS = 5000

export class Narrator {
  readonly #clock: Clock
  readonly #tell: (text: string) => void
  readonly #last = new Map<string, { readonly amps: number; readonly at: number }>()

  constructor(clock: Clock, tell: (text: string) => void) {
    this.#clock = clock
    this.#tell = tell
  }

  hear(event: StationEvent): void {
    if (event.kind === 'set-point') this.#hearSetPoint(event.setPoint)
    else if (TOLD.has(event.kind)) this.#tell(`${event.stationId}: ${plain(describeEvent(event))}`)
  }

  #hearSetPoint({ stationId, amps, binding }: SetPoint): void {
    const last = this.#last.get(stationId)
    const at = this.#clock.monotonic()
    const turned = last === undefined || (amps === 0) !== (last.amps === 0)
    if (!turned && (Math.abs(amps - last.amps) < NOTABLE_STEP_AMPS || at - last.at < QUIET_MS)) return
    this.#last.set(stationId, { amps, at })
    if (last === undefined && amps === 0) return
    this.#tell(
      `${stationId}: ${amps === 0 ? 'no current' : `${Math.round(amps * 10) / 10} A`} (${explainBinding(binding)})`,
    )
  }
}

/** All chargers of the demo have one outlet, so its number tells nothing. */
function plain(text: string | null): string {
  return (text ?? '').replace(/^EVSE 1: /, '')
}
