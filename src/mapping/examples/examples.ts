import { numbersIn } from '../values/words.ts'
import type { DeviceWrite } from '../../model/device.ts'
import type { Link } from '../../model/driver.ts'
import { isBridgeError } from '../../model/errors.ts'
import { SIGNALS } from '../../model/signal.ts'
import type { DeviceFault, SignalValues } from '../../model/signal.ts'
import { viewOf } from '../language/compile-views.ts'
import { createDevice } from '../device/device.ts'
import type { MappedDevice } from '../device/mapped-device.ts'
import type { Example, ExampleCommand, ExampleWrite, Mapping } from '../mapping.ts'
import { exampleBank } from './example-bank.ts'
import { fill, textsOf } from '../values/message.ts'
import type { Texts } from '../values/message.ts'
import { asInstalled } from '../language/options.ts'
import { memoryDocuments } from './memory-documents.ts'
import { instantClock, memoryLink, RegisterImage } from './memory-link.ts'

export interface ExampleResult {
  /** Counted from 1, and the line where it begins. */
  readonly example: number
  readonly line: number
  /** Empty: passed. */
  readonly failures: readonly string[]
}

/** Runs every example of a file against the same engine that runs on site. */
export async function runExamples(mapping: Mapping): Promise<readonly ExampleResult[]> {
  const results: ExampleResult[] = []
  for (const example of mapping.examples) {
    const view = viewOf(mapping, example.meter, example.variant) ?? mapping
    const failures = await runExample({ ...view, variants: [] }, example)
    results.push({ example: example.number, line: example.line, failures })
  }
  return results
}

async function runExample(mapping: Mapping, example: Example): Promise<readonly string[]> {
  const clock = instantClock()
  const image = new RegisterImage()
  for (const { table, address, words } of example.given)
    if (table !== 'field') image.set(table, address, numbersIn(words) ?? [])
  const texts = textsOf(asInstalled(mapping, { options: example.options }))
  const link: Link =
    mapping.documents === null
      ? memoryLink(image)
      : memoryDocuments(exampleBank(example, mapping.documents, texts, image), clock)
  const device = createDevice(mapping, link, {
    clock,
    options: example.options,
    ...(example.connector > 1 ? { connectors: example.connector } : {}),
  })
  const signal = new AbortController().signal
  const failures: string[] = []
  if (Object.keys(example.expect).length > 0) failures.push(...(await checkReading(device, example, signal)))
  if (example.command !== null) failures.push(...(await checkCommand(device, example, image, texts, signal)))
  return failures
}

async function checkReading(device: MappedDevice, example: Example, signal: AbortSignal): Promise<readonly string[]> {
  const readings = await device.poll('all', signal)
  const reading = readings.find((candidate) => candidate.connector === example.connector)
  if (reading === undefined) return [`there is no connector ${example.connector}`]
  return SIGNALS.flatMap((name) => {
    if (!Object.hasOwn(example.expect, name)) return []
    const wanted = example.expect[name]
    const found = reading.values[name]
    return agrees(wanted, found) ? [] : [`${name} is ${show(found)}, expected ${JSON.stringify(wanted)}`]
  })
}

/** Numbers agree within the last digit that is written: 230.1 stands for 230.05 to 230.15. */
function agrees(wanted: unknown, found: SignalValues[keyof SignalValues]): boolean {
  if (wanted === null || found === null) return wanted === found
  if (Array.isArray(wanted))
    return (
      isPerPhase(found) &&
      wanted.length === found.length &&
      wanted.every((one, index) => agrees(one, found[index] ?? null))
    )
  if (isFault(found)) return wanted === found.kind || asText(wanted) === found.code
  if (typeof found === 'number' && typeof wanted === 'number') {
    const digits = /\.(\d+)$/u.exec(String(wanted))?.[1]?.length ?? 0
    return Math.abs(found - wanted) <= 0.5 * 10 ** -digits * (1 + 1e-9) + Math.abs(wanted) * 1e-12
  }
  return typeof found === 'string' ? asText(wanted) === found : wanted === found
}

/** `tag: 04112233` is a number to YAML. */
function asText(value: unknown): string | null {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : null
}

function isPerPhase(value: SignalValues[keyof SignalValues]): value is readonly (number | null)[] {
  return Array.isArray(value)
}

function isFault(value: SignalValues[keyof SignalValues]): value is DeviceFault {
  return typeof value === 'object' && value !== null && 'kind' in value
}

function show(value: unknown): string {
  return JSON.stringify(value)
}

async function checkCommand(
  device: MappedDevice,
  example: Example,
  image: RegisterImage,
  texts: Texts,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { command } = example
  if (command === null) return []
  let writes: readonly DeviceWrite[]
  try {
    writes = await carryOut(device, example.connector, command, signal)
  } catch (error) {
    if (!isBridgeError(error)) throw error
    if (example.refused)
      return image.writes.length === 0 ? [] : ['the command was refused, but something was written before']
    return [`${command.kind} was refused: ${error.message}`]
  }
  if (example.refused) return [`${command.kind} should be refused, but ${writes.map(frameText).join(', ')} was written`]
  const wanted = example.writes ?? []
  const same =
    wanted.length === writes.length &&
    wanted.every((one, index) => matches(one, writes[index], device.mapping, example.connector, texts))
  return same
    ? []
    : [
        `${command.kind} wrote ${writes.map(frameText).join(', ') || 'nothing'}; expected ${wanted.map((one) => one.message ?? `${one.functionCode ?? '*'}:${one.address}=[${one.words.join(' ')}]`).join(', ') || 'nothing'}`,
      ]
}

async function carryOut(
  device: MappedDevice,
  connector: number,
  command: ExampleCommand,
  signal: AbortSignal,
): Promise<readonly DeviceWrite[]> {
  switch (command.kind) {
    case 'start':
      return device.startUp(signal)
    case 'stop':
      return device.release(signal)
    case 'alive':
      return device.keepAlive(command.timeoutSeconds, signal)
    case 'resume':
      return command.amps === null
        ? device.resumeAsIs(connector, signal)
        : device.command(connector, { kind: 'resume', amps: command.amps }, signal)
    case 'pause':
    case 'wake':
    case 'unlock':
    case 'reserved':
    case 'unreserved':
      return device.command(connector, { kind: command.kind }, signal)
    case 'current':
    case 'phases':
    case 'failsafe':
      return device.command(connector, command, signal)
  }
}

function matches(
  wanted: ExampleWrite,
  write: DeviceWrite | undefined,
  mapping: Mapping,
  connector: number,
  texts: Texts,
): boolean {
  if (write === undefined) return false
  if (wanted.message !== null) return fill(wanted.message, texts) === write.message
  const unit = wanted.unitId ?? mapping.transport.unit + (connector - 1) * mapping.connectors.unitStep
  return (
    (wanted.functionCode === null || wanted.functionCode === write.functionCode) &&
    wanted.address === write.address &&
    (wanted.table === null || wanted.table === write.table) &&
    (wanted.unitId === null ? write.unit === unit || connector === 1 : write.unit === unit) &&
    wanted.words.length === write.words.length &&
    wanted.words.every((word, index) => word === write.words[index])
  )
}

function frameText(write: DeviceWrite): string {
  return write.message ?? `${write.functionCode}:${write.address}=[${write.words.join(' ')}]`
}
