import { numbersIn } from '../values/words.ts'
import type { Clock } from '../../model/clock.ts'
import type { DeviceWrite } from '../../model/device.ts'
import type { DeviceTiming } from '../../model/driver.ts'
import { isPossible, writePlaceOf } from '../values/address.ts'
import { putBits } from '../values/decode.ts'
import { refused } from '../values/encode.ts'
import { refuseForbidden } from '../language/forbidden.ts'
import type { Cells } from './cells.ts'
import type { Mapping, WritePoint } from '../mapping.ts'
import { decodeNumber, encodeNumber, isText } from '../values/number-codec.ts'
import type { RegisterReader } from './register-reader.ts'
import { everyWrite } from '../language/safety.ts'
import { WearBook, WRITES_PER_DAY } from './wear.ts'
import type { Wear } from './wear.ts'

/** A gap up to this is waited for; a longer one (contactor, flash) is for the caller to see. */
const LONGEST_WAIT_MS = 10_000

export interface Frame {
  readonly point: WritePoint
  readonly connector: number
  readonly words: readonly number[]
  readonly reason: string
  /** A decrease: a long gap that spares the hardware does not hold it up. */
  readonly decrease: boolean
}

/** Puts frames on the wire: gaps between writes, repetition, bits inside a register, and what was written last. */
export class RegisterWriter {
  readonly #mapping: Mapping
  readonly #link: Cells
  readonly #clock: Clock
  readonly #timing: DeviceTiming
  readonly #unit: number
  readonly #reader: RegisterReader
  readonly #lastWords = new Map<string, readonly number[]>()
  readonly #lastAt = new Map<string, number>()
  readonly #wear: WearBook
  readonly #perDays = new Map<string, number | null>()
  #lastWriteAt = Number.NEGATIVE_INFINITY

  constructor(options: {
    mapping: Mapping
    link: Cells
    clock: Clock
    timing: DeviceTiming
    unit: number
    reader: RegisterReader
  }) {
    this.#mapping = options.mapping
    this.#link = options.link
    this.#clock = options.clock
    this.#timing = options.timing
    this.#unit = options.unit
    this.#reader = options.reader
    this.#wear = new WearBook(options.clock)
  }

  /** The device may have restarted: nothing that was written counts as known. Gaps stay, they protect the hardware. */
  forget(): void {
    this.#lastWords.clear()
  }

  forgetOne(point: WritePoint, connector: number): void {
    this.#lastWords.delete(this.#key(point, connector))
  }

