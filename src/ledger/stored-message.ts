/** A message of the outbox as it comes back from the disk. */
import type { StationMessage } from '../model/csms.ts'
import type { OutboxDraft, QueuedMessage } from './ledger.ts'
import type { StoredDraft, StoredQueued } from './operations.ts'

export function decodeDraft(stored: StoredDraft): OutboxDraft {
  const { upstreamId, stationId, messageId, transactionId, body } = stored
  // our own text, guarded by a checksum
  return { upstreamId, stationId, messageId, transactionId, message: JSON.parse(body) as StationMessage }
}

/** Its contents are parsed when they are asked for: what is read ahead is kept small. */
export class StoredMessage implements QueuedMessage {
  readonly #stored: StoredQueued
  #message: StationMessage | null = null

  constructor(stored: StoredQueued) {
    this.#stored = stored
  }

  get upstreamId() {
    return this.#stored.upstreamId
  }

  get stationId() {
    return this.#stored.stationId
  }

  get messageId() {
    return this.#stored.messageId
  }

  get transactionId() {
    return this.#stored.transactionId
  }

  get message() {
    return (this.#message ??= JSON.parse(this.#stored.body) as StationMessage)
  }

  get sequence() {
    return this.#stored.sequence
  }

  get attempts() {
    return this.#stored.attempts
  }

  get csmsTransactionId() {
    return this.#stored.csmsTransactionId
  }
}
