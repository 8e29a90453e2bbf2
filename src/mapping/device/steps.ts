import { isSignalName, sourceNames } from '../values/source-names.ts'
import type { Clock } from '../../model/clock.ts'
import type { DeviceWrite } from '../../model/device.ts'
import { placeKey, placesOf } from '../values/address.ts'
import { decodeRaw } from '../values/decode.ts'
import { guardCalculated } from '../values/calculated-current.ts'
import { gateAmps, guardWords, rawOf, refused, wordsFor } from '../values/encode.ts'
import type { Quantum } from '../values/encode.ts'
import { namesIn } from '../values/expression.ts'
import type { Mapping, ReadPoint, Source, Step, Word, WritePoint } from '../mapping.ts'
import type { RegisterReader } from './register-reader.ts'
import type { Frame, RegisterWriter } from './register-writer.ts'
import type { ToldRanges } from './told-ranges.ts'
import { holds, nameResolver, valueOf } from '../values/values.ts'
import type { WordsOf } from '../values/values.ts'

export interface StepContext {
  readonly connector: number
  readonly quantum: Quantum
  readonly reason: string
  /** Amperes for a `current` step inside another command; null: that step is left out. */
  readonly amps: number | null
  /** Send frames though nothing changed. */
  readonly force: boolean
  /** The order takes current away: it must not wait for a long gap. */
  readonly decrease?: boolean | undefined
  /** Called with each frame of the set-point that went out. */
  readonly onFrame?: ((frame: Frame, quantum: Quantum) => void) | undefined
}

/** Waits inside a command; what the device must be told meanwhile (keep-alive, expiring set-points) still goes out. */
export type Idle = (ms: number, signal: AbortSignal) => Promise<void>

const VERIFY_EVERY_MS = 200

/** Carries out steps: write, wait, verify, and the commands that a list names. */
export class StepRunner {
  readonly #mapping: Mapping
  readonly #clock: Clock
  readonly #unit: number
  readonly #reader: RegisterReader
  readonly #writer: RegisterWriter
  readonly #wordsOf: (connector: number) => WordsOf
  readonly #ranges: ToldRanges
  readonly #idle: Idle

  constructor(options: {
    mapping: Mapping
    clock: Clock
    unit: number
    reader: RegisterReader
    writer: RegisterWriter
    wordsOf: (connector: number) => WordsOf
    ranges: ToldRanges
    idle: Idle
  }) {
    this.#mapping = options.mapping
    this.#clock = options.clock
    this.#unit = options.unit
    this.#reader = options.reader
    this.#writer = options.writer
    this.#wordsOf = options.wordsOf
    this.#ranges = options.ranges
    this.#idle = options.idle
  }

  /** Carries steps out. What can be known to be refused is refused before the first of several frames goes out. */
  async run(steps: readonly Step[], context: StepContext, signal: AbortSignal): Promise<readonly DeviceWrite[]> {
    await this.#lookAhead(steps, context, signal)
    return this.#carryOut(steps, context, signal)
  }

