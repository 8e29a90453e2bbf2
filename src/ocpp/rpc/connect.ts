import type { WebSocket } from 'ws'
import type { Clock } from '../../model/clock.ts'
import { BridgeError, isBridgeError, toBridgeError } from '../../model/errors.ts'
import type { RpcDialect } from '../../model/ocpp-version.ts'
import { type Approach, type Attempt, type AttemptOutcome, fixedApproach } from './approach.ts'
import { DEFAULT_BACK_OFF, backOffMs } from './back-off.ts'
import type { BackOffSettings } from './back-off.ts'
import type { CallOptions, RpcConnection, RpcHandlers } from './connection.ts'
import { DEFAULT_RPC_LIMITS } from './limits.ts'
import type { RpcLimits } from './limits.ts'
import { NoticeGate } from './notice-gate.ts'
import { openSocket } from './open-socket.ts'
import type { RpcTransport } from './open-socket.ts'
import { RpcPeer } from './peer.ts'

export type RpcOptions = RpcSettings & (FixedWay | { readonly approach: Approach })

/** Always the same way to the CSMS. */
export interface FixedWay {
  /** Base address, `wss://csms.example.com/ocpp`; the station's id is put behind it. */
  readonly url: string
  readonly stationId: string
  readonly transport: RpcTransport
}

export interface RpcSettings {
  /** In order of preference; a version folder's `ocpp16` fits. */
  readonly versions: readonly { readonly subprotocol: string; readonly dialect: RpcDialect }[]
  readonly clock: Clock
  /** In [0, 1). */
  readonly random: () => number
  readonly limits?: Partial<RpcLimits>
  /** Stays, whatever `setBackOff` says. */
  readonly backOff?: Partial<BackOffSettings>
  /** From the first packet to the open WebSocket. */
  readonly connectTimeoutMs?: number
  /** Until `setPingInterval` says otherwise. */
  readonly pingIntervalSeconds?: number
}

/** A connection that opens itself again and again until it is closed. */
export interface RpcClient extends RpcConnection {
  /** The subprotocol agreed on the open connection, or null. */
  readonly subprotocol: string | null
}

const GOING_AWAY = 1001
/** A connection that lasted so long was a good one: waiting times begin anew. */
const GOOD_AFTER_MS = 10_000
/** We left a CSMS that works, to come back (a new password, a reset): no failure, so no back-off. One to two times this. */
const RETURN_MS = 1000

/** Connects a station to its CSMS and keeps it connected. Throws CONFIG_INVALID for a bad address or station id. */
export function connectRpc(options: RpcOptions, handlers: RpcHandlers): RpcClient {
  return new ClientConnection(options, handlers)
}

class ClientConnection implements RpcClient {
  readonly #options: RpcOptions
  readonly #handlers: RpcHandlers
  readonly #approach: Approach
  readonly #limits: RpcLimits
  #backOff: BackOffSettings
  readonly #notices: NoticeGate
  readonly #stop = new AbortController()
  readonly #ended: Promise<void>
  #peer: RpcPeer | null = null
  /** The one that we closed ourselves, to come back. */
  #left: RpcPeer | null = null
  #isReturning = false
  #subprotocol: string | null = null
  #pingIntervalSeconds: number
  /** Failures since the last good connection. */
  #attempt = 0
  /** Which versions to offer: all of them, or after a refusal one alone (a CSMS may choke on the list). */
  #offer: number | 'all' = 'all'

  constructor(options: RpcOptions, handlers: RpcHandlers) {
    this.#options = options
    this.#handlers = handlers
    this.#approach =
      'approach' in options ? options.approach : fixedApproach(options.url, options.stationId, options.transport)
    if (options.versions.length === 0) throw new BridgeError('CONFIG_INVALID', 'no OCPP version to speak')
    // One object for all stations that wish nothing of their own.
    this.#limits = options.limits === undefined ? DEFAULT_RPC_LIMITS : { ...DEFAULT_RPC_LIMITS, ...options.limits }
    this.#backOff = options.backOff === undefined ? DEFAULT_BACK_OFF : { ...DEFAULT_BACK_OFF, ...options.backOff }
    this.#notices = new NoticeGate(options.clock, (notice) => handlers.onNotice?.(notice))
    this.#pingIntervalSeconds = options.pingIntervalSeconds ?? 30
    this.#ended = this.#run()
  }

  get isOpen(): boolean {
    return this.#peer?.isOpen ?? false
  }

  get subprotocol(): string | null {
    return this.isOpen ? this.#subprotocol : null
  }

