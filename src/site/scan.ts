/**
 * Looks for devices on a network or a serial line, and for the mappings they fit. It only reads, and is gentle: one connection to a host
 * at a time and never more than one a second, few hosts at once, one question at a time on a line.
 */
import { fittingMappings, type Fit, type Mapping, readOnceOf } from '../mapping/index.ts'
import { type Clock, systemClock } from '../model/clock.ts'
import type { RegisterLink, RequestOptions } from '../model/driver.ts'
import { BridgeError, isBridgeError } from '../model/errors.ts'
import { loadableMappings } from './loadable-mappings.ts'
import type { Registry } from './registry.ts'
import { parseScanTarget } from './scan-target.ts'

export interface Found {
  /** For `--connect`. */
  readonly connect: string
  readonly unit: number
  readonly fits: readonly Fit[]
}

export interface ScanOptions {
  readonly registry: Registry
  readonly target: string
  readonly signal: AbortSignal
  readonly onFound: (found: Found) => void
  /** One line for a person. */
  readonly onProgress: (text: string) => void
  /** Units to try; the usual ones when left out. */
  readonly units?: readonly number[]
  readonly clock?: Clock
}

const HOSTS_AT_ONCE = 16
const GAP_MS = 1000
const NETWORK_TIMEOUT_MS = 700
const LINE_TIMEOUT_MS = 150
/** What devices are set to when nobody chose. */
const USUAL_UNITS = [1, 255, 0, 2, 3]
/** On a line an installer numbers devices from 1. */
const LINE_UNITS = Array.from({ length: 20 }, (_, index) => index + 1)

/** Ends when everything was looked at or `signal` aborts. Throws LINK_BAD_URL. */
export async function scan(options: ScanOptions): Promise<void> {
  const target = parseScanTarget(options.target)
  const mappings = loadableMappings(options.registry.mappings)
  if (target.kind === 'line') return scanLine(target.scheme, target.url, mappings, options)
  const waiting = [...target.hosts]
  let done = 0
  const worker = async (): Promise<void> => {
    for (let host = waiting.shift(); host !== undefined && !options.signal.aborted; host = waiting.shift()) {
      await scanHost(host, target.ports, mappings, options)
      done += 1
      options.onProgress(`${done} of ${target.hosts.length} addresses`)
    }
  }
  await Promise.all(Array.from({ length: HOSTS_AT_ONCE }, worker))
}

async function scanHost(
  host: string,
  ports: readonly number[],
  mappings: readonly Mapping[],
  options: ScanOptions,
): Promise<void> {
  const clock = options.clock ?? systemClock
  for (const [index, port] of ports.entries()) {
    if (index > 0) await pause(clock, GAP_MS, options.signal)
    if (options.signal.aborted) return
    const connect = `tcp://${host}:${port}`
    const link = openLink(connect, null, options)
    try {
      const units = options.units ?? unitsOf(mappings, USUAL_UNITS, (mapping) => mapping.transport.tcpPort !== null)
      if (!(await scanUnits(link, connect, units, NETWORK_TIMEOUT_MS, mappings, options))) continue
    } finally {
      await link.close()
    }
  }
}

/** Line settings by how many known devices have them; the bus has one, so the first that answers is the last that is tried. */
async function scanLine(
  scheme: 'rtu' | 'ascii',
  url: string,
  mappings: readonly Mapping[],
  options: ScanOptions,
): Promise<void> {
  const units = options.units ?? unitsOf(mappings, LINE_UNITS, (mapping) => mapping.transport.serial !== null)
  for (const serial of url.includes('baud=') ? [null] : lineSettings(mappings, scheme)) {
    if (options.signal.aborted) return
    const text = serial === null ? '' : `${serial.baud} ${serial.format}`
    options.onProgress(`${url}: ${text === '' ? 'as given' : text}`)
    const link = openLink(url, serial, options)
    const connect =
      serial === null ? url : `${url}${url.includes('?') ? '&' : '?'}baud=${serial.baud}&format=${serial.format}`
    try {
      if (await scanUnits(link, connect, units, LINE_TIMEOUT_MS, mappings, options)) return
    } finally {
      await link.close()
    }
  }
}

