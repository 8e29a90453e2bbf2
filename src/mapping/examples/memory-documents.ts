import type { Clock } from '../../model/clock.ts'
import type { DocumentBank, DocumentLink, DocumentRead, DocumentWrite, RequestOptions } from '../../model/driver.ts'
import { BridgeError } from '../../model/errors.ts'

/** A link without a wire to a device that speaks in texts. For examples and tests. */
export function memoryDocuments(
  bank: DocumentBank,
  clock: Clock,
): DocumentLink & { readonly requests: readonly (DocumentRead | DocumentWrite)[] } {
  const requests: (DocumentRead | DocumentWrite)[] = []
  const answerOf = (request: Extract<DocumentRead, { kind: 'http' | 'datagram' }>) => {
    const answer = bank.answer(request)
    if (answer === null && request.kind === 'datagram')
      throw new BridgeError('DEVICE_TIMEOUT', `no answer to "${request.text}"`)
    if (answer === null || answer.status >= 400)
      throw new BridgeError('DEVICE_EXCEPTION', 'refused', { details: { status: answer?.status ?? 404 } })
    if (request.kind === 'datagram' && request.match !== null && !answer.body.includes(request.match))
      throw new BridgeError('DEVICE_TIMEOUT', `no answer with "${request.match}"`)
    return { body: answer.body, at: clock.monotonic() }
  }
  return {
    kind: 'documents',
    url: 'memory:',
    state: 'open',
    counters: { requests: 0, timeouts: 0, exceptions: 0, badAnswers: 0, reconnects: 0 },
    requests,
    ask: async (request: DocumentRead, options: RequestOptions) => {
      options.signal.throwIfAborted()
      requests.push(request)
      switch (request.kind) {
        case 'http':
        case 'datagram':
          return answerOf(request)
        case 'topic': {
          const payload = bank.topics().get(request.topic)
          if (payload === undefined) throw new BridgeError('DEVICE_TIMEOUT', `nothing has come on ${request.topic}`)
          return { body: payload, at: clock.monotonic() }
        }
        case 'telegram': {
          const values = bank.telegram()
          if (values.size === 0) throw new BridgeError('DEVICE_TIMEOUT', 'no telegram has come')
          return { body: values, at: clock.monotonic() }
        }
      }
    },
    tell: async (request: DocumentWrite, options: RequestOptions) => {
      options.signal.throwIfAborted()
      requests.push(request)
      if (request.kind !== 'publish') return answerOf(request)
      bank.hear(request.topic, request.payload)
      return null
    },
    trace: () => () => undefined,
    close: async () => undefined,
  }
}