  call(action: string, payload: object, options: CallOptions): Promise<unknown> {
    if (this.#peer !== null) return this.#peer.call(action, payload, options)
    return Promise.reject(new BridgeError('LINK_CLOSED', `${action}: there is no connection to the CSMS`))
  }

  reconnect(reason: string): void {
    this.#left = this.#peer
    this.#peer?.close(GOING_AWAY, reason)
  }

  setPingInterval(seconds: number): void {
    this.#pingIntervalSeconds = seconds
    this.#peer?.setPingInterval(seconds)
  }

  setBackOff(settings: Partial<BackOffSettings>): void {
    this.#backOff = { ...this.#backOff, ...settings, ...this.#options.backOff }
  }

  async close(): Promise<void> {
    this.#stop.abort(new BridgeError('LINK_CLOSED', 'the connection was closed by us'))
    this.#peer?.close(GOING_AWAY, 'going away')
    await this.#ended
  }

  async #run(): Promise<void> {
    const { clock, random } = this.#options
    const stop = this.#stop.signal
    // Handlers are called only after connectRpc has returned.
    await Promise.resolve()
    while (!stop.aborted) {
      const error = await this.#connectOnce(stop)
      if (stop.aborted) return
      this.#tell(() => this.#handlers.onDown(error))
      try {
        await clock.sleep(this.#waitMs(error, random()), stop)
      } catch {
        return // closed while waiting
      }
    }
  }

  #waitMs(error: BridgeError, random: number): number {
    if (this.#isReturning) return RETURN_MS * (1 + random)
    const attempt = this.#attempt++
    return backOffMs(
      { attempt, refused: isLastingRefusal(error), retryAfterMs: retryAfterOf(error) },
      this.#backOff,
      random,
    )
  }

  /** One connection from its opening to its end. Resolves with the reason of the end. */
  async #connectOnce(stop: AbortSignal): Promise<BridgeError> {
    const { clock, connectTimeoutMs = 10_000 } = this.#options
    this.#isReturning = false
    const offered = this.#offered()
    let socket: WebSocket
    try {
      const attempt: Attempt = this.#approach.next()
      socket = await openSocket(
        {
          ...attempt,
          subprotocols: offered.map((version) => version.subprotocol),
          limits: this.#limits,
          connectTimeoutMs,
          clock,
          onUpgrade: (tls) => this.#told({ kind: 'opened', tls }),
        },
        stop,
      )
    } catch (error) {
      if (isBridgeError(error, 'CSMS_PROTOCOL')) this.#offerNext()
      return this.#failed(toBridgeError(error), stop)
    }
    const version = offered.find(({ subprotocol }) => subprotocol === socket.protocol)
    if (version === undefined) {
      socket.terminate()
      return this.#failed(new BridgeError('CSMS_PROTOCOL', 'the CSMS agreed on a version that was not offered'), stop)
    }
    return this.#talk(socket, version, stop)
  }

  /** An open connection, to its end. */
  async #talk(socket: WebSocket, version: RpcOptions['versions'][number], stop: AbortSignal): Promise<BridgeError> {
    const { clock } = this.#options
    const openedAt = clock.monotonic()
    let works = false
    const proven = (): void => {
      if (works) return
      works = true
      this.#told({ kind: 'working' })
    }
    const peer: RpcPeer = new RpcPeer(
      socket,
      {
        onCall: (action, payload, messageId) => this.#handlers.onCall(action, payload, messageId),
        onFrame: (frame) => {
          this.#handlers.onFrame(frame)
          // The peer looks into a frame after it has traced it.
          if (!works) queueMicrotask(() => peer.hasSpokenOcpp && proven())
        },
      },
      {
        dialect: version.dialect,
        clock,
        limits: this.#limits,
        pingIntervalSeconds: this.#pingIntervalSeconds,
        notices: this.#notices,
      },
    )
    this.#peer = peer
    this.#subprotocol = version.subprotocol
    this.#tell(() => this.#handlers.onOpen())
    const ended = new AbortController()
    // A CSMS that has nothing to say has taken us too: registered stations send nothing when they come back.
    void clock.sleep(GOOD_AFTER_MS, ended.signal).then(proven, () => undefined)
    const error = await peer.closed
    ended.abort()
    this.#peer = null
    if (peer.hasSpokenOcpp) proven()
    else if (!works && this.#left !== peer) this.#failed(error, stop)
    this.#isReturning = works && this.#left === peer
    this.#left = null
    if (peer.hasSpokenOcpp && clock.monotonic() - openedAt >= GOOD_AFTER_MS) this.#attempt = 0
    return error
  }

  /** Our own goodbye is no failure of the way. */
  #failed(error: BridgeError, stop: AbortSignal): BridgeError {
    if (!stop.aborted) this.#told({ kind: 'failed', error })
    return error
  }

  #told(outcome: AttemptOutcome): void {
    this.#tell(() => this.#approach.told(outcome))
  }

  #offered(): RpcOptions['versions'] {
    const { versions } = this.#options
    return this.#offer === 'all' ? versions : versions.slice(this.#offer, this.#offer + 1)
  }

  #offerNext(): void {
    const { versions } = this.#options
    if (versions.length > 1) this.#offer = this.#offer === 'all' ? 0 : (this.#offer + 1) % versions.length
  }

  /** A fault in one of the station's own handlers must not end the connection's life. */
  #tell(handler: () => void): void {
    try {
      handler()
    } catch (error) {
      this.#notices.notice('handler-failed', toBridgeError(error).message)
    }
  }
}

/** Refused in a way that only a person can mend: trying often does not help and looks like an attack. */
function isLastingRefusal(error: BridgeError): boolean {
  return error.code === 'CSMS_REFUSED' || error.code === 'CSMS_PROTOCOL'
}

function retryAfterOf(error: BridgeError): number | null {
  const wait = error.details['retryAfterMs']
  return typeof wait === 'number' ? wait : null
}
