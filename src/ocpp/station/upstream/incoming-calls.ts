/** What a CSMS asks: held, refused or answered, by how far the registration is (OCPP 1.6 §4.2). */
import type { CsmsRequest, CsmsResponse } from '../../../model/csms-request.ts'
import { type BridgeError, toBridgeError } from '../../../model/errors.ts'
import type { OcppVersion } from '../../../model/ocpp-version.ts'
import { RpcCallError } from '../../rpc/connection.ts'
import type { Registration } from './boot-notifications.ts'

/** An answer to the CSMS and what follows once it is on its way; or why there is none: no means for it, or a value that means nothing here. */
export type Answered =
  | { readonly response: CsmsResponse; readonly after: (() => void) | null }
  | { readonly unsupported: string }
  | { readonly outOfRange: string }

/** Work that takes its time (a lock that moves): done beside the station's other work, never in its way. */
export interface Later {
  readonly later: () => Promise<Answered>
}

export interface IncomingShell {
  readonly registration: () => Registration
  readonly answer: (request: CsmsRequest) => Promise<Answered>
  /** A fault of ours while answering. */
  readonly onFault: (fault: BridgeError, action: string) => void
}

export class IncomingCalls {
  readonly #version: OcppVersion
  readonly #shell: IncomingShell
  /** Calls of a CSMS that has rejected us: without an answer until that changes. */
  #held: ((error: Error) => void)[] = []

  constructor(version: OcppVersion, shell: IncomingShell) {
    this.#version = version
    this.#shell = shell
  }

  /** Resolves with the payload of the answer; throws `RpcCallError` for a CALLERROR. */
  async take(action: string, payload: unknown): Promise<object> {
    // Rejected: nothing is sent and nothing answered.
    if (this.#shell.registration() === 'rejected') return this.#hold()
    const request = this.#version.decodeRequest(action, payload)
    if ('refused' in request) throw new RpcCallError(request.code, request.description)
    try {
      const answered = await this.#answer(request)
      if ('unsupported' in answered) throw new RpcCallError(this.#version.notSupported.code, answered.unsupported)
      if ('outOfRange' in answered) throw new RpcCallError(this.#version.outOfRange.code, answered.outOfRange)
      const { response, after } = answered
      const worded = this.#version.encodeResponse(request, response)
      // By then the answer has been handed to the socket.
      if (after !== null) setImmediate(after)
      return worded
    } catch (error) {
      if (error instanceof RpcCallError) throw error
      this.#shell.onFault(toBridgeError(error), action)
      const { code, description } = this.#version.internalError
      throw new RpcCallError(code, description)
    }
  }

  /** Calls that were held are refused: what was asked then is out of date now. */
  release(reason: string): void {
    const { code } = this.#version.internalError
    for (const refuse of this.#held.splice(0)) refuse(new RpcCallError(code, reason))
  }

  async #answer(request: CsmsRequest): Promise<Answered> {
    // While pending the CSMS may configure, not charge (§4.2.1).
    const charging = request.kind === 'remote-start' || request.kind === 'remote-stop'
    if (charging && this.#shell.registration() !== 'accepted')
      return { response: { kind: request.kind, accepted: false }, after: null }
    // Until the first answer nothing but the BootNotification is sent (§4.2).
    if (request.kind === 'trigger' && request.target !== 'boot' && this.#shell.registration() === 'none')
      return { response: { kind: 'trigger', status: 'rejected' }, after: null }
    return this.#shell.answer(request)
  }

  #hold(): Promise<never> {
    const { promise, reject } = Promise.withResolvers<never>()
    this.#held.push(reject)
    return promise
  }
}
