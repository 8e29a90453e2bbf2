/** What a station has to do at its time: sessions, reservations, and the grid of clock-aligned samples; and when it is next due. */
import type { Clock } from '../../model/clock.ts'
import type { StationEvse } from './evse.ts'
import type { AlignedGrid } from './metering/aligned-grid.ts'
import type { ReservationBook } from './reservation/reservation-book.ts'

export interface AgendaShell {
  readonly clock: Pick<Clock, 'monotonic'>
  /** The station's wall time, ms. */
  readonly now: () => number
  readonly grid: Pick<AlignedGrid, 'waitMs' | 'take'>
  readonly reservations: Pick<ReservationBook, 'nextTickAt' | 'tick'>
  readonly evses: () => readonly Pick<StationEvse, 'evse' | 'nextTickAt' | 'tick' | 'nextSampleAt' | 'sampleAligned'>[]
}

export class Agenda {
  readonly #shell: AgendaShell

  constructor(shell: AgendaShell) {
    this.#shell = shell
  }

  /** When something is due next, monotonic ms; null: nothing is. */
  nextAt(): number | null {
    const { evses, reservations, now } = this.#shell
    return earliest([...evses().map((evse) => evse.nextTickAt()), this.#gridAt(), reservations.nextTickAt(now())])
  }

  /** When an EVSE's meter is sampled next, monotonic ms; null: never. */
  nextSampleAt(evse: number): number | null {
    const periodic = this.#shell.evses().find((candidate) => candidate.evse === evse)?.nextSampleAt ?? null
    return earliest([periodic, this.#gridAt()])
  }

  /** Does what is due by now. Faults: those of the ledger. */
  async tick(): Promise<void> {
    const { evses, reservations, grid, now } = this.#shell
    await reservations.tick(now())
    for (const evse of evses()) await evse.tick()
    const at = grid.take()
    if (at === null) return
    for (const evse of evses()) await evse.sampleAligned(at)
  }

  #gridAt(): number | null {
    const { grid, clock } = this.#shell
    const { waitMs } = grid
    return waitMs === null ? null : clock.monotonic() + waitMs
  }
}

function earliest(moments: readonly (number | null)[]): number | null {
  const known = moments.filter((moment) => moment !== null)
  return known.length === 0 ? null : Math.min(...known)
}
