/** Opens a ledger: its folder, and the thread that keeps what can block away from the loop. */
import { chmod, mkdir } from 'node:fs/promises'
import { dirname, resolve as absolute } from 'node:path'
import { Worker } from 'node:worker_threads'
import { systemClock } from '../model/clock.ts'
import { BridgeError } from '../model/errors.ts'
import { CallLine } from './call-line.ts'
import type { Ledger } from './ledger.ts'
import type { FromWorker, WorkerStart } from './operations.ts'
import { DEFAULT_LIMITS } from './options.ts'
import type { LedgerLimits, LedgerOptions } from './options.ts'
import { ThreadedLedger } from './threaded-ledger.ts'

const YOUNG_MB = 6

function limitsOf(options: LedgerOptions): LedgerLimits {
  const { clock: _clock, onAlarm: _onAlarm, ...limits } = options
  return { ...DEFAULT_LIMITS, ...limits }
}

function startWorker(
  start: WorkerStart,
  onAlarm: LedgerOptions['onAlarm'],
): Promise<{ worker: Worker; findings: readonly string[] }> {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), {
    workerData: start,
    name: 'ledger',
    // the caller's flags (a debugger, a test runner's loader) are not for this thread
    // what passes through lives shortly: a small nursery is enough
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
    execArgv: [],
  })
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => reject(new BridgeError('LEDGER_FAILED', error.message, { cause: error }))
    const onExit = (): void => fail(new Error('the ledger thread ended before it was ready'))
    worker.once('error', fail)
    worker.once('exit', onExit)
    // an alarm may come before the ledger is ready: a disk that is full already
    worker.on('message', (message: FromWorker) => {
      if (message.kind === 'alarm') onAlarm?.(message.alarm)
      if (message.kind !== 'ready' && message.kind !== 'refused') return
      worker.off('error', fail)
      worker.off('exit', onExit)
      if (message.kind === 'ready') resolve({ worker, findings: message.findings })
      else reject(new BridgeError(message.fault.code, message.fault.message))
    })
  })
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}

/** As `mkdir -p`. Not Node's `recursive`, which never comes back where a folder cannot be made (/proc). */
async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { mode: 0o700 })
  } catch (error) {
    if (isCode(error, 'EEXIST')) return
    if (!isCode(error, 'ENOENT') || dirname(folder) === folder) throw error
    await makeFolder(dirname(folder))
    await mkdir(folder, { mode: 0o700 })
  }
}

/**
 * Opens the ledger in `folder` (made with mode 0700 when it is missing) and checks it; what was found is in `findings`.
 * Throws STATE_LOCKED when another process has it, LEDGER_FAILED, LEDGER_FULL.
 */
export async function openLedger(folder: string, options: LedgerOptions = {}): Promise<Ledger> {
  const path = absolute(folder)
  try {
    await makeFolder(path)
    await chmod(path, 0o700)
  } catch (error) {
    throw new BridgeError('LEDGER_FAILED', `the state folder ${folder} cannot be used: ${String(error)}`, {
      cause: error,
    })
  }
  const clock = options.clock ?? systemClock
  const limits = limitsOf(options)
  const { worker, findings } = await startWorker({ folder: path, limits, at: clock.now() }, options.onAlarm)
  const line = new CallLine({
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker thread has no origin
    post: (message) => worker.postMessage(message),
    now: () => clock.now(),
    maxWaiting: limits.maxWaiting,
  })
  worker.on('message', (message: FromWorker) => {
    if (message.kind === 'replies') line.answered(message.replies)
  })
  worker.on('error', (error) => {
    const text = `the ledger's thread failed: ${error.message}`
    options.onAlarm?.({ code: 'LEDGER_FAILED', active: true, text })
    line.end(text, error)
  })
  const exited = new Promise<void>((resolve) => {
    worker.on('exit', () => {
      line.end('the ledger is closed')
      resolve()
    })
  })
  return new ThreadedLedger(line, findings, exited)
}
