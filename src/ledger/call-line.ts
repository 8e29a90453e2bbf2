/** Our end of the line to the ledger's thread: calls that are made together cross in one message, and each waits for its own answer. */
import { BridgeError } from '../model/errors.ts'
import type { Method, Operations, Reply, Request, ToWorker } from './operations.ts'

export interface CallLineOptions {
  readonly post: (message: ToWorker) => void
  /** Wall time, ms. */
  readonly now: () => number
  /** Calls that may wait for their answer before further ones are refused. */
  readonly maxWaiting: number
}

interface Pending {
  readonly settle: (value: Operations[Method]['result']) => void
  readonly reject: (error: Error) => void
}

export class CallLine {
  readonly #options: CallLineOptions
  readonly #pending = new Map<number, Pending>()
  #outgoing: Request[] = []
  #isFlushing = false
  /** Runs while only such calls wait that may wait for others. */
  #timer: NodeJS.Timeout | null = null
  #lastId = 0
  #isClosed = false
  #ended: BridgeError | null = null

  constructor(options: CallLineOptions) {
    this.#options = options
  }

  /**
   * Rejects with the fault that the thread answers, and with LEDGER_FAILED when it is gone, closed, or too many calls wait.
   * @param withinMs how long it may wait for others to go with, in one commit
   */
  call<M extends Method>(method: M, args: Operations[M]['args'], withinMs = 0): Promise<Operations[M]['result']> {
    if (this.#ended !== null) return Promise.reject(this.#ended)
    if (this.#isClosed) return Promise.reject(new BridgeError('LEDGER_FAILED', 'the ledger is closed'))
    const { now, maxWaiting } = this.#options
    if (this.#pending.size >= maxWaiting) {
      return Promise.reject(
        new BridgeError('LEDGER_FAILED', `the disk does not keep up: ${this.#pending.size} calls are waiting`),
      )
    }
    this.#lastId += 1
    const id = this.#lastId
    return new Promise((resolve, reject) => {
      // the thread answers a method with that method's result
      this.#pending.set(id, { settle: resolve, reject })
      if (withinMs > 0) this.#timer ??= setTimeout(() => this.#flush(), withinMs)
      else if (!this.#isFlushing) {
        this.#isFlushing = true
        queueMicrotask(() => this.#flush())
      }
      this.#outgoing.push({ id, at: now(), method, args } as Request)
    })
  }

  /** What was called so far still goes, and is answered; then nothing more. */
  close(): void {
    if (this.#isClosed || this.#ended !== null) return
    this.#isClosed = true
    this.#flush()
    this.#options.post({ kind: 'close' })
  }

  answered(replies: readonly Reply[]): void {
    for (const reply of replies) {
      const pending = this.#pending.get(reply.id)
      this.#pending.delete(reply.id)
      if ('value' in reply) pending?.settle(reply.value)
      else pending?.reject(new BridgeError(reply.fault.code, reply.fault.message))
    }
  }

  /** The thread is gone: nothing that waits will be answered. */
  end(text: string, cause?: Error): void {
    this.#ended ??= new BridgeError('LEDGER_FAILED', text, cause === undefined ? {} : { cause })
    for (const { reject } of this.#pending.values()) reject(this.#ended)
    this.#pending.clear()
  }

  /** All calls of one turn of the loop cross in one message. */
  #flush(): void {
    this.#isFlushing = false
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    if (this.#outgoing.length === 0) return
    const requests = this.#outgoing
    this.#outgoing = []
    this.#options.post({ kind: 'requests', requests })
  }
}
