/**
 * The security log of a station (OCPP 1.6 security whitepaper A04): everything that the standard names is kept; what is
 * critical goes to the CSMS, and waits for it while it is away.
 */
import type { Ledger } from '../../../ledger/ledger.ts'
import type { StationMessage } from '../../../model/csms.ts'
import { toBridgeError } from '../../../model/errors.ts'
import type { StationHappening } from '../../../model/event.ts'
import { SECURITY_EVENTS, type SecurityEventType } from '../../../model/security-event.ts'

export interface SecurityLogShell {
  readonly ledger: Pick<Ledger, 'recordSecurityEvent'>
  readonly stationId: string
  readonly now: () => number
  readonly emit: (happening: StationHappening) => void
  /** Queues the message for every CSMS that knows the whitepaper. */
  readonly report: (message: StationMessage) => void
}

/** techInfo is a CiString[255]. */
const MAX_TECH_INFO = 255

export class SecurityLog {
  readonly #shell: SecurityLogShell

  constructor(shell: SecurityLogShell) {
    this.#shell = shell
  }

  /** Never throws and never waits: a failing disk must not stop what is being logged. */
  record(type: SecurityEventType, techInfo: string | null): void {
    const { ledger, stationId, now, emit, report } = this.#shell
    const at = now()
    const info = techInfo === null ? null : techInfo.slice(0, MAX_TECH_INFO)
    emit({ kind: 'security', type, techInfo: info })
    ledger.recordSecurityEvent({ at, stationId, type, techInfo: info }).catch((error: unknown) => {
      const fault = toBridgeError(error)
      emit({ kind: 'station-fault', code: fault.code, text: `the security log was not written: ${fault.message}` })
    })
    if (SECURITY_EVENTS[type]) report({ kind: 'security-event', type, at, techInfo: info })
  }
}
