import type { TelegramValue } from '../../src/model/driver.ts'
import { Inbox } from './inbox.ts'

export type TelegramValues = ReadonlyMap<string, TelegramValue>

/** What a telegram says, or in words why it cannot be believed. */
export type Decoded = TelegramValues | string

export interface TelegramEvents {
  readonly telegram: (values: TelegramValues, bytes: Buffer) => void
  /** Bytes that were thrown away, and why. */
  readonly broken: (why: string, bytes: Buffer) => void
}

/** Cuts a stream into telegrams. Bytes are valid only during a call, in both directions. */
export interface Decoder {
  readonly push: (chunk: Uint8Array) => void
  /** What is unfinished belongs to a stream that has ended. */
  readonly reset: () => void
}

/** What a format makes of the bytes that wait. */
export type Step =
  /** More bytes are needed. */
  | { readonly kind: 'wait' }
  /** The first `length` bytes are a telegram. */
  | { readonly kind: 'telegram'; readonly length: number; readonly values: TelegramValues }
  /** The first `length` bytes began like a telegram and are none. */
  | { readonly kind: 'broken'; readonly length: number; readonly why: string }
  /** The first `length` bytes stand between telegrams. */
  | { readonly kind: 'noise'; readonly length: number }

export const WAIT: Step = { kind: 'wait' }
/** The longest telegram: a DSMR one with a long text and a year of history has less than 6 KiB. */
export const TELEGRAM_LIMIT = 16 * 1024
/** More between telegrams than the rest of one that had begun before we came: the speed is wrong, or it is another device. */
const NOISE_LIMIT = 2048

/** Runs `step` over a stream as long as it finds something. */
export function decoder(step: (bytes: Buffer) => Step, { telegram, broken }: TelegramEvents): Decoder {
  const inbox = new Inbox(TELEGRAM_LIMIT)
  let noise = 0

  const hushed = (length: number): void => {
    noise += length
    if (noise < NOISE_LIMIT) return
    broken(`${noise} bytes and no telegram among them: check baud rate, format and protocol`, Buffer.alloc(0))
    noise = 0
  }
  /** Takes one step; false when it waits. */
  const once = (): boolean => {
    const { bytes } = inbox
    const found = bytes.length === 0 ? WAIT : step(bytes)
    switch (found.kind) {
      case 'wait':
        if (!inbox.full) return false
        broken(`longer than ${TELEGRAM_LIMIT} bytes`, bytes)
        inbox.drop(bytes.length)
        return true
      case 'telegram':
        noise = 0
        telegram(found.values, bytes.subarray(0, found.length))
        break
      case 'broken':
        broken(found.why, bytes.subarray(0, found.length))
        break
      case 'noise':
        hushed(found.length)
        break
    }
    inbox.drop(Math.max(1, found.length))
    return true
  }
  return {
    push: (chunk) => {
      let rest = chunk
      while (rest.length > 0) {
        rest = rest.subarray(inbox.add(rest))
        while (once());
      }
    },
    reset: () => {
      inbox.drop(inbox.bytes.length)
      noise = 0
    },
  }
}