/** True when at least one unit answered. */
async function scanUnits(
  link: RegisterLink,
  connect: string,
  units: readonly number[],
  timeoutMs: number,
  mappings: readonly Mapping[],
  options: ScanOptions,
): Promise<boolean> {
  let any = false
  for (const [index, unit] of units.entries()) {
    if (options.signal.aborted) return any
    options.onProgress(`${connect}: unit ${unit} (${index + 1} of ${units.length})`)
    const answer = await hear(link, unit, timeoutMs, options.signal)
    if (answer === 'unreachable') return any
    if (answer === 'silent') continue
    any = true
    const patient = requestOptions(timeoutMs * 2, options.signal)
    const fits = await fittingMappings(mappings, unit, readOnceOf(link, patient), (share) =>
      options.onProgress(`${connect}: unit ${unit} answers, trying mappings (${Math.round(share * 100)} %)`),
    )
    options.onFound({ connect, unit, fits })
  }
  return any
}

/** Any answer, a refusal too, is a sign of life. */
async function hear(
  link: RegisterLink,
  unit: number,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<'answers' | 'silent' | 'unreachable'> {
  for (const table of ['holding', 'input'] as const) {
    try {
      await link.read({ kind: 'registers', unit, table, address: 0, count: 1 }, requestOptions(timeoutMs, signal))
      return 'answers'
    } catch (error) {
      if (isBridgeError(error, 'LINK_UNREACHABLE') || isBridgeError(error, 'LINK_CLOSED') || signal.aborted)
        return 'unreachable'
      if (isBridgeError(error, 'DEVICE_EXCEPTION')) {
        // 10 and 11 come from a gateway: nobody is behind it at this unit.
        const code = error.details['exceptionCode']
        if (code !== 10 && code !== 11) return 'answers'
      }
      if (isBridgeError(error, 'DEVICE_TIMEOUT')) return 'silent'
    }
  }
  return 'silent'
}

function requestOptions(timeoutMs: number, signal: AbortSignal): RequestOptions {
  return { timing: { timeoutMs, pauseMs: 20, retries: 0, connectDelayMs: 0 }, urgency: 'normal', signal }
}

function openLink(
  url: string,
  serial: { readonly baud: number; readonly format: string } | null,
  { registry, clock = systemClock }: ScanOptions,
): RegisterLink {
  const link = registry.driverOf(url).open(url, { clock, random: Math.random, serial, echo: false })
  if (link.kind === 'registers') return link
  void link.close()
  throw new BridgeError('LINK_BAD_URL', `${link.url}: only Modbus can be scanned`)
}

function unitsOf(
  mappings: readonly Mapping[],
  usual: readonly number[],
  matters: (mapping: Mapping) => boolean,
): readonly number[] {
  const known = mappings.filter((mapping) => mapping.documents === null && matters(mapping))
  return [...new Set([...usual, ...known.map(({ transport }) => transport.unit)])]
}

function lineSettings(
  mappings: readonly Mapping[],
  mode: 'rtu' | 'ascii',
): readonly { readonly baud: number; readonly format: string }[] {
  const counts = new Map<string, number>()
  for (const { transport, documents } of mappings) {
    const { serial } = transport
    if (serial === null || documents !== null || serial.mode !== mode) continue
    const key = `${serial.baud} ${serial.format}`
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  return [...counts]
    .toSorted(([, a], [, b]) => b - a)
    .map(([key]) => {
      const [baud = '9600', format = '8N1'] = key.split(' ')
      return { baud: Number(baud), format }
    })
}

function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return clock.sleep(ms, signal).catch(() => undefined)
}
