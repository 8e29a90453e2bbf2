/**
 * P3, memory: private memory per virtual charge point over wss, idle and in a transaction, beside a raw `ws` client with the same
 * TLS; and the whole bridge (site, page, ledger) with one charger.
 */
import { fileURLToPath } from 'node:url'
import { join } from 'node:path'
import { atMost, type Benchmark, type BenchContext, type Row } from './benchmark.ts'
import { carPark, siteFileOf } from './car-park.ts'
import { startChild } from './child.ts'
import { startBridge } from './bridge-process.ts'
import { withDiskFolder } from './folder.ts'
import { ourFleet, rawFleet } from './fleet.ts'
import { PRODUCT_FLAGS } from './product-flags.ts'
import { residentKiB } from './machine.ts'
import { rawCsms } from './raw-csms.ts'
import { pause } from './statistics.ts'

const TLS = fileURLToPath(new URL('../test/peers/tls', import.meta.url))
const FLEET = new URL('./fleet.ts', import.meta.url).href
const CSMS = new URL('./raw-csms.ts', import.meta.url).href
const CAR_PARK = new URL('./car-park.ts', import.meta.url).href
/** Opened before the first look: code, caches and contexts that all share. */
const WARM = 20
const GC = { nodeOptions: ['--expose-gc', ...PRODUCT_FLAGS] }

async function run({ quick, progress }: BenchContext): Promise<readonly Row[]> {
  return withDiskFolder(async (folder) => {
    const idle = quick ? 200 : 1000
    const charging = quick ? 100 : 500
    progress('idle')
    const idleKiB = await perStation(folder, 'idle', idle, false)
    progress('in transaction')
    const chargingKiB = await perStation(folder, 'charging', charging, true)
    progress('base')
    const baseMiB = await wholeBridge(folder)
    return [
      row(`idle (${idle})`, idleKiB, 25),
      row(`in transaction (${charging})`, chargingKiB, 45),
      {
        what: 'whole bridge, 1 station',
        ours: { value: baseMiB, unit: 'MiB RSS' },
        beside: { name: 'SAP simulator 4.11 (published run)', value: 182, unit: 'MiB' },
        ratio: null,
        target: atMost(95, 'MiB'),
      },
    ]
  })
}

function row(what: string, { ours, raw }: { readonly ours: number; readonly raw: number }, limit: number): Row {
  return {
    what: `${what}: above raw`,
    ours: { value: ours - raw, unit: 'KiB' },
    beside: { name: 'raw wss client', value: raw, unit: 'KiB' },
    ratio: null,
    target: atMost(limit, 'KiB'),
    note: `${ours.toFixed(0)} KiB in all`,
  }
}

async function perStation(folder: string, name: string, stations: number, isCharging: boolean) {
  const csms = await startChild(CSMS, rawCsms, { tlsFolder: TLS })
  const url = await csms.ask('url')
  const params = { url, caFile: join(TLS, 'ca.crt'), folder: join(folder, name), sampleSeconds: 30 }
  const ours = await startChild(FLEET, ourFleet, params, GC)
  const raw = await startChild(FLEET, rawFleet, params, GC)
  const growth = { stations, charging: isCharging }
  const grown: number[] = []
  for (const child of [ours, raw]) {
    await child.ask('grow', { ...growth, stations: WARM })
    await pause(1000)
    const before = await child.ask('memoryKiB')
    await child.ask('grow', growth)
    // first statuses and samples are on their way
    if (child === ours) await ours.ask('live', { ms: 8000, pollMs: 4000 })
    grown.push(((await child.ask('memoryKiB')) - before) / stations)
  }
  for (const child of [ours, raw, csms]) await child.stop()
  const [oursKiB = Number.NaN, rawKiB = Number.NaN] = grown
  return { ours: oursKiB, raw: rawKiB }
}

/** `ampbridge run` with one charger and one CSMS, a while after its start. */
async function wholeBridge(folder: string): Promise<number> {
  const park = await startChild(CAR_PARK, carPark, { chargers: 1, withMeter: false })
  const csms = await startChild(CSMS, rawCsms, { tlsFolder: null })
  const site = siteFileOf(await park.ask('addresses'), await csms.ask('url'), true)
  const bridge = await startBridge(folder, site)
  await pause(15_000)
  const kib = residentKiB(bridge.pid)
  await bridge.kill()
  await park.stop()
  await csms.stop()
  return kib / 1024
}

export const p3Memory: Benchmark = { id: 'P3', title: 'Memory per virtual charge point over wss', run }
