/** A client of the rpc room with everything it says written down, for tests on real sockets. */
import { BridgeError } from '../../../src/model/errors.ts'
import { systemClock } from '../../../src/model/clock.ts'
import { connectRpc } from '../../../src/ocpp/rpc/connect.ts'
import type { RpcClient, RpcOptions } from '../../../src/ocpp/rpc/connect.ts'
import type { FrameTrace, RpcHandlers, RpcNotice } from '../../../src/ocpp/rpc/connection.ts'
import type { RpcDialect } from '../../../src/model/ocpp-version.ts'

/** A version that exists nowhere but here: the room knows none. */
export const DIALECT: RpcDialect = {
  malformed: 'Malformed',
  internalError: 'Internal',
  overloaded: 'Busy',
  maxMessageIdLength: 36,
  maskSecrets: (frame) => frame.replaceAll('hunter2', '***'),
}

export interface Harness {
  readonly client: RpcClient
  readonly opened: () => number
  readonly downs: readonly Error[]
  readonly frames: readonly FrameTrace[]
  readonly notices: readonly RpcNotice[]
  /** Resolves when `holds` is true, looked at whenever something is written down. */
  until(holds: () => boolean): Promise<void>
  call(action: string, options?: { messageId?: string; timeoutMs?: number; signal?: AbortSignal }): Promise<unknown>
}

export function startClient(
  url: string,
  options: Partial<RpcOptions> = {},
  onCall: RpcHandlers['onCall'] = async () => ({}),
): Harness {
  let opened = 0
  const downs: Error[] = []
  const frames: FrameTrace[] = []
  const notices: RpcNotice[] = []
  const looks = new Set<() => void>()
  const changed = (): void => looks.forEach((look) => look())
  const note = <T>(list: T[], item: T): void => {
    list.push(item)
    changed()
  }
  const client = connectRpc(
    {
      url,
      stationId: 'CP-1',
      versions: [{ subprotocol: 'ocpp1.6', dialect: DIALECT }],
      transport: { authorization: null, tls: {}, explain: () => null },
      clock: systemClock,
      random: () => 0.5,
      ...options,
    },
    {
      onOpen() {
        opened++
        changed()
      },
      onDown: (error) => note(downs, error),
      onFrame: (frame) => note(frames, frame),
      onNotice: (notice) => note(notices, notice),
      onCall,
    },
  )
  let messages = 0
  return {
    client,
    opened: () => opened,
    downs,
    frames,
    notices,
    until: (holds) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (!holds()) return
          looks.delete(look)
          resolve()
        }
        looks.add(look)
        look()
      }),
    call: (action, { messageId = `m-${++messages}`, timeoutMs = 30_000, signal = new AbortController().signal } = {}) =>
      client.call(action, { said: action }, { messageId, timeoutMs, signal }),
  }
}

/** `CODE: message` of what a promise rejects with, or `answered`. */
export async function outcome(promise: Promise<unknown>): Promise<string> {
  try {
    await promise
    return 'answered'
  } catch (error) {
    return error instanceof BridgeError ? `${error.code}: ${error.message}` : String(error)
  }
}
