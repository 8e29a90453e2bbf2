/**
 * The process that the crash tests kill: `node session-life.ts FOLDER URL WALL_MS [once]`. Three stations with a ledger on disk, told by their
 * parent what the chargers show. Tells its parent of each transaction that is on disk, and now and then how much is not delivered yet.
 * Time runs a hundred times as fast, on from WALL_MS of the first life.
 */
import { argv } from 'node:process'
import { openLedger } from '../../../src/ledger/open-ledger.ts'
import type { Clock } from '../../../src/model/clock.ts'
import { connectRpc } from '../../../src/ocpp/rpc/connect.ts'
import { VirtualStation } from '../../../src/ocpp/station/virtual-station.ts'
import { ocpp16 } from '../../../src/ocpp/v16/ocpp16.ts'
import { evseDescription, evseState } from './rig.ts'
import type { FromLife, ToLife } from './session-kills.ts'

const SPEED = 100
const [, , folder = '', url = '', begun = '0', once] = argv
const begunAt = Number(begun)

const clock: Clock = {
  now: () => begunAt + (Date.now() - begunAt) * SPEED,
  monotonic: () => performance.now() * SPEED,
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      signal.throwIfAborted()
      const timer = setTimeout(resolve, Math.min(ms / SPEED, 2 ** 30))
      signal.addEventListener('abort', () => {
        clearTimeout(timer)
        reject(signal.reason)
      })
    }),
}

function tell(message: FromLife): void {
  process.send?.(message)
}

const ledger = await openLedger(folder)
for (const text of ledger.findings) tell({ kind: 'finding', text })
const stations = new Map<string, VirtualStation>()
for (const id of ['CP-1', 'CP-2', 'CP-3']) {
  const identity = {
    vendor: 'Vendor',
    model: 'Wallbox',
    serial: null,
    firmware: null,
    meterType: null,
    meterSerial: null,
  }
  const station = new VirtualStation({
    description: { id, identity, evses: [evseDescription()] },
    authorization: { way: 'free', idToken: 'FREE' },
    timezone: 'UTC',
    startValues: new Map([
      ['localPreAuthorize', 'true'],
      ['meterValueSampleInterval', '1'],
      ['webSocketPingInterval', '0'],
    ]),
    ledger,
    clock,
    random: Math.random,
    port: { unlock: () => Promise.resolve('unlocked'), reset: () => {}, changed: () => {} },
    upstreams: [
      {
        id: 'operator',
        version: ocpp16,
        // a busy machine must not look like a CSMS that does not answer
        callTimeoutMs: 60_000 * SPEED,
        connect: (handlers) =>
          connectRpc(
            {
              url,
              stationId: id,
              versions: [ocpp16],
              transport: { authorization: null, tls: {}, explain: () => null },
              clock,
              random: Math.random,
              backOff: { waitMinimumMs: 500, randomRangeMs: 500, repeatTimes: 0 },
              connectTimeoutMs: 10_000 * SPEED,
            },
            handlers,
          ),
      },
    ],
    onEvent: (event) => {
      if (event.kind !== 'transaction-started') return
      const { transaction } = event
      tell({ kind: 'started', stationId: id, startWh: transaction.startWh })
    },
  })
  await station.start()
  stations.set(id, station)
}
process.on('message', ({ shown }: ToLife) => {
  for (const { stationId, plugged, energyWh } of shown)
    stations.get(stationId)?.observe(evseState({ pilot: plugged ? 'C' : 'A', energyWh, at: clock.now() }))
})
process.on('disconnect', () => process.exit())
tell({ kind: 'ready' })
if (once !== undefined) process.exit()
setInterval(() => {
  const counts = [...stations.keys()].map((id) => ledger.backlog('operator', id))
  void Promise.all(counts).then((left) => tell({ kind: 'backlog', count: left.reduce((sum, count) => sum + count, 0) }))
}, 30)
