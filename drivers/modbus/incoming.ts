/** From bytes to frames: takes our own echo off, and lets the silence of a line end what is unfinished. */

import type { Alarm } from './alarm.ts'
import type { Decoder, FrameListener, Framing, Noise } from './framing.ts'
import type { LineSilence } from './line-silence.ts'

export interface IncomingEvents {
  readonly frame: FrameListener
  /** The line fell silent behind bytes that make no frame. */
  readonly noise: (noise: Noise) => void
  /** Our own frame came back changed. */
  readonly echoSpoilt: () => void
}

export class Incoming {
  readonly #numbered: boolean
  readonly #resyncMs: number
  readonly #silence: LineSilence
  readonly #alarm: Alarm
  readonly #events: IncomingEvents
  readonly #decoder: Decoder
  /** What is left of our own frame that a 2-wire adapter will repeat to us. */
  #echo: Buffer | null = null

  constructor(framing: Framing, resyncMs: number, silence: LineSilence, alarm: Alarm, events: IncomingEvents) {
    this.#numbered = framing.numbered
    this.#resyncMs = resyncMs
    this.#silence = silence
    this.#alarm = alarm
    this.#events = events
    this.#decoder = framing.decoder('answers')
  }

  /** Bytes of an unfinished frame on a line, and of noise. */
  get pending(): number {
    return this.#numbered ? 0 : this.#decoder.pending
  }

  /** Null, or why the stream can no longer be trusted. */
  push(chunk: Buffer, now: number): string | null {
    if (this.#numbered) return this.#decoder.push(chunk, this.#events.frame)
    this.#silence.heard(now)
    const violation = this.#decoder.push(this.#withoutEcho(chunk), this.#events.frame)
    if (this.#decoder.pending > 0) this.#alarm.wakeBy(now + this.#resyncMs)
    return violation
  }

  /** What comes in next on a line answers this frame; with `echoed` it is the frame itself first. */
  expectAnswerTo(frame: Buffer, echoed: boolean): void {
    if (this.#numbered) return
    this.#decoder.clear()
    this.#echo = echoed ? frame : null
  }

  /** Does what is due by now. */
  due(now: number): void {
    if (this.pending === 0) return
    const at = this.#silence.heardAt + this.#resyncMs
    if (now < at) {
      this.#alarm.wakeBy(at)
      return
    }
    this.#decoder.silence(this.#events.frame)
    const noise = this.#decoder.takeNoise()
    if (noise !== null) this.#events.noise(noise)
  }

  /** What is still coming in belongs to nobody. On a stream it must be read to its end all the same. */
  attemptOver(): void {
    if (!this.#numbered) this.clear()
  }

  clear(): void {
    this.#decoder.clear()
    this.#echo = null
  }

  #withoutEcho(chunk: Buffer): Buffer {
    const echo = this.#echo
    if (echo === null) return chunk
    const length = Math.min(chunk.length, echo.length)
    if (chunk.subarray(0, length).equals(echo.subarray(0, length))) {
      this.#echo = length === echo.length ? null : echo.subarray(length)
      return chunk.subarray(length)
    }
    this.#echo = null
    this.#events.echoSpoilt()
    return chunk
  }
}
