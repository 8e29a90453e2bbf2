/** The ledger's thread: takes what waits, commits it as one, answers. The loop's thread never waits for the disk. */
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { isBridgeError } from '../model/errors.ts'
import { Host } from './host.ts'
import type { FromWorker, Request, ToWorker, WorkerStart } from './operations.ts'

/** Bounds the time and the log's growth of one commit. */
const MAX_BATCH = 256
const IDLE_MS = 150

const port = parentPort
if (port === null) throw new Error('the ledger runs as a worker thread')

function send(message: FromWorker): void {
  port?.postMessage(message)
}

function start(): Host | null {
  const { folder, limits, at } = workerData as WorkerStart
  try {
    return new Host(folder, limits, at, { raise: (alarm) => send({ kind: 'alarm', alarm }) })
  } catch (error) {
    const code = isBridgeError(error) ? error.code : 'LEDGER_FAILED'
    send({ kind: 'refused', fault: { code, message: error instanceof Error ? error.message : String(error) } })
    return null
  }
}

const host = start()
if (host === null) {
  port.close()
} else {
  const waiting: Request[] = []
  let closing = false
  let idleTimer: NodeJS.Timeout | null = null

  const take = (message: ToWorker): void => {
    if (message.kind === 'close') closing = true
    else waiting.push(...message.requests)
  }

  /** All that arrived while the last commit ran. */
  const takeRest = (): void => {
    for (let next = receiveMessageOnPort(port); next !== undefined; next = receiveMessageOnPort(port)) {
      take(next.message as ToWorker)
    }
  }

  port.on('message', (message: ToWorker) => {
    take(message)
    takeRest()
    while (waiting.length > 0) {
      send({ kind: 'replies', replies: host.run(waiting.splice(0, MAX_BATCH)) })
      takeRest()
    }
    if (closing) {
      if (idleTimer !== null) clearTimeout(idleTimer)
      host.close()
      send({ kind: 'closed' })
      port.close()
      return
    }
    idleTimer ??= setTimeout(() => {
      idleTimer = null
      host.idle()
    }, IDLE_MS)
  })
  send({ kind: 'ready', findings: host.findings })
}
