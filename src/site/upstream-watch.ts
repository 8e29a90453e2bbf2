/**
 * How the stations stand with their CSMSs, for the page: what waits to be delivered, and why one cannot be reached. It asks the disk, and
 * is therefore no part of the control loop.
 */
import type { Ledger } from '../ledger/ledger.ts'
import type { Clock } from '../model/clock.ts'
import type { UpstreamView } from '../ocpp/station/virtual-station.ts'
import { type Log, logFault } from './log.ts'
import { Rounds } from './rounds.ts'
import type { UpstreamSnapshot } from './snapshot.ts'

export interface StationAtCsms {
  readonly id: string
  upstreams(): readonly UpstreamView[]
}

export interface UpstreamWatchOptions {
  readonly ledger: Pick<Ledger, 'backlog'>
  readonly clock: Clock
  readonly log: Log
  /** All that a CSMS knows of this site. */
  readonly stations: () => readonly StationAtCsms[]
}

/** How often the length of the outboxes is asked for. */
const BACKLOG_MS = 5000

export class UpstreamWatch {
  readonly #options: UpstreamWatchOptions
  readonly #rounds: Rounds
  readonly #backlogs = new Map<string, number>()
  readonly #problems = new Map<string, string>()

  constructor(options: UpstreamWatchOptions) {
    this.#options = options
    this.#rounds = new Rounds(options.clock, async (stop) => {
      await this.#look(stop)
      return options.clock.monotonic() + BACKLOG_MS
    })
  }

  start(): void {
    this.#rounds.start()
  }

  stop(): Promise<void> {
    return this.#rounds.stop()
  }

  /** The line went away or could not be opened. */
  noteDown({ upstreamId, stationId, reason }: { upstreamId: string; stationId: string; reason: string }): void {
    this.#problems.set(keyOf(upstreamId, stationId), reason)
  }

  snapshots(): readonly UpstreamSnapshot[] {
    return this.#options.stations().flatMap((station) =>
      station.upstreams().map(({ id, connected, registration }) => ({
        id,
        stationId: station.id,
        state: connected ? (registration === 'none' ? 'open' : registration) : 'down',
        backlog: this.#backlogs.get(keyOf(id, station.id)) ?? 0,
        problem: connected ? null : (this.#problems.get(keyOf(id, station.id)) ?? null),
      })),
    )
  }

  async #look(stop: AbortSignal): Promise<void> {
    const { ledger, log, stations } = this.#options
    for (const station of stations()) {
      for (const { id } of station.upstreams()) {
        try {
          this.#backlogs.set(keyOf(id, station.id), await ledger.backlog(id, station.id))
        } catch (error) {
          if (!stop.aborted) logFault(log, error, 'the backlog could not be read')
        }
      }
    }
  }
}

function keyOf(upstreamId: string, stationId: string): string {
  return `${upstreamId} ${stationId}`
}
