/** Options that mean one thing: given once, checked when parsed. */
import { InvalidArgumentError, Option } from 'commander'

/** Wrong use that commander cannot see, such as two commands at once. */
export class UsageError extends Error {}

/** An option with a value that may be given once. `parse` throws InvalidArgumentError. */
export function single(flags: string, description: string, parse?: (text: string) => unknown): Option {
  return new Option(flags, description).argParser((text: string, before: unknown) => {
    if (before !== undefined) throw new InvalidArgumentError('It is given twice.')
    if (text === '') throw new InvalidArgumentError('It is empty.')
    return parse === undefined ? text : parse(text)
  })
}

export function required(flags: string, description: string, parse?: (text: string) => unknown): Option {
  return single(flags, description, parse).makeOptionMandatory()
}

/** Where a device is. It may hold a password, so that what is wrong with it is told without repeating it. */
export function connectOption(): Option {
  return new Option('--connect <url>', CONNECT_HELP)
    .makeOptionMandatory()
    .argParser((text: string, before: unknown) => {
      if (before !== undefined) throw new UsageError('--connect: It is given twice.')
      if (text === '') throw new UsageError('--connect: It is empty.')
      return text
    })
}

const CONNECT_HELP =
  'where it is. Modbus: tcp://HOST:PORT, rtu+tcp://HOST:PORT, ascii+tcp://HOST:PORT, rtu:/dev/ttyUSB0?baud=9600&format=8N1 or ascii:/dev/...; ' +
  'others: http://HOST, https://HOST?insecure=yes, mqtt://BROKER, mqtts://BROKER or udp://HOST:PORT; ' +
  'telegrams: dsmr:/dev/ttyUSB0, dsmr+tcp://HOST:PORT, and so sml, sml+tcp, iec62056 and iec62056+tcp; speedwire:?serial=NUMBER. ' +
  'A login may stand in it, http://USER:PASSWORD@HOST, but other users of this machine see it there: better is --login'

/** `--option ct_ratio=40`, as often as needed: what a mapping leaves to the installer. */
export function mappingOption(): Option {
  return new Option('--option <name=value>', 'an option of the mapping; repeat it for more').argParser(
    (text: string, given: Readonly<Record<string, string>> | undefined) => {
      const before = given ?? {}
      const [, name = '', value = ''] = /^([a-z][a-z0-9_]{0,31})=(.{1,200})$/u.exec(text) ?? []
      if (name === '') throw new InvalidArgumentError('Write NAME=VALUE, for example ct_ratio=40.')
      if (Object.hasOwn(before, name)) throw new InvalidArgumentError(`${name} is given twice.`)
      return { ...before, [name]: value }
    },
  )
}

export function parseWhole(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
    if (value >= min && value <= max) return value
    throw new InvalidArgumentError(`It is a whole number from ${min} to ${max}.`)
  }
}

/** `13.5`, `13.5A` or `13.5 A`: from 6 A (IEC 61851-1 knows no charging current below) up; the mapping knows the device's own maximum. */
export function parseChargingAmps(text: string): number {
  const value = parseAmps(text)
  if (value >= 6 && value <= 500) return value
  throw new InvalidArgumentError('It is 6 A or more; 0 A is --pause.')
}

/** `6,30`: amps and seconds. */
export function parseFailSafe(text: string): { readonly amps: number; readonly timeoutSeconds: number } {
  const [amps = '', seconds = '', ...rest] = text.split(',')
  if (rest.length > 0 || !/^\d{1,5}( ?s)?$/.test(seconds.trim()))
    throw new InvalidArgumentError('Write A,SECONDS, for example 6,30.')
  const value = parseAmps(amps.trim())
  if ((value > 0 && value < 6) || value > 500) throw new InvalidArgumentError('The current is 0 A or 6 A and more.')
  const timeoutSeconds = Number.parseInt(seconds, 10)
  if (timeoutSeconds < 1) throw new InvalidArgumentError('The time is 1 s or more.')
  return { amps: value, timeoutSeconds }
}

/** Milliseconds from `10s`, `500ms`, `2min`. */
export function parseDurationMs(text: string): number {
  const match = /^(\d{1,7}(?:\.\d{1,3})?) ?(ms|s|min|h)$/.exec(text)
  const factor = { ms: 1, s: 1000, min: 60_000, h: 3_600_000 }[match?.[2] ?? '']
  const value = factor === undefined ? Number.NaN : Math.round(Number(match?.[1]) * factor)
  // setTimeout's limit is 24.8 days
  if (value >= 0 && value <= 86_400_000) return value
  throw new InvalidArgumentError('Write it with its unit, for example 10s, 500ms or 2min; at most a day.')
}

function parseAmps(text: string): number {
  const match = /^(\d{1,4}(?:\.\d{1,4})?) ?A?$/.exec(text)
  if (match !== null) return Number(match[1])
  throw new InvalidArgumentError('Write amps, for example 13.5.')
}
