import type { CliContext } from './context.ts'
import { oneLine } from './text.ts'

const EVERY_MS = 500

/** Tells a person how far it is, at most twice a second, on the stream for messages. */
export function progress(context: CliContext): (text: string) => void {
  let last = Number.NEGATIVE_INFINITY
  return (text) => {
    const now = performance.now()
    if (now - last < EVERY_MS) return
    last = now
    context.err(oneLine(text))
  }
}
