import { hash } from 'node:crypto'

const MAX_ANSWERS = 16
const MAX_AGE_MS = 5 * 60_000

interface Answer {
  readonly digest: string
  readonly text: string
  readonly at: number
}

/**
 * The last answers on one connection. A peer that repeats a CALL gets the same answer again and nothing is done twice.
 * A repeated CALL has the same id and the same text; an id that comes back with other contents is a new CALL.
 */
export class AnswerCache {
  /** Made with the first answer: most connections carry no CALL of the CSMS for hours. */
  #answers: Map<string, Answer> | null = null

  find(messageId: string, frame: string, monotonicMs: number): string | null {
    const answer = this.#answers?.get(messageId)
    if (answer === undefined || monotonicMs - answer.at > MAX_AGE_MS) return null
    return answer.digest === digestOf(frame) ? answer.text : null
  }

  keep(messageId: string, frame: string, answer: string, monotonicMs: number): void {
    const answers = (this.#answers ??= new Map<string, Answer>())
    answers.delete(messageId)
    answers.set(messageId, { digest: digestOf(frame), text: answer, at: monotonicMs })
    for (const oldest of answers.keys()) {
      if (answers.size <= MAX_ANSWERS) break
      answers.delete(oldest)
    }
  }
}

function digestOf(frame: string): string {
  return hash('sha256', frame, 'base64')
}
