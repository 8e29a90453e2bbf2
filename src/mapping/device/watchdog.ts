import type { Clock } from '../../model/clock.ts'
import type { DeviceWrite } from '../../model/device.ts'
import { decodePoint } from '../values/decode.ts'
import { refused } from '../values/encode.ts'
import type { KeepAlive, Mapping, ReadPoint, WritePoint } from '../mapping.ts'
import { planItems } from './plan.ts'
import type { RegisterReader } from './register-reader.ts'
import type { Frame } from './register-writer.ts'
import type { StepContext, StepRunner } from './steps.ts'

/** The charger's own fail-safe: arms it, reads it back, and feeds its time-out while we live. */
export class Watchdog {
  readonly #mapping: Mapping
  readonly #clock: Clock
  readonly #unit: number
  readonly #reader: RegisterReader
  readonly #steps: StepRunner
  /** The time-out in force in seconds; null: unknown or switched off. */
  #timeoutSeconds: number | null = null
  #writtenAt = Number.NEGATIVE_INFINITY
  #begun = false
  #toggle = 0

  constructor(options: { mapping: Mapping; clock: Clock; unit: number; reader: RegisterReader; steps: StepRunner }) {
    this.#mapping = options.mapping
    this.#clock = options.clock
    this.#unit = options.unit
    this.#reader = options.reader
    this.#steps = options.steps
  }

