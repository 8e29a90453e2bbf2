/** A limit on everything that a peer controls. */
export interface RpcLimits {
  readonly maxFrameBytes: number
  /** Of one message, on the WebSocket level. */
  readonly maxFragments: number
  /** How deep JSON may nest. */
  readonly maxDepth: number
  /** CALLs of the peer that may wait; more are refused. */
  readonly maxIncomingCalls: number
  /** CALLs of ours that may wait; more are refused with CALL_QUEUE_FULL. */
  readonly maxOutgoingCalls: number
  /** Steady rate of the peer's CALLs and what it may send at once. */
  readonly callsPerSecond: number
  readonly callBurst: number
  /** After so many refused CALLs in a row the peer is cut off. */
  readonly maxRefusedCalls: number
  /** Bytes that a peer which does not read may leave in our buffer. */
  readonly maxBufferedBytes: number
  /** How long we take at most to answer a CALL; later there is no answer. */
  readonly answerTimeoutMs: number
}

export const DEFAULT_RPC_LIMITS: RpcLimits = {
  maxFrameBytes: 128 * 1024,
  maxFragments: 64,
  maxDepth: 32,
  maxIncomingCalls: 64,
  maxOutgoingCalls: 64,
  callsPerSecond: 20,
  callBurst: 100,
  maxRefusedCalls: 2000,
  maxBufferedBytes: 1024 * 1024,
  answerTimeoutMs: 60_000,
}
