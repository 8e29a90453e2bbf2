/** What the station shows: its own status and its connectors', told to its CSMSs as they change, and all of them to one that has just come. */
import type { StationMessage } from '../../../model/csms.ts'
import type { StationHappening } from '../../../model/event.ts'
import type { EvseState } from '../../../model/station.ts'
import { stationStatus, type StatusView } from './status-rules.ts'

type StatusMessage = Extract<StationMessage, { kind: 'status' }>

export interface StatusBoardShell {
  readonly evses: () => readonly {
    readonly evse: number
    readonly observed: EvseState | null
    readonly shown: StatusView
    readonly session: { readonly transaction: object | null }
  }[]
  /** The station as a whole was not taken out of service. */
  readonly isOperative: () => boolean
  /** The station's wall time, ms. */
  readonly now: () => number
  readonly emit: (happening: StationHappening) => void
  readonly send: (message: StatusMessage) => void
}

export class StatusBoard {
  readonly #shell: StatusBoardShell
  #told: string | null = null

  constructor(shell: StatusBoardShell) {
    this.#shell = shell
  }

  /** A transaction runs somewhere. */
  get isBusy(): boolean {
    return this.#shell.evses().some(({ session }) => session.transaction !== null)
  }

  /** The station's own status, which OCPP calls connector 0. */
  own(): StatusView {
    const observed = this.#shell.evses().map((evse) => evse.observed)
    return stationStatus(observed, this.#shell.isOperative(), this.isBusy)
  }

  /** Tells the station's own status when it is another than the one that was told. */
  tellOwn(): void {
    const view = this.own()
    const key = `${view.status} ${view.fault?.code ?? ''}`
    if (key === this.#told) return
    this.#told = key
    this.tell(0, view)
  }

  /** A status is another one. `evse` 0: the station's own. */
  tell(evse: number, view: StatusView): void {
    const { emit, send, now } = this.#shell
    emit({ kind: 'status', evse, ...view })
    send({ kind: 'status', evse, ...view, at: now() })
  }

  /** After registration a CSMS hears the state of everything, with the time it has now. */
  tellAll(upstream: { reportStatus(message: StatusMessage): void }): void {
    const at = this.#shell.now()
    upstream.reportStatus({ kind: 'status', evse: 0, ...this.own(), at })
    for (const { evse, shown } of this.#shell.evses()) upstream.reportStatus({ kind: 'status', evse, ...shown, at })
  }
}