  /** After connect: which time-out is in force already. */
  async begin(signal: AbortSignal): Promise<void> {
    const readback = this.#mapping.write?.failsafe?.timeoutReadback ?? null
    this.#timeoutSeconds =
      this.#alive?.every.kind === 'timeout' && readback !== null
        ? positive(await this.#readBack(readback, 1, signal))
        : this.#timeoutSeconds
    this.#writtenAt = this.#alive?.every.kind === 'fixed' ? Number.NEGATIVE_INFINITY : this.#clock.monotonic()
    this.#begun = true
  }

  /** Writes fail-safe current and time-out and compares what the device then shows. Throws DEVICE_VALUE_REFUSED when it shows something else. */
  async arm(
    connector: number,
    amps: number,
    timeoutSeconds: number,
    signal: AbortSignal,
  ): Promise<{ readonly writes: readonly DeviceWrite[]; readonly warnings: readonly string[] }> {
    const failSafe = this.#mapping.write?.failsafe ?? null
    if (failSafe === null) return { writes: [], warnings: [] }
    const context: StepContext = {
      connector,
      quantum: { kind: 'constant' },
      reason: `fail-safe ${amps} A after ${timeoutSeconds} s`,
      amps: null,
      force: true,
    }
    const parts: readonly {
      readonly point: WritePoint | null
      readonly readback: ReadPoint | null
      readonly wanted: number
      readonly name: string
      readonly context: StepContext
    }[] = [
      {
        point: failSafe.current,
        readback: failSafe.currentReadback,
        wanted: amps,
        name: 'current',
        context: { ...context, quantum: { kind: 'amps', amps } },
      },
      {
        point: failSafe.timeout,
        readback: failSafe.timeoutReadback,
        wanted: timeoutSeconds,
        name: 'time-out',
        context: { ...context, quantum: { kind: 'seconds', seconds: timeoutSeconds } },
      },
    ]
    // Both are checked before either is written: half a fail-safe is none.
    const frames: Frame[] = []
    for (const part of parts)
      if (part.point !== null) frames.push(await this.#steps.frame(part.point, part.context, 0, signal))
    const before = await this.#shown(parts, connector, signal)
    const armedAlready = parts.every((part, index) => part.point === null || near(before[index] ?? null, part.wanted))
    const writes: DeviceWrite[] = []
    for (const [index, part] of parts.entries()) {
      // Nor are the values themselves written again where they lie in flash.
      const kept =
        part.point === null ||
        part.point.share !== null ||
        (part.point.wears && near(before[index] ?? null, part.wanted))
      const force = part.point?.wears !== true
      const write =
        part.point === null || kept ? null : await this.#steps.write(part.point, { ...part.context, force }, signal)
      if (write !== null) writes.push(write)
    }
    const shared = sharedFrame(frames)
    if (shared !== null && !(shared.point.wears && armedAlready)) {
      const write = await this.#steps.writer.write(shared, true, signal)
      if (write !== null) writes.push(write)
    }
    // Storing costs flash: not again when the device shows the wanted values already.
    const persist = armedAlready
      ? failSafe.persist.filter((step) => !(step.kind === 'write' && step.point.wears))
      : failSafe.persist
    writes.push(...(await this.#steps.run(persist, context, signal)))
    const after = await this.#shown(parts, connector, signal)
    const warnings: string[] = []
    for (const [index, part] of parts.entries()) {
      const value = after[index] ?? null
      if (part.point === null || part.readback === null) continue
      if (value === null) warnings.push(`the fail-safe ${part.name} cannot be read back`)
      else if (!near(value, part.wanted))
        throw refused(
          `${this.#mapping.device}: the fail-safe ${part.name} reads ${value} after ${part.wanted} was written`,
        )
    }
    if (failSafe.timeout !== null) this.#timeoutSeconds = positive(timeoutSeconds)
    this.#writtenAt = this.#clock.monotonic()
    this.#begun = true
    return { writes, warnings }
  }

  nextAt(): number | null {
    const alive = this.#alive
    const period = this.#period()
    if (alive === null || period === null || !this.#begun) return null
    if (alive.write === null) return this.#reader.lastTrafficAt + period
    return this.#writtenAt === Number.NEGATIVE_INFINITY ? this.#clock.monotonic() : this.#writtenAt + period
  }

  async serve(signal: AbortSignal): Promise<readonly DeviceWrite[]> {
    const next = this.nextAt()
    return next === null || next > this.#clock.monotonic() ? [] : this.feed(null, signal)
  }

  /** One keep-alive now. `timeoutSeconds` stands in for the time-out in force (examples). */
  async feed(timeoutSeconds: number | null, signal: AbortSignal): Promise<readonly DeviceWrite[]> {
    const alive = this.#alive
    if (alive === null) return []
    if (alive.write === null) {
      const [item] = planItems(this.#mapping, this.#unit, 1)
      if (item !== undefined) await this.#reader.refresh([item], signal)
      this.#reader.noteTraffic()
      return []
    }
    const context: StepContext = {
      connector: 1,
      quantum: { kind: 'constant' },
      reason: 'keep-alive',
      amps: null,
      force: true,
    }
    if (alive.write === 'failsafe.timeout') {
      const point = this.#mapping.write?.failsafe?.timeout ?? null
      const seconds = timeoutSeconds ?? this.#timeoutSeconds
      if (point === null || seconds === null) return []
      const write = await this.#steps.write(point, { ...context, quantum: { kind: 'seconds', seconds } }, signal)
      this.#writtenAt = this.#clock.monotonic()
      return write === null ? [] : [write]
    }
    const frame = await this.#steps.frame(alive.write, context, this.#toggle, signal)
    const write = await this.#steps.writer.write(frame, true, signal)
    this.#toggle += 1
    this.#writtenAt = this.#clock.monotonic()
    return write === null ? [] : [write]
  }

  get #alive(): KeepAlive | null {
    return this.#mapping.write?.alive ?? null
  }

  #period(): number | null {
    const every = this.#alive?.every
    if (every === undefined) return null
    if (every.kind === 'fixed') return every.ms
    return this.#timeoutSeconds === null ? null : (this.#timeoutSeconds * 1000) / every.divisor
  }

  async #shown(
    parts: readonly { readonly readback: ReadPoint | null }[],
    connector: number,
    signal: AbortSignal,
  ): Promise<readonly (number | null)[]> {
    const values: (number | null)[] = []
    for (const part of parts)
      values.push(part.readback === null ? null : await this.#readBack(part.readback, connector, signal))
    return values
  }

  async #readBack(point: ReadPoint, connector: number, signal: AbortSignal): Promise<number | null> {
    const words = await this.#steps.readWords(point, connector, signal)
    const value = words === null ? null : decodePoint(point, words, 1)
    return typeof value === 'number' ? value : null
  }
}

/** One order that carries both numbers; null when each has its own. */
function sharedFrame(frames: readonly Frame[]): Frame | null {
  const parts = frames.filter(({ point }) => point.share !== null)
  const [first] = parts
  if (first === undefined) return null
  return { ...first, words: [parts.reduce((sum, { words: [word = 0] }) => sum + word, 0)] }
}

function positive(value: number | null): number | null {
  return value !== null && value > 0 ? value : null
}

/** The device may round to its own grid. */
function near(value: number | null, wanted: number): boolean {
  return value !== null && Math.abs(value - wanted) < 1 && (wanted === 0) === (value === 0)
}
