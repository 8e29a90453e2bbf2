/**
 * P4, processor time per CALL: 500 stations in transaction, MeterValues every 30 s, each stored before it is sent. All of our process
 * counts, the ledger's thread and the chargers' news included. Beside it: raw `ws` clients that send as much.
 */
import { join } from 'node:path'
import { atMost, type Benchmark, type BenchContext, type Row } from './benchmark.ts'
import { startChild } from './child.ts'
import { ourFleet, rawFleet } from './fleet.ts'
import { withDiskFolder } from './folder.ts'
import { PRODUCT_FLAGS } from './product-flags.ts'
import { rawCsms } from './raw-csms.ts'

const FLEET = new URL('./fleet.ts', import.meta.url).href
const SAP_US = 500
const PRODUCT = { nodeOptions: PRODUCT_FLAGS }

async function run({ quick, progress }: BenchContext): Promise<readonly Row[]> {
  const stations = quick ? 100 : 500
  return withDiskFolder(async (folder) => {
    const csms = await startChild(new URL('./raw-csms.ts', import.meta.url).href, rawCsms, { tlsFolder: null })
    const url = await csms.ask('url')
    const rows: Row[] = []
    for (const sampleSeconds of [30, 5]) {
      progress(`every ${sampleSeconds} s`)
      const params = { url, caFile: null, folder: join(folder, `ledger-${sampleSeconds}`), sampleSeconds }
      const ours = await startChild(FLEET, ourFleet, params, PRODUCT)
      const raw = await startChild(FLEET, rawFleet, params, PRODUCT)
      await ours.ask('grow', { stations, charging: true })
      await raw.ask('grow', { stations, charging: false })
      const ms = quick ? 10_000 : sampleSeconds === 30 ? 45_000 : 20_000
      // the same news at the same pace: a station hears of its charger once per sample
      const pollMs = sampleSeconds * 1000
      await ours.ask('live', { ms: ms / 2, pollMs })
      const before = await csms.ask('allCalls')
      const lived = await ours.ask('live', { ms, pollMs })
      const calls = (await csms.ask('allCalls')) - before
      await raw.ask('live', { ms: ms / 4 })
      const plain = await raw.ask('live', { ms: ms / 2 })
      const oursUs = (lived.cpuMs * 1000) / calls
      const rawUs = (plain.cpuMs * 1000) / plain.count
      rows.push({
        // what a plain socket costs at this pace is waking up, the kernel and ws: none of it is ours to save
        what: `${stations} stations, every ${sampleSeconds} s: above raw`,
        ours: { value: oursUs - rawUs, unit: 'us/CALL' },
        beside: { name: 'raw ws at this pace', value: rawUs, unit: 'us' },
        ratio: null,
        target: sampleSeconds === 30 ? atMost(60, 'us') : null,
        note: `${oursUs.toFixed(0)} us in all, ${((calls / lived.wallMs) * 1000).toFixed(1)} CALL/s; SAP simulator 4.11: ${SAP_US} us (published run)`,
      })
      await ours.stop()
      await raw.stop()
    }
    await csms.stop()
    return rows
  })
}

export const p4CpuPerCall: Benchmark = { id: 'P4', title: 'CPU per CALL with a durable write', run }