  /** How long this register must still be left alone, ms. */
  gapLeft(point: WritePoint, connector: number): number {
    const now = this.#clock.monotonic()
    const own = (this.#lastAt.get(this.#key(point, connector)) ?? Number.NEGATIVE_INFINITY) + point.minGapMs - now
    const any = this.#lastWriteAt + this.#mapping.transport.minGapMs - now
    return Math.max(0, own, any)
  }

  /** How long a register that wears must not be written again, ms; 0 for all others. */
  wearLeft(point: WritePoint, connector: number): number {
    const perDay = this.#perDay(point, connector)
    const { unit, address } = writePlaceOf(point, this.#mapping, this.#unit, connector)
    return perDay === null ? 0 : this.#wear.waitMs({ unit, table: point.table, address }, perDay)
  }

  get wear(): readonly Wear[] {
    return this.#wear.list()
  }

  /** Writes one frame. `force` sends it though nothing changed. Returns what went out, null when nothing had to. */
  async write(frame: Frame, force: boolean, signal: AbortSignal): Promise<DeviceWrite | null> {
    const { point, connector } = frame
    const key = this.#key(point, connector)
    const { unit, address } = writePlaceOf(point, this.#mapping, this.#unit, connector)
    const known = this.#lastWords.get(key)
    if (!force && (point.onChange || point.wears) && known !== undefined && same(known, frame.words)) return null
    const gap = this.gapLeft(point, connector)
    if (gap > LONGEST_WAIT_MS && !frame.decrease) {
      throw refused(`${frame.reason}: the device must be left alone for another ${Math.ceil(gap / 1000)} s`)
    }
    if (!isPossible({ address, count: frame.words.length }))
      throw refused(`${frame.reason}: there is no register ${address}; an option moves it there`)
    refuseForbidden(this.#mapping, point.table, address, frame.words.length)
    const place = { unit, table: point.table, address }
    const perDay = this.#perDay(point, connector)
    if (perDay !== null && this.#wear.waitMs(place, perDay) > 0 && !this.#isLower(frame, place)) {
      // Flash keeps its value: what was written last stands there still.
      if (sameWords(this.#wear.lastWords(place), frame.words)) return null
      throw refused(
        `${frame.reason}: ${point.table} register ${address} is flash and was written ${perDay} times in 24 hours`,
      )
    }
    if (gap > 0 && gap <= LONGEST_WAIT_MS) await this.#clock.sleep(gap, signal)
    const words =
      point.bits === null || point.mask ? frame.words : await this.#insideRegister(frame, unit, address, signal)
    const functionCode = point.functionCode ?? (point.table === 'coil' ? 5 : words.length === 1 ? 6 : 16)
    this.#lastWords.delete(key)
    let message: string | null = null
    for (let time = 0; time < point.repeat; time++) {
      const options = { timing: this.#timing, urgency: 'urgent', signal } as const
      if (perDay !== null) this.#wear.note(place, perDay, frame.words)
      if (point.mask && point.bits !== null) {
        const all = putBits(0, point.bits, 2 ** (point.bits.high - point.bits.low + 1) - 1)
        await this.#link.write(
          { kind: 'mask', unit, address, andMask: 0xffff - all, orMask: putBits(0, point.bits, words[0] ?? 0) },
          options,
        )
      } else {
        message = await this.#link.write(
          { kind: 'cells', unit, table: point.table, address, words, functionCode: point.functionCode },
          options,
        )
      }
    }
    const now = this.#clock.monotonic()
    this.#lastWords.set(key, frame.words)
    this.#lastAt.set(key, now)
    this.#lastWriteAt = now
    this.#reader.noteTraffic()
    return {
      unit,
      table: point.table,
      address,
      words,
      functionCode: point.table === 'message' ? 0 : point.mask ? 22 : functionCode,
      ...(message === null ? {} : { message }),
      reason: frame.reason,
    }
  }

  /** Read, change the bits, write: the neighbours in the register stay as they are. */
  async #insideRegister(frame: Frame, unit: number, address: number, signal: AbortSignal): Promise<readonly number[]> {
    const { bits, order } = frame.point
    const stored = await this.#reader.readOnce({ unit, table: 'holding', address, count: 1 }, signal)
    const words = stored === null ? null : numbersIn(stored)
    if (words === null || bits === null)
      throw refused(`${frame.reason}: register ${address} cannot be read, so its other bits are unknown`)
    return encodeNumber(putBits(decodeNumber(words, 'u16', order), bits, frame.words[0] ?? 0), 'u16', order)
  }

  /** Writes in 24 hours that the register stands, by any line of the file that says it wears; null: it does not wear. */
  #perDay(point: WritePoint, connector: number): number | null {
    const key = this.#key(point, connector)
    const known = this.#perDays.get(key)
    if (known !== undefined) return known
    const here = writePlaceOf(point, this.#mapping, this.#unit, connector)
    const wearing = (this.#mapping.write === null ? [] : everyWrite(this.#mapping.write)).filter(({ point: other }) => {
      const place = writePlaceOf(other, this.#mapping, this.#unit, connector)
      return other.wears && other.table === point.table && place.unit === here.unit && place.address === here.address
    })
    const perDay =
      wearing.length === 0 ? null : Math.min(...wearing.map(({ point: other }) => other.writesPerDay ?? WRITES_PER_DAY))
    this.#perDays.set(key, perDay)
    return perDay
  }

  /** A decrease also by what was written last, so that a lost connection is no way around the limit. */
  #isLower(frame: Frame, place: { readonly unit: number; readonly table: string; readonly address: number }): boolean {
    const { type, order, value } = frame.point
    if (!frame.decrease) return false
    const last = this.#wear.lastWords(place)
    if (value !== null || last === null || isText(type)) return true
    return decodeNumber(frame.words, type, order) < decodeNumber(last, type, order)
  }

  #key(point: WritePoint, connector: number): string {
    const { unit, address } = writePlaceOf(point, this.#mapping, this.#unit, connector)
    return `${unit}/${point.table}/${address}/${point.bits === null ? '' : `${point.bits.high}.${point.bits.low}`}`
  }
}

function sameWords(a: readonly number[] | null, b: readonly number[]): boolean {
  return a !== null && same(a, b)
}

function same(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((word, index) => word === b[index])
}
