import { numbersIn } from '../values/words.ts'
import type { Clock } from '../../model/clock.ts'
import type { DeviceCapabilities, DeviceCommand, DeviceIdentity, DeviceWrite } from '../../model/device.ts'
import type { DeviceTiming } from '../../model/driver.ts'
import { BridgeError, isBridgeError } from '../../model/errors.ts'
import type { DeviceReading } from '../../model/signal.ts'
import { placeKey, placesOf } from '../values/address.ts'
import type { Cells } from './cells.ts'
import { decodePoint } from '../values/decode.ts'
import { capabilitiesOf } from '../language/capabilities.ts'
import { refused } from '../values/encode.ts'
import type { Mapping, ReadPoint } from '../mapping.ts'
import { lookAt } from './look.ts'
import type { Look } from './look.ts'
import { planItems, planLimits } from './plan.ts'
import { recognise } from './recognise.ts'
import { RegisterReader } from './register-reader.ts'
import type { Cell } from './register-reader.ts'
import { RegisterWriter } from './register-writer.ts'
import { SetPoints } from './set-points.ts'
import { StepRunner } from './steps.ts'
import type { Idle } from './steps.ts'
import { signalTaker } from '../values/take-signals.ts'
import { ToldRanges } from './told-ranges.ts'
import type { SignalTaker } from '../values/take-signals.ts'
import { holdMemory, valueOf } from '../values/values.ts'
import type { WordsOf } from '../values/values.ts'
import type { Fingerprint } from '../language/variants.ts'
import { Watchdog } from './watchdog.ts'
import type { Wear } from './wear.ts'
import type { DeviceOptions, MappedDevice } from './mapped-device.ts'

function timingOf(mapping: Mapping, over: Partial<DeviceTiming> = {}): DeviceTiming {
  const { timeoutMs, pauseMs, retries, connectDelayMs } = mapping.transport
  return { timeoutMs, pauseMs, retries, connectDelayMs, ...over }
}

const IDLE_GRAIN_MS = 50

/** A device of one mapping that is settled: no variants, all registers known. */
export class MappingDevice implements MappedDevice {
  readonly mapping: Mapping
  readonly #capabilities: DeviceCapabilities
  readonly #ranges: ToldRanges
  #rangeReads = 0
  readonly #clock: Clock
  readonly #unit: number
  readonly #reader: RegisterReader
  readonly #writer: RegisterWriter
  readonly #steps: StepRunner
  readonly #setPoints: SetPoints
  readonly #watchdog: Watchdog
  readonly #words = new Map<number, WordsOf>()
  /** By connector - 1. */
  #takers: readonly SignalTaker[] = []
  #connectors: number
  readonly #countKnown: boolean
  #counted: boolean
  #identity: DeviceIdentity
  #warnings: readonly string[] = []
  /** True while something is served inside a command's wait: its own waits serve nothing. */
  #idles = false