  /** A command that stops half-way leaves the device in a state that nobody ordered. Conditions may depend on earlier steps: not asked here. */
  async #lookAhead(steps: readonly Step[], context: StepContext, signal: AbortSignal): Promise<void> {
    const writes = this.#flat(steps, context)
    if (writes.length < 2) return
    for (const { point, quantum } of writes.slice(1))
      if (point.value === null) await this.frame({ ...point, condition: null }, { ...context, quantum }, 0, signal)
  }

  /** Refuses what the conditions of these steps do not allow now, before anything is written. */
  async check(steps: readonly Step[], context: StepContext, signal: AbortSignal): Promise<void> {
    for (const { point, quantum } of this.#flat(steps, context))
      await this.frame(point, { ...context, quantum }, 0, signal)
  }

  #flat(steps: readonly Step[], context: StepContext): readonly { point: WritePoint; quantum: Quantum }[] {
    return steps.flatMap((step) => {
      if (step.kind === 'write') return [{ point: step.point, quantum: context.quantum }]
      if (step.kind !== 'use' || (step.name === 'current' && context.amps === null)) return []
      return this.#flat(this.#mapping.write?.[step.name] ?? [], { ...context, quantum: quantumOf(step.name, context) })
    })
  }

  async #carryOut(steps: readonly Step[], context: StepContext, signal: AbortSignal): Promise<readonly DeviceWrite[]> {
    const writes: DeviceWrite[] = []
    for (const step of steps) {
      if (step.kind === 'wait') {
        await this.#idle(step.ms, signal)
      } else if (step.kind === 'verify') {
        await this.#verify(step, context, signal)
      } else if (step.kind === 'use') {
        if (step.name === 'current' && context.amps === null) continue
        const quantum = quantumOf(step.name, context)
        writes.push(...(await this.#carryOut(this.#mapping.write?.[step.name] ?? [], { ...context, quantum }, signal)))
      } else {
        const write = await this.write(step.point, context, signal)
        if (write !== null) writes.push(write)
      }
    }
    return writes
  }

  /** One write point; null when it had not changed. */
  async write(point: WritePoint, context: StepContext, signal: AbortSignal): Promise<DeviceWrite | null> {
    const frame = await this.frame(point, context, 0, signal)
    const write = await this.#writer.write(frame, context.force, signal)
    context.onFrame?.(frame, context.quantum)
    return write
  }

  /** The frame that would be written. Refuses what may not be written, before anything is sent. */
  async frame(point: WritePoint, context: StepContext, toggle: number, signal: AbortSignal): Promise<Frame> {
    const { connector, reason } = context
    const what = `${this.#mapping.device}, ${reason}`
    if (
      point.condition !== null &&
      !holds(point.condition, await this.fresh(namesIn(point.condition), connector, signal))
    ) {
      throw refused(`${what}: the device does not allow this now (its condition in the mapping is not met)`)
    }
    let quantum = context.quantum
    if (quantum.kind === 'amps' && point.value === null)
      quantum = { kind: 'amps', amps: gateAmps(this.#ranges.narrowed(point, connector), quantum.amps, what) }
    if (
      quantum.kind === 'seconds' &&
      point.range !== null &&
      (quantum.seconds < point.range.min || quantum.seconds > point.range.max)
    ) {
      throw refused(`${what}: ${quantum.seconds} s is outside ${point.range.min} to ${point.range.max} s`)
    }
    const names = point.calc === null ? () => null : valueOf(await this.fresh(namesIn(point.calc), connector, signal))
    const raw = rawOf(point, quantum, names, toggle, what)
    const words = point.bits === null ? wordsFor(point, raw, what) : [raw]
    guardWords(point, words, what)
    if (quantum.kind === 'amps') guardCalculated(point, words, names, what)
    return { point, connector, words, reason, decrease: context.decrease ?? false }
  }

  /** Values of names, read now: a decision about a write is not made on old data. */
  async fresh(
    names: Iterable<string>,
    connector: number,
    signal: AbortSignal,
  ): Promise<ReturnType<typeof nameResolver>> {
    const mapping = this.#mapping
    const open = [...names]
    const seen = new Set(open)
    for (let name = open.pop(); name !== undefined; name = open.pop()) {
      const source = sourceNamed(mapping, name)
      if (source === undefined) continue
      if (source.kind === 'point') {
        await this.#reader.refresh(
          placesOf(source.point, mapping, this.#unit, connector).map((place) => ({
            ...place,
            key: placeKey(place),
            poll: 'fast',
            names: [],
          })),
          signal,
        )
      }
      for (const needed of sourceNames(source)) {
        if (!seen.has(needed)) open.push(needed)
        seen.add(needed)
      }
    }
    return nameResolver(mapping, this.#wordsOf(connector), connector)
  }

  async #verify(step: Extract<Step, { kind: 'verify' }>, context: StepContext, signal: AbortSignal): Promise<void> {
    const deadline = this.#clock.monotonic() + step.withinMs
    for (;;) {
      const value = await this.readRaw(step.point, context.connector, signal)
      if (value === step.is) return
      if (this.#clock.monotonic() >= deadline) {
        throw refused(
          `${this.#mapping.device}, ${context.reason}: register ${step.point.addresses[0]?.base ?? 0} is ${String(value)}, not ${step.is}`,
        )
      }
      await this.#idle(VERIFY_EVERY_MS, signal)
    }
  }

  async readRaw(point: ReadPoint, connector: number, signal: AbortSignal): Promise<number | string | null> {
    const words = await this.readWords(point, connector, signal)
    return words === null ? null : decodeRaw(point, words)
  }

  async readWords(point: ReadPoint, connector: number, signal: AbortSignal): Promise<readonly Word[] | null> {
    const [place] = placesOf(point, this.#mapping, this.#unit, connector)
    return place === undefined ? null : this.#reader.readOnce(place, signal)
  }

  get writer(): RegisterWriter {
    return this.#writer
  }
}

function quantumOf(name: 'current' | 'pause' | 'resume', context: StepContext): Quantum {
  return name === 'current' ? { kind: 'amps', amps: context.amps ?? 0 } : { kind: 'constant' }
}

function sourceNamed(mapping: Mapping, name: string): Source | undefined {
  const point = mapping.points.get(name)
  if (point !== undefined) return point
  return isSignalName(name) ? mapping.signals.get(name) : undefined
}
