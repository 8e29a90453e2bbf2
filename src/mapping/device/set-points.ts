import type { Clock } from '../../model/clock.ts'
import type { DeviceCommand, DeviceWrite } from '../../model/device.ts'
import { isBridgeError } from '../../model/errors.ts'
import { gateAmps } from '../values/encode.ts'
import type { Quantum } from '../values/encode.ts'
import type { Mapping, Step } from '../mapping.ts'
import type { Frame, RegisterWriter } from './register-writer.ts'
import { writesOf } from '../language/safety.ts'
import type { Idle, StepContext, StepRunner } from './steps.ts'
import type { ToldRanges } from './told-ranges.ts'

/** A pause up to this is waited for inside the command (see RegisterWriter). */
const SHORT_GAP_MS = 10_000

type Order = Extract<DeviceCommand, { kind: 'current' | 'pause' | 'resume' }>

interface Rewrite {
  frame: Frame
  readonly quantum: Quantum
  readonly periodMs: number
  dueAt: number
}

interface Standing {
  /** Infinite while nobody knows what the device has: any order then counts as a decrease. */
  amps: number
  /** Monotonic ms. */
  writtenAt: number
  rewrites: Rewrite[]
  /** An increase that a wear-limited register must wait for. */
  deferred: { readonly order: Exclude<Order, { kind: 'pause' }>; readonly dueAt: number } | null
}

/** The orders current, pause and resume: what stands per connector, when it is written again, and increases that have to wait. */
export class SetPoints {
  readonly #mapping: Mapping
  readonly #steps: StepRunner
  readonly #writer: RegisterWriter
  readonly #ranges: ToldRanges
  readonly #clock: Clock
  readonly #idle: Idle
  readonly #standing = new Map<number, Standing>()
  /** Last set-point by connector that may have worn flash, in A; a lost connection does not end it. */
  readonly #worn = new Map<number, number>()

  constructor(options: {
    readonly mapping: Mapping
    readonly steps: StepRunner
    readonly writer: RegisterWriter
    readonly ranges: ToldRanges
    readonly clock: Clock
    readonly idle: Idle
  }) {
    this.#ranges = options.ranges
    this.#mapping = options.mapping
    this.#steps = options.steps
    this.#writer = options.writer
    this.#clock = options.clock
    this.#idle = options.idle
  }

  clear(): void {
    this.#standing.clear()
  }