  constructor(mapping: Mapping, link: Cells, url: string, options: DeviceOptions) {
    this.mapping = mapping
    this.#capabilities = capabilitiesOf(mapping)
    this.#ranges = new ToldRanges(mapping)
    this.#clock = options.clock
    this.#unit = options.unit ?? mapping.transport.unit
    const timing = timingOf(mapping, options.timing)
    const common = { link, clock: options.clock, timing, unit: this.#unit }
    const limits = planLimits(mapping, url, options.serialBaud ?? null)
    this.#reader = new RegisterReader({ ...common, limits })
    this.#writer = new RegisterWriter({ ...common, mapping, reader: this.#reader })
    const idle: Idle = (ms, signal) => this.#idle(ms, signal)
    this.#steps = new StepRunner({
      mapping,
      clock: options.clock,
      unit: this.#unit,
      reader: this.#reader,
      writer: this.#writer,
      wordsOf: (connector) => this.#wordsOf(connector),
      ranges: this.#ranges,
      idle,
    })
    this.#setPoints = new SetPoints({
      mapping,
      steps: this.#steps,
      writer: this.#writer,
      ranges: this.#ranges,
      clock: options.clock,
      idle,
    })
    this.#watchdog = new Watchdog({
      mapping,
      clock: options.clock,
      unit: this.#unit,
      reader: this.#reader,
      steps: this.#steps,
    })
    this.#connectors =
      options.connectors ?? (typeof mapping.connectors.count === 'number' ? mapping.connectors.count : 1)
    this.#countKnown = options.connectors !== undefined || typeof mapping.connectors.count === 'number'
    this.#counted = this.#countKnown
    this.#identity = { vendor: mapping.vendor, model: mapping.model, serial: null, firmware: null }
    this.#reader.setItems(planItems(mapping, this.#unit, this.#connectors))
  }

  get connectors(): number {
    return this.#connectors
  }

  get identity(): DeviceIdentity {
    return this.#identity
  }

  get warnings(): readonly string[] {
    const { warning } = this.#ranges
    return [...this.#warnings, ...(warning === null ? [] : [warning]), ...this.#setPoints.warnings]
  }

  /** The range of the set-point is that of the file until the device tells a narrower one. */
  get capabilities(): DeviceCapabilities {
    const told = this.#ranges.common
    const { current } = this.#capabilities
    if (told === null || current === null) return this.#capabilities
    return {
      ...this.#capabilities,
      current: { ...current, minAmps: Math.max(current.minAmps, told.min), maxAmps: told.max },
    }
  }

  get wear(): readonly Wear[] {
    return this.#writer.wear
  }

  async connect(signal: AbortSignal): Promise<readonly DeviceWrite[]> {
    this.#reader.forget()
    this.#writer.forget()
    this.#ranges.forget()
    this.#takers = []
    this.#counted = this.#countKnown
    const { identity, warnings } = await recognise(this.mapping, this.#reader, this.#unit, signal)
    this.#identity = identity
    this.#warnings = warnings
    await this.#count(signal)
    this.#rangeReads = 0
    await this.#askRange(signal)
    const writes = await this.startUp(signal)
    await this.#watchdog.begin(signal)
    return writes
  }

  async poll(rate: 'fast' | 'all', signal: AbortSignal): Promise<readonly DeviceReading[]> {
    if (!this.#counted) await this.#count(signal)
    await this.#askRange(signal)
    await this.#reader.poll(rate, signal)
    if (this.#takers.length !== this.#connectors) this.#takers = this.#makeTakers()
    return this.#takers.map((take, index) => {
      const connector = index + 1
      const { values, takenAt } = take()
      this.#setPoints.compare(connector, values.limit, takenAt.limit ?? 0)
      return { connector, values, takenAt }
    })
  }

  async command(connector: number, command: DeviceCommand, signal: AbortSignal): Promise<readonly DeviceWrite[]> {
    await this.#count(signal)
    if (!Number.isInteger(connector) || connector < 1 || connector > this.#connectors) {
      throw refused(
        `${this.mapping.device} has ${this.#connectors} connector${this.#connectors === 1 ? '' : 's'}, not ${connector}`,
      )
    }
    if (!this.capabilities.commands.includes(command.kind)) {
      throw new BridgeError('DEVICE_COMMAND_UNKNOWN', `${this.mapping.device} has no \`${command.kind}\``)
    }
    const write = this.mapping.write
    switch (command.kind) {
      case 'current':
      case 'pause':
      case 'resume':
        return this.#setPoints.order(connector, command, signal)
      case 'phases':
        return this.#setPoints.switchPhases(connector, command.count, signal)
      case 'wake':
      case 'unlock':
      case 'reserved':
      case 'unreserved':
        return this.#steps.run(
          write?.[command.kind] ?? [],
          { connector, quantum: { kind: 'constant' }, reason: command.kind, amps: null, force: true },
          signal,
        )
      case 'failsafe': {
        const { writes, warnings } = await this.#watchdog.arm(connector, command.amps, command.timeoutSeconds, signal)
        this.#warnings = [...this.#warnings.filter((text) => !warnings.includes(text)), ...warnings]
        return writes
      }
    }
  }

  async serve(signal: AbortSignal): Promise<readonly DeviceWrite[]> {
    return [...(await this.#watchdog.serve(signal)), ...(await this.#setPoints.serve(signal))]
  }

  /** A command that waits must not starve the device's watchdog: what is due goes out meanwhile. */
  async #idle(ms: number, signal: AbortSignal): Promise<void> {
    const end = this.#clock.monotonic() + ms
    for (let now = this.#clock.monotonic(); now < end; now = this.#clock.monotonic()) {
      const due = this.#idles ? null : this.nextServeAt()
      // At least a moment passes, also when what is due cannot be served.
      await this.#clock.sleep(Math.min(Math.max(IDLE_GRAIN_MS, (due ?? end) - now), end - now), signal)
      if (due === null || this.#clock.monotonic() < due) continue
      this.#idles = true
      try {
        await this.serve(signal)
      } finally {
        this.#idles = false
      }
    }
  }

  nextServeAt(): number | null {
    const times = [this.#watchdog.nextAt(), this.#setPoints.nextAt()].filter((time) => time !== null)
    return times.length === 0 ? null : Math.min(...times)
  }

  async release(signal: AbortSignal): Promise<readonly DeviceWrite[]> {
    this.#setPoints.clear()
    return this.#each(this.mapping.write?.stop ?? [], 'give back control', signal)
  }

  startUp(signal: AbortSignal): Promise<readonly DeviceWrite[]> {
    return this.#each(this.mapping.write?.start ?? [], 'start-up', signal)
  }

  keepAlive(timeoutSeconds: number | null, signal: AbortSignal): Promise<readonly DeviceWrite[]> {
    return this.#watchdog.feed(timeoutSeconds, signal)
  }

  resumeAsIs(connector: number, signal: AbortSignal): Promise<readonly DeviceWrite[]> {
    return this.#setPoints.resumeAsIs(connector, signal)
  }

  look(connector: number): Look {
    const items = planItems(this.mapping, this.#unit, this.#connectors)
    return lookAt(this.mapping, items, (key) => this.#reader.cell(key).stored, this.#wordsOf(connector), connector)
  }

  async readHolding(address: number, count: number, signal: AbortSignal): Promise<readonly number[] | null> {
    const words = await this.#reader.readOnce({ unit: this.#unit, table: 'holding', address, count }, signal)
    return words === null ? null : numbersIn(words)
  }

  async fingerprint(names: Iterable<string>, signal: AbortSignal): Promise<Fingerprint> {
    const point = this.mapping.identity.firmware
    const words = point === null ? null : await this.#steps.readWords(point, 1, signal)
    return {
      firmware: point === null || words === null ? null : decodePoint(point, words, 1),
      valueOf: valueOf(await this.#steps.fresh(names, 1, signal)),
    }
  }

  async #each(
    steps: NonNullable<Mapping['write']>['start'],
    reason: string,
    signal: AbortSignal,
  ): Promise<readonly DeviceWrite[]> {
    const writes: DeviceWrite[] = []
    // Without an address step all connectors share the registers: once is enough.
    const { step, unitStep } = this.mapping.connectors
    const times = step === 0 && unitStep === 0 ? 1 : this.#connectors
    for (let connector = 1; connector <= times; connector++) {
      writes.push(
        ...(await this.#steps.run(
          steps,
          { connector, quantum: { kind: 'constant' }, reason, amps: null, force: true },
          signal,
        )),
      )
    }
    return writes
  }

  /** Connectors that only the device knows are counted once per connect; unreadable counts as one. */
  async #count(signal: AbortSignal): Promise<void> {
    const count = this.mapping.connectors.count
    if (this.#counted || typeof count === 'number') return
    const [place] = placesOf(count, this.mapping, this.#unit, 1)
    const words =
      place === undefined
        ? null
        : await this.#reader.readOnce(place, signal).catch(silentUnit(place.unit !== this.#unit))
    this.#counted = true
    const value = words === null ? null : decodePoint(count, words, 1)
    this.#connectors = typeof value === 'number' && Number.isInteger(value) ? value : 1
    this.#reader.setItems(planItems(this.mapping, this.#unit, this.#connectors))
  }

  /** At connect, and once more with the first poll when a limit was missing: boxes that start up do not know theirs yet. */
  async #askRange(signal: AbortSignal): Promise<void> {
    const { names } = this.#ranges
    if (names === null || this.#rangeReads >= 2) return
    this.#rangeReads += 1
    for (let connector = 1; connector <= this.#connectors; connector++) {
      if (this.#ranges.isTold(connector)) continue
      // A second socket that nobody answers for must not keep the first one from charging.
      const told = await this.#steps.fresh(names, connector, signal).catch(silentUnit(connector > 1))
      if (told !== null) this.#ranges.take(connector, valueOf(told))
    }
  }

  #wordsOf(connector: number): WordsOf {
    const known = this.#words.get(connector)
    if (known !== undefined) return known
    const cells = new Map<ReadPoint, readonly Cell[]>()
    const wordsOf: WordsOf = (point, phase) => {
      let places = cells.get(point)
      if (places === undefined) {
        places = placesOf(point, this.mapping, this.#unit, connector).map((place) => this.#reader.cell(placeKey(place)))
        cells.set(point, places)
      }
      return places[phase]?.stored ?? null
    }
    this.#words.set(connector, wordsOf)
    return wordsOf
  }

  #makeTakers(): readonly SignalTaker[] {
    return Array.from({ length: this.#connectors }, (_, index) => {
      const hold = holdMemory(() => this.#clock.monotonic())
      return signalTaker(this.mapping, this.#wordsOf(index + 1), index + 1, hold)
    })
  }
}

/** A register at a further unit id that nobody answers for is a register that is not there. */
function silentUnit(further: boolean): (error: unknown) => null {
  return (error) => {
    if (further && (isBridgeError(error, 'DEVICE_TIMEOUT') || isBridgeError(error, 'DEVICE_EXCEPTION'))) return null
    throw error
  }
}
