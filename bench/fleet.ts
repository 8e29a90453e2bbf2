/** Many stations in one process, ours and raw, for P3 (memory) and P4 (processor time). */
import { readFileSync } from 'node:fs'
import { createSecureContext } from 'node:tls'
import { WebSocket } from 'ws'
import { openLedger } from '../src/ledger/open-ledger.ts'
import { systemClock } from '../src/model/clock.ts'
import type { EvseState } from '../src/model/station.ts'
import { connectRpc } from '../src/ocpp/rpc/connect.ts'
import { transportSecurity } from '../src/ocpp/security/transport-security.ts'
import { VirtualStation } from '../src/ocpp/station/virtual-station.ts'
import { ocpp16 } from '../src/ocpp/v16/ocpp16.ts'
import { measureWork } from './cpu.ts'
import { privateKiB } from './machine.ts'
import { wordMeterValues } from './meter-message.ts'
import { textOf } from './raw-csms.ts'
import { pause } from './statistics.ts'

export interface FleetParams {
  readonly url: string
  /** PEM file of the CSMS's authority; null: ws. */
  readonly caFile: string | null
  /** For the ledger; raw clients have none. */
  readonly folder: string
  readonly sampleSeconds: number
}

export interface Growth {
  readonly stations: number
  /** Cars are plugged in and transactions run. */
  readonly charging: boolean
}

const OPENED_AT_ONCE = 25

/** Private memory in KiB once the garbage is gone. Needs --expose-gc. */
async function settledKiB(): Promise<number> {
  for (let round = 0; round < 5; round++) {
    globalThis.gc?.()
    await pause(200)
  }
  return privateKiB('self')
}

function stateOf(charging: boolean, energyWh: number): EvseState {
  const amps = charging ? 16 : 0
  return {
    evse: 1,
    online: true,
    quality: 'good',
    pilot: charging ? 'C' : 'A',
    fault: null,
    tag: null,
    offeredAmps: charging ? 16 : 0,
    measuredAmps: [amps, amps, amps],
    voltage: [230, 230, 230],
    powerW: amps * 690,
    powersW: [amps * 230, amps * 230, amps * 230],
    energyWh,
    sessionWh: null,
    frequencyHz: null,
    temperatureC: null,
    socPercent: null,
    at: Date.now(),
  }
}

/** Our stations: everything above the registers, with a durable ledger. */
export async function ourFleet({ url, caFile, folder, sampleSeconds }: FleetParams) {
  const ledger = await openLedger(folder)
  const ca = caFile === null ? null : readFileSync(caFile, 'utf8')
  const stations: { readonly station: VirtualStation; readonly charging: boolean; energyWh: number }[] = []
  let stop = new AbortController()

  const open = async (charging: boolean): Promise<void> => {
    const id = `CP-${stations.length + 1}`
    const transport = transportSecurity({
      profile: ca === null ? 0 : 2,
      url,
      stationId: id,
      password: ca === null ? null : Buffer.from('0123456789abcdef'),
      ca,
      certificate: null,
      privateKey: null,
    })
    const station = new VirtualStation({
      description: {
        id,
        identity: {
          vendor: 'Vendor',
          model: 'Wallbox',
          serial: null,
          firmware: null,
          meterType: null,
          meterSerial: null,
        },
        evses: [{ evse: 1, phases: 3, minAmps: 6, maxAmps: 32, stepAmps: 0.1, canUnlock: false, hasReader: false }],
      },
      authorization: { way: 'free', idToken: 'FREE' },
      timezone: 'UTC',
      startValues: new Map([['meterValueSampleInterval', String(sampleSeconds)]]),
      ledger,
      clock: systemClock,
      random: Math.random,
      port: { unlock: () => Promise.resolve('not-supported'), reset: () => {}, changed: () => {} },
      upstreams: [
        {
          id: 'csms',
          version: ocpp16,
          connect: (handlers) =>
            connectRpc(
              { url, stationId: id, versions: [ocpp16], transport, clock: systemClock, random: Math.random },
              handlers,
            ),
        },
      ],
      onEvent: () => {},
    })
    const kept = { station, charging, energyWh: 1000 }
    stations.push(kept)
    await station.start()
    station.observe(stateOf(charging, kept.energyWh))
    while (station.upstreams()[0]?.registration !== 'accepted') await pause(5)
    if (charging) while ((await ledger.openTransactions(id)).length === 0) await pause(5)
  }

  /** As the site's polls do: news of each station, spread over the period. */
  const feed = async (periodMs: number, signal: AbortSignal): Promise<void> => {
    const started = performance.now()
    for (let turn = 1; !signal.aborted; turn++) {
      const kept = stations[turn % stations.length]
      if (kept !== undefined) {
        kept.energyWh += (periodMs / 3_600_000) * 11_040
        kept.station.observe(stateOf(kept.charging, Math.round(kept.energyWh)))
      }
      const due = started + (turn * periodMs) / stations.length
      if (due > performance.now()) await pause(due - performance.now())
    }
  }

  return {
    grow: async (growth: Growth) => {
      for (let left = growth.stations; left > 0; left -= OPENED_AT_ONCE)
        await Promise.all(Array.from({ length: Math.min(left, OPENED_AT_ONCE) }, () => open(growth.charging)))
    },
    drained: async () => {
      for (const { station } of stations) while ((await ledger.backlog('csms', station.id)) > 0) await pause(20)
    },
    memoryKiB: () => settledKiB(),
    /** Lets the stations live for `ms`, with a poll of each every `pollMs`. */
    live: ({ ms, pollMs }: { readonly ms: number; readonly pollMs: number }) =>
      measureWork(async () => {
        stop.abort()
        stop = new AbortController()
        const fed = feed(pollMs, stop.signal)
        await pause(ms)
        stop.abort()
        await fed
        return 0
      }),
  }
}

/** The same connections with nothing behind them. */
export async function rawFleet({ url, caFile, sampleSeconds }: FleetParams) {
  const secureContext = caFile === null ? null : createSecureContext({ ca: readFileSync(caFile, 'utf8') })
  const sockets: WebSocket[] = []
  const { action, payload } = wordMeterValues()
  let answers = 0
  const open = async (): Promise<void> => {
    const socket = new WebSocket(`${url}/RAW-${sockets.length + 1}`, ['ocpp1.6'], {
      perMessageDeflate: false,
      ...(secureContext === null ? {} : { secureContext }),
    })
    sockets.push(socket)
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
    socket.on('message', (data) => {
      JSON.parse(textOf(data))
      answers++
    })
  }
  return {
    grow: async (growth: Growth) => {
      for (let left = growth.stations; left > 0; left -= OPENED_AT_ONCE)
        await Promise.all(Array.from({ length: Math.min(left, OPENED_AT_ONCE) }, () => open()))
    },
    memoryKiB: () => settledKiB(),
    /** Each socket sends a MeterValues every `sampleSeconds`. */
    live: ({ ms }: { readonly ms: number }) =>
      measureWork(async () => {
        answers = 0
        const started = performance.now()
        for (let turn = 0; performance.now() - started < ms; turn++) {
          sockets[turn % sockets.length]?.send(JSON.stringify([2, String(turn), action, payload]))
          const due = started + (turn * sampleSeconds * 1000) / sockets.length
          if (due > performance.now()) await pause(due - performance.now())
        }
        return answers
      }),
  }
}