  async order(connector: number, order: Order, signal: AbortSignal): Promise<readonly DeviceWrite[]> {
    if (order.kind === 'current' && order.amps === 0) return this.order(connector, { kind: 'pause' }, signal)
    if (order.kind === 'pause') return this.#carryOut(connector, order, signal)
    for (const point of this.#setPointWrites())
      gateAmps(this.#ranges.narrowed(point, connector), order.amps, `${this.#mapping.device}, ${order.kind}`)
    const wait = this.#mustWait(connector, order)
    if (wait > 0) {
      const standing = this.#standing.get(connector) ?? {
        amps: Number.POSITIVE_INFINITY,
        writtenAt: 0,
        rewrites: [],
        deferred: null,
      }
      this.#standing.set(connector, { ...standing, deferred: { order, dueAt: this.#clock.monotonic() + wait } })
      return []
    }
    return this.#carryOut(connector, order, signal)
  }

  /**
   * The device shows a higher limit than was ordered, some time after the order: it restarted, or somebody else steers it. The next
   * order is then written even when it is the same (`on_change` would keep it back).
   */
  compare(connector: number, shownAmps: number | null, readAt: number): void {
    const standing = this.#standing.get(connector)
    if (
      standing === undefined ||
      shownAmps === null ||
      standing.amps === 0 ||
      standing.amps === Number.POSITIVE_INFINITY
    )
      return
    if (readAt < standing.writtenAt + this.#mapping.transport.settleMs || shownAmps <= standing.amps + 0.5) return
    for (const point of this.#setPointWrites()) this.#writer.forgetOne(point, connector)
  }

  /** `resume` without a new set-point: what the device had. */
  resumeAsIs(connector: number, signal: AbortSignal): Promise<readonly DeviceWrite[]> {
    const steps = this.#mapping.write?.resume ?? []
    return this.#steps.run(
      steps,
      { connector, quantum: { kind: 'constant' }, reason: 'resume', amps: null, force: true },
      signal,
    )
  }

  async serve(signal: AbortSignal): Promise<readonly DeviceWrite[]> {
    const writes: DeviceWrite[] = []
    for (const [connector, standing] of this.#standing) {
      const now = this.#clock.monotonic()
      if (standing.deferred !== null && standing.deferred.dueAt <= now) {
        writes.push(...(await this.#carryOut(connector, standing.deferred.order, signal)))
        continue
      }
      for (const rewrite of standing.rewrites) {
        if (rewrite.dueAt > now) continue
        const frame = await this.#renewed(rewrite, signal)
        rewrite.frame = frame
        const write = await this.#writer.write({ ...frame, reason: `${frame.reason}, again` }, true, signal)
        rewrite.dueAt = this.#clock.monotonic() + rewrite.periodMs
        if (write !== null) writes.push(write)
      }
    }
    return writes
  }

  /**
   * A calculated set-point (watts, say) is worked out anew: the phases in use may be others by now. Where a value for it is missing, the
   * order stands as it was, for the device would otherwise forget it.
   */
  async #renewed({ frame, quantum }: Rewrite, signal: AbortSignal): Promise<Frame> {
    const { point, connector, reason } = frame
    if (point.calc === null) return frame
    try {
      return await this.#steps.frame(point, { connector, quantum, reason, amps: null, force: true }, 0, signal)
    } catch (error) {
      if (isBridgeError(error, 'DEVICE_VALUE_REFUSED')) return frame
      throw error
    }
  }

  /** Switches phases; a device that must not be switched under load is paused before and goes on after with what stood. */
  async switchPhases(connector: number, count: 1 | 3, signal: AbortSignal): Promise<readonly DeviceWrite[]> {
    const phases = this.#mapping.write?.phases ?? null
    if (phases === null) return []
    const quantum: Quantum = { kind: 'phases', count }
    const context = { connector, quantum, reason: `phases ${count}`, amps: null, force: true }
    const steps = count === 1 ? phases.one : phases.three
    if (phases.pausedMs === null) return this.#steps.run(steps, context, signal)
    const stood = this.#standing.get(connector)?.amps ?? 0
    const resume = async (): Promise<readonly DeviceWrite[]> =>
      stood === 0 || stood === Number.POSITIVE_INFINITY
        ? []
        : this.order(connector, { kind: 'resume', amps: stood }, signal)
    // `if` beside `paused` is about what the box has: nobody is paused for a switch that cannot be.
    await this.#steps.check(steps, context, signal)
    const paused = await this.order(connector, { kind: 'pause' }, signal)
    await this.#idle(phases.pausedMs, signal)
    let switched: readonly DeviceWrite[]
    try {
      switched = await this.#steps.run(steps, context, signal)
    } catch (error) {
      // A box that cannot switch goes on as before.
      if (isBridgeError(error, 'DEVICE_VALUE_REFUSED')) await resume()
      throw error
    }
    if (stood > 0) await this.#idle(phases.pausedMs, signal)
    return [...paused, ...switched, ...(await resume())]
  }

  nextAt(): number | null {
    const times = [...this.#standing.values()].flatMap((standing) => [
      ...standing.rewrites.map((rewrite) => rewrite.dueAt),
      ...(standing.deferred === null ? [] : [standing.deferred.dueAt]),
    ])
    return times.length === 0 ? null : Math.min(...times)
  }

  async #carryOut(connector: number, order: Order, signal: AbortSignal): Promise<readonly DeviceWrite[]> {
    const write = this.#mapping.write
    const amps = order.kind === 'pause' ? 0 : order.amps
    const reason = order.kind === 'pause' ? 'pause' : `${order.kind} ${order.amps} A`
    const rewrites: Rewrite[] = []
    const before = this.#standing.get(connector)
    // A pause that is ordered again was not obeyed: it is as urgent as the first.
    const decrease = order.kind === 'pause' || amps < (before?.amps ?? Number.POSITIVE_INFINITY)
    const standing: Standing = {
      amps: Number.POSITIVE_INFINITY,
      writtenAt: before?.writtenAt ?? this.#clock.monotonic(),
      rewrites,
      deferred: null,
    }
    // From here on the old order no longer stands, also when a frame of the new one fails.
    this.#standing.set(connector, standing)
    const onFrame = (frame: Frame, quantum: Quantum): void => {
      if (frame.point.rewriteMs !== null)
        rewrites.push({
          frame,
          quantum,
          periodMs: frame.point.rewriteMs,
          dueAt: this.#clock.monotonic() + frame.point.rewriteMs,
        })
    }
    const common = { connector, reason, decrease, onFrame }
    const writes =
      order.kind === 'current'
        ? await this.#steps.run(
            write?.current ?? [],
            { ...common, quantum: { kind: 'amps', amps }, amps, force: false },
            signal,
          )
        : await this.#switch(order, common, signal)
    standing.amps = amps
    this.#worn.set(connector, amps)
    if (writes.length > 0) standing.writtenAt = this.#clock.monotonic()
    return writes
  }

