/** Simulated chargers and a grid meter behind real sockets, in a process of their own, with a note of who asked what and when. */
import { SimulatedCharger, simulateDevice, SimulatedMeter } from '../src/mapping/index.ts'
import { systemClock as clock } from '../src/model/clock.ts'
import type { RegisterBank } from '../src/model/driver.ts'
import { createRegistry } from '../src/site/facade.ts'
import { pause } from './statistics.ts'

export interface CarParkParams {
  readonly chargers: number
  readonly withMeter: boolean
}

export interface CarParkAddresses {
  readonly chargers: readonly string[]
  readonly meter: string | null
}

/** Chargers are ABB Terra AC: their limit is one register, written whenever it changes. */
const CHARGER = 'abb-terra-ac'
const SET_POINT_ADDRESS = 0x4100
const METER = 'eastron-sdm630'
const CAR = { phases: 3, maxAmps: 32, energyWantedWh: 80_000 } as const
const TICK_MS = 50
export const HOUSE_AMPS = 900

interface Notes {
  readonly read: () => void
  readonly write: (address: number, words: readonly number[]) => void
}

/** What happened after a step of the building's load; times in ms after it. */
export interface Step {
  /** The first reading that showed it. */
  readonly sampledMs: number
  /** The last charger's lower set-point; null: not all came. */
  readonly lastWriteMs: number | null
}

function wallNow(): number {
  return performance.timeOrigin + performance.now()
}

export async function carPark({ chargers: count, withMeter }: CarParkParams) {
  const registry = createRegistry()
  let firstRequestAt: number | null = null
  const readUnits = new Set<number>()
  let onSetPoint: ((charger: number, milliamps: number) => void) | null = null
  let onMeterRead: (() => void) | null = null
  const meterReads: number[] = []

  const watched = (bank: RegisterBank, notes: Notes) => {
    const { identification } = bank
    return {
      ...(identification === undefined ? {} : { identification }),
      read: (request) => {
        firstRequestAt ??= wallNow()
        notes.read()
        return bank.read(request)
      },
      write: (request) => {
        firstRequestAt ??= wallNow()
        notes.write(request.address, request.words)
        bank.write(request)
      },
    } satisfies RegisterBank
  }
  const serve = async (units: ReadonlyMap<number, RegisterBank>): Promise<string> => {
    const url = 'tcp://127.0.0.1:0'
    return (await registry.serverOf(url).listen(url, units, { clock, serial: null, answerDelayMs: 0 })).url
  }

  const boxes: SimulatedCharger[] = []
  const urls: string[] = []
  for (let index = 0; index < count; index++) {
    const device = simulateDevice(registry.mappings.load(CHARGER), { clock })
    const [connector] = device.connectors
    if (connector === undefined) throw new Error(`${CHARGER} has no connector`)
    const box = new SimulatedCharger(connector, { clock })
    box.plug(CAR)
    boxes.push(box)
    const units = [...device.units].map(([unit, bank]) => {
      const notes = {
        read: () => readUnits.add(index),
        write: (address: number, [high = 0, low = 0]: readonly number[]) => {
          if (address === SET_POINT_ADDRESS) onSetPoint?.(index, high * 65_536 + low)
        },
      }
      return [unit, watched(bank, notes)] as const
    })
    urls.push(await serve(new Map(units)))
  }
  const meterDevice = withMeter ? simulateDevice(registry.mappings.load(METER), { clock }) : null
  const meter = meterDevice === null ? null : new SimulatedMeter(meterDevice, { clock })
  let meterUrl: string | null = null
  if (meterDevice !== null) {
    const units = [...meterDevice.units].map(([unit, bank]) => {
      const notes = {
        read: () => {
          meterReads.push(performance.now())
          onMeterRead?.()
        },
        write: () => {},
      }
      return [unit, watched(bank, notes)] as const
    })
    meterUrl = await serve(new Map(units))
  }

  let buildingAmps = 100
  const tick = (): void => {
    for (const box of boxes) box.tick()
    const amps = buildingAmps + boxes.reduce((sum, { drawnAmps }) => sum + drawnAmps, 0)
    meter?.setAmps([amps, amps, amps])
  }
  setInterval(tick, TICK_MS)

  return {
    addresses: async (): Promise<CarParkAddresses> => ({ chargers: urls, meter: meterUrl }),
    forget: async () => {
      firstRequestAt = null
      readUnits.clear()
    },
    firstRequestAt: async () => firstRequestAt,
    /** Chargers that have been asked since `forget`. */
    askedChargers: async () => readUnits.size,
    drawnAmps: async () => boxes.map(({ drawnAmps }) => drawnAmps),
    offeredAmps: async () => boxes.map(({ offeredAmps }) => offeredAmps),
    setBuilding: async (amps: number) => {
      buildingAmps = amps
      tick()
    },
    /** Raises the building's load at once and waits until every charger has a lower set-point. */
    step: async (step: { readonly buildingAmps: number; readonly timeoutMs: number }): Promise<Step> => {
      const before = boxes.map(({ offeredAmps }) => offeredAmps)
      const lowered = new Set<number>()
      const seen = { sampledMs: Number.NaN, lastWriteMs: null as number | null }
      buildingAmps = step.buildingAmps
      const started = performance.now()
      tick()
      onMeterRead = () => {
        if (Number.isNaN(seen.sampledMs)) seen.sampledMs = performance.now() - started
      }
      onSetPoint = (charger, milliamps) => {
        if (milliamps / 1000 >= (before[charger] ?? 0)) return
        lowered.add(charger)
        if (lowered.size === count) seen.lastWriteMs ??= performance.now() - started
      }
      while (seen.lastWriteMs === null && performance.now() - started < step.timeoutMs) await pause(5)
      onSetPoint = null
      onMeterRead = null
      return seen
    },
    /** Distance of the meter's reads in the last `ms`. */
    readGaps: async (ms: number) => {
      // one poll is several requests: what comes within a tenth of a second is one
      const begins = meterReads.filter((at, index) => at - (meterReads[index - 1] ?? -Infinity) > 100)
      const since = performance.now() - ms
      return begins.flatMap((at, index) => {
        const last = begins[index - 1]
        return last === undefined || last < since ? [] : [at - last]
      })
    },
  }
}

export function siteFileOf({ chargers, meter }: CarParkAddresses, csmsUrl: string, withPage: boolean): string {
  const stations = chargers.map(
    (url, index) =>
      `  CP-${index + 1}: {mapping: ${CHARGER}, connect: "${url}", circuit: house, authorize: free, upstream: csms}`,
  )
  return `site: {name: Bench, timezone: Europe/Zurich}
circuits:
  house: {limit: ${HOUSE_AMPS} A${meter === null ? '' : ', meter: grid, fail-safe: 250 A'}}
${meter === null ? '' : `meters:\n  grid: {mapping: ${METER}, connect: "${meter}"}\n`}stations:
${stations.join('\n')}
upstreams:
  csms: {url: "${csmsUrl}", ocpp: "1.6", security-profile: 0}
${withPage ? 'web: {listen: "127.0.0.1:0"}\n' : ''}`
}
