/** Keeps a transfer inside its limits of time and pace. */
import { systemClock, type Clock } from '../model/clock.ts'
import { toTransferFault, failed } from './fault.ts'
import { hostOf, secretsOf, type Location } from './location.ts'
import { TRANSFER_LIMITS, type TransferLimits } from './policy.ts'

export interface Watch {
  /** Aborts when the caller gives up or a limit is passed; its reason is the fault. */
  readonly signal: AbortSignal
  /** Bytes went over the line. */
  readonly moved: (bytes: number) => void
  /** A step is done; now the other side has `idleMs` to answer. */
  readonly awaitAnswer: () => void
}

/**
 * Runs `work` under the limits. Rejects with the caller's own reason when `signal` aborts, else with TRANSFER_REFUSED or
 * TRANSFER_FAILED.
 */
export async function watched<T>(
  location: Location,
  limits: Partial<TransferLimits>,
  clock: Clock | undefined,
  signal: AbortSignal,
  work: (watch: Watch) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted()
  const ending = new AbortController()
  const stopped = AbortSignal.any([signal, ending.signal])
  const guard = guarding(
    hostOf(location),
    { ...TRANSFER_LIMITS, ...given(limits) },
    clock ?? systemClock,
    ending,
    stopped,
  )
  try {
    // A library that does not notice the end of its socket must not hold us.
    return await Promise.race([
      work({ signal: stopped, moved: guard.moved, awaitAnswer: guard.awaitAnswer }),
      untilAborted(stopped),
    ])
  } catch (error) {
    signal.throwIfAborted()
    throw stopped.aborted ? stopped.reason : toTransferFault(error, hostOf(location), secretsOf(location))
  } finally {
    ending.abort(DONE)
  }
}

const DONE = new Error('the transfer is over')

function guarding(host: string, limits: TransferLimits, clock: Clock, ending: AbortController, stopped: AbortSignal) {
  const startedAt = clock.monotonic()
  let spanAt = startedAt
  let bytes: number | null = null
  const moved = (count: number): void => {
    if (bytes === null) {
      spanAt = clock.monotonic()
      bytes = 0
    }
    bytes += count
  }
  const awaitAnswer = (): void => {
    spanAt = clock.monotonic()
    bytes = null
  }
  const guard = async (): Promise<void> => {
    for (;;) {
      const totalAt = startedAt + limits.totalMs
      const dueAt = Math.min(totalAt, spanAt + limits.idleMs)
      await clock.sleep(Math.max(1, dueAt - clock.monotonic()), stopped)
      const now = clock.monotonic()
      if (now >= totalAt) return ending.abort(failed(host, `not done after ${seconds(limits.totalMs)} s`))
      if (now < spanAt + limits.idleMs) continue
      if (bytes === null || bytes === 0) return ending.abort(failed(host, `no reply for ${seconds(limits.idleMs)} s`))
      if (bytes < (limits.minimumBytesPerSecond * limits.idleMs) / 1000)
        return ending.abort(failed(host, `too slow: ${bytes} bytes in ${seconds(limits.idleMs)} s`))
      spanAt = now
      bytes = 0
    }
  }
  // Its sleep ends with the transfer; that is all it can reject with.
  guard().catch(() => undefined)
  return { moved, awaitAnswer }
}

/** Never resolves; rejects with the signal's reason. */
function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const end = (): void => reject(signal.reason)
    if (signal.aborted) end()
    else signal.addEventListener('abort', end, { once: true })
  })
}

function given(limits: Partial<TransferLimits>): Partial<TransferLimits> {
  return Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== undefined))
}

function seconds(ms: number): number {
  return Math.round(ms / 100) / 10
}