  /** Pause and resume go out whole, though nothing changed: they are what ends a charger's own ideas. */
  #switch(
    order: Exclude<Order, { kind: 'current' }>,
    common: Pick<StepContext, 'connector' | 'reason' | 'decrease' | 'onFrame'>,
    signal: AbortSignal,
  ): Promise<readonly DeviceWrite[]> {
    const write = this.#mapping.write
    const steps = write?.[order.kind] ?? []
    // A charger is never let go at a limit that nobody ordered: where `resume` does not set the current, it is set before.
    const setsCurrent = order.kind === 'pause' || mentionsCurrent(steps) || (write?.current ?? []).length === 0
    const before: readonly Step[] = setsCurrent ? [] : [{ kind: 'use', name: 'current' }]
    return this.#steps.run(
      [...before, ...steps],
      { ...common, quantum: { kind: 'constant' }, amps: order.kind === 'pause' ? null : order.amps, force: true },
      signal,
    )
  }

  #setPointWrites() {
    return writesOf(this.#mapping.write?.current ?? []).filter((point) => point.value === null)
  }

  /** Time an increase must wait for a register with a long gap; a decrease never waits. */
  #mustWait(connector: number, order: Exclude<Order, { kind: 'pause' }>): number {
    const wear = this.#wearWait(connector, order)
    const standing = this.#standing.get(connector)
    if (standing === undefined || order.amps <= standing.amps) return wear
    const waits = this.#setPointWrites().map((point) =>
      point.minGapMs > SHORT_GAP_MS ? this.#writer.gapLeft(point, connector) : 0,
    )
    return Math.max(wear, ...waits)
  }

  /** Time an order that does not lower the current must wait because its registers are flash and were written too often (H23). */
  #wearWait(connector: number, order: Exclude<Order, { kind: 'pause' }>): number {
    const before = this.#worn.get(connector)
    if (before !== undefined && order.amps < before) return 0
    // The same again costs nothing: the writer keeps it back.
    if (order.kind === 'current' && order.amps === before) return 0
    const steps = [
      ...(this.#mapping.write?.current ?? []),
      ...(order.kind === 'resume' ? (this.#mapping.write?.resume ?? []) : []),
    ]
    return Math.max(0, ...writesOf(steps).map((point) => this.#writer.wearLeft(point, connector)))
  }

  /** Orders that wait for a register that wears, for people. */
  get warnings(): readonly string[] {
    return [...this.#standing].flatMap(([connector, { deferred }]) => {
      if (deferred === null || this.#wearWait(connector, deferred.order) === 0) return []
      const minutes = Math.ceil((deferred.dueAt - this.#clock.monotonic()) / 60_000)
      return [
        `connector ${connector}: ${deferred.order.amps} A wait for ${minutes} min, because the register is flash and was written too often`,
      ]
    })
  }
}

function mentionsCurrent(steps: readonly Step[]): boolean {
  return steps.some(
    (step) =>
      (step.kind === 'use' && step.name === 'current') || (step.kind === 'write' && step.point.unit?.quantity === 'A'),
  )
}
