/**
 * Asks a CSMS to sign the station's certificate: when it triggers that, and by itself before the old one expires (OCPP 1.6
 * security whitepaper A02, A03). The answer comes later, as `certificate-signed`.
 */
import type { Clock } from '../../../model/clock.ts'
import { toBridgeError } from '../../../model/errors.ts'
import type { StationHappening } from '../../../model/event.ts'
import type { StationMessage, StationAnswer } from '../../../model/csms.ts'
import type { UpstreamAccess } from '../../../model/upstream-access.ts'

export interface RenewalShell {
  readonly upstreamId: string
  readonly access: UpstreamAccess
  readonly clock: Clock
  /** O of the certificate's subject, or null. */
  readonly organisation: () => string | null
  readonly isReady: () => boolean
  readonly request: (message: StationMessage, signal: AbortSignal) => Promise<StationAnswer>
  readonly emit: (happening: StationHappening) => void
}

/** How often the date is looked at, and how long an unanswered request rests. */
const LOOK_MS = 6 * 3_600_000
const FIRST_LOOK_MS = 60_000

export class CertificateRenewal {
  readonly #shell: RenewalShell
  #asking = false

  constructor(shell: RenewalShell) {
    this.#shell = shell
  }

  /** Runs until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, access, isReady } = this.#shell
    let waitMs = FIRST_LOOK_MS
    while (!signal.aborted) {
      await clock.sleep(waitMs, signal).catch(() => {}) // stopping: the loop looks at the signal
      waitMs = LOOK_MS
      const dueAt = access.renewCertificateAt()
      if (!signal.aborted && dueAt !== null && dueAt <= clock.now() && isReady()) await this.ask(signal)
    }
  }

  /** Makes a key and sends the request; a second call while one is under way does nothing. */
  async ask(signal: AbortSignal): Promise<void> {
    if (this.#asking) return
    this.#asking = true
    const { access, organisation, request, emit, upstreamId } = this.#shell
    try {
      const signingRequest = await access.signingRequest(organisation())
      const answer = await request({ kind: 'sign-certificate', signingRequest }, signal)
      if (answer.kind === 'sign-certificate' && !answer.accepted)
        emit({ kind: 'call-failed', upstreamId, message: 'sign-certificate', reason: 'the CSMS refused to sign' })
    } catch (error) {
      if (!signal.aborted)
        emit({ kind: 'call-failed', upstreamId, message: 'sign-certificate', reason: toBridgeError(error).message })
    } finally {
      this.#asking = false
    }
  }
}
