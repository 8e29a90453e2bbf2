/** The station with its real neighbours: ledger on disk, OCPP-J over a WebSocket, OCPP 1.6 frames. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Ledger } from '../../../src/ledger/ledger.ts'
import { openLedger } from '../../../src/ledger/open-ledger.ts'
import { systemClock } from '../../../src/model/clock.ts'
import { connectRpc } from '../../../src/ocpp/rpc/connect.ts'
import { VirtualStation } from '../../../src/ocpp/station/virtual-station.ts'
import { ocpp16 } from '../../../src/ocpp/v16/ocpp16.ts'
import { type ScriptedCsms, startScriptedCsms } from '../../peers/scripted-csms.ts'
import { evseDescription, evseState } from './rig.ts'

let folder: string
let csms: ScriptedCsms
let ledger: Ledger
let station: VirtualStation

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'station-'))
  csms = await startScriptedCsms()
  await startProcess()
})

afterEach(async () => {
  await stopProcess()
  await csms.close()
  await rm(folder, { recursive: true })
})

async function startProcess(): Promise<void> {
  ledger = await openLedger(folder)
  station = new VirtualStation({
    description: {
      id: 'CP-001',
      identity: {
        vendor: 'Vendor',
        model: 'Wallbox',
        serial: null,
        firmware: null,
        meterType: null,
        meterSerial: null,
      },
      evses: [evseDescription()],
    },
    authorization: { way: 'free', idToken: 'FREE' },
    timezone: 'UTC',
    startValues: new Map([['localPreAuthorize', 'true']]),
    ledger,
    clock: systemClock,
    random: Math.random,
    port: { unlock: () => Promise.resolve('unlocked'), reset: () => {}, changed: () => {} },
    upstreams: [
      {
        id: 'operator',
        version: ocpp16,
        connect: (handlers) =>
          connectRpc(
            {
              url: csms.url,
              stationId: 'CP-001',
              versions: [ocpp16],
              transport: { authorization: null, tls: {}, explain: () => null },
              clock: systemClock,
              random: Math.random,
              backOff: { waitMinimumMs: 5, randomRangeMs: 5, repeatTimes: 1 },
            },
            handlers,
          ),
      },
    ],
    onEvent: () => {},
  })
  await station.start()
}

async function stopProcess(): Promise<void> {
  await station.close()
  await ledger.close()
}

/** Polls until the station wants current, or has ended the transaction. */
async function pollUntil(wanted: boolean, energyWh: number): Promise<void> {
  const isThere = (): boolean => (wanted ? station.demand(1, Date.now()).wanted : station.view(1).transaction === null)
  do {
    station.observe(evseState({ pilot: wanted ? 'C' : 'A', energyWh, at: Date.now() }))
    await new Promise((resolve) => setTimeout(resolve, 2))
  } while (!isThere())
}

async function registered(status: string): Promise<void> {
  while (station.upstreams()[0]?.registration !== status) await new Promise((resolve) => setTimeout(resolve, 5))
}

async function delivered(): Promise<void> {
  while ((await ledger.backlog('operator', 'CP-001')) > 0) await new Promise((resolve) => setTimeout(resolve, 5))
}

test('F4, F5: the line is cut in the middle of calls, and the process restarts: each transaction once, in order', async () => {
  let call = 0
  csms.react(({ action }) => (action !== 'BootNotification' && ++call % 3 === 0 ? { misdeed: 'drop' } : undefined))
  let energyWh = 1000
  for (let car = 0; car < 15; car++) {
    await pollUntil(true, energyWh)
    if (car % 5 === 4) {
      await stopProcess()
      await startProcess()
    }
    energyWh += 100
    await pollUntil(false, energyWh)
  }
  await delivered()
  expect(csms.transactions).toHaveLength(15)
  for (const [car, { meterStart, starts, stops }] of csms.transactions.entries()) {
    expect(meterStart).toBe(1000 + car * 100)
    // Repetitions are the same message under the same id.
    for (const told of [starts, stops]) expect(new Set(told.map(({ messageId }) => messageId)).size).toBe(1)
    expect(stops[0]?.payload).toMatchObject({ meterStop: 1100 + car * 100, reason: 'EVDisconnected' })
  }
})

test('F15: what a CSMS asks while it has rejected the station is not answered', async () => {
  await stopProcess()
  csms.react(({ action }) =>
    action === 'BootNotification'
      ? { answer: { status: 'Rejected', interval: 1, currentTime: new Date().toISOString() } }
      : undefined,
  )
  await startProcess()
  await registered('rejected')
  let answered = false
  void csms.call('CP-001', 'GetConfiguration', {}).then(() => (answered = true))
  await new Promise((resolve) => setTimeout(resolve, 300))
  expect(answered).toBe(false)
  csms.react(() => undefined)
  await registered('accepted')
  const answer = await csms.call('CP-001', 'GetConfiguration', { key: ['NumberOfConnectors'] })
  expect(answer).toMatchObject([3, expect.anything(), { configurationKey: [{ value: '1' }] }])
})

test('F20: the same CALL id twice starts one transaction', async () => {
  await pollUntil(true, 1000)
  await csms.waitFor(({ action }) => action === 'StartTransaction')
  await delivered()
  const transactionId = csms.transactions[0]?.transactionId
  const answers = [
    await csms.call('CP-001', 'RemoteStopTransaction', { transactionId }, 'same'),
    await csms.call('CP-001', 'RemoteStopTransaction', { transactionId }, 'same'),
  ]
  expect(answers.map((answer) => answer[2])).toEqual([{ status: 'Accepted' }, { status: 'Accepted' }])
  await csms.waitFor(({ action }) => action === 'StopTransaction')
  await delivered()
  expect(csms.transactions[0]?.stops).toHaveLength(1)
})
