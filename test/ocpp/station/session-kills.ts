/**
 * Random sessions at three chargers while the process between them and the CSMS is killed over and over, and the CSMS is away half of the
 * time. The chargers live here and go on without it: what they truly counted is held against what the CSMS was told.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { openLedger } from '../../../src/ledger/open-ledger.ts'
import { type RecordedTransaction, type ScriptedCsms, startScriptedCsms } from '../../peers/scripted-csms.ts'

const LIFE = fileURLToPath(new URL('./session-life.ts', import.meta.url))
const POLL_MS = 4
/** Time of a life runs so much faster. */
const SPEED = 100
/** Once the cars are gone for good. */
const LAST_LIFE_MS = 60_000

export interface ToLife {
  readonly shown: readonly { readonly stationId: string; readonly plugged: boolean; readonly energyWh: number }[]
}
export type FromLife =
  | { readonly kind: 'ready' }
  | { readonly kind: 'finding'; readonly text: string }
  | { readonly kind: 'started'; readonly stationId: string; readonly startWh: number }
  | { readonly kind: 'backlog'; readonly count: number }

export interface SessionKills {
  /** What was wrong; empty when nothing was. */
  readonly faults: readonly string[]
  readonly transactions: number
  /** Transactions that were told of before they could be told to the CSMS, or in between. */
  readonly acknowledged: number
  readonly killedWhileOpening: number
  /** Messages that came more than once: their answer, or the note of it, was lost with the process. */
  readonly repeated: number
}

class Charger {
  readonly stationId: string
  plugged = false
  energyWh = 1000
  /** Where the counter stood whenever a car was gone. */
  readonly restsWh = new Set([1000])

  constructor(stationId: string) {
    this.stationId = stationId
  }

  /** One poll's time: a car may come or go; one that is there charges. */
  step(random: () => number): void {
    if (this.plugged) this.energyWh += random() < 0.5 ? 1 : 2
    if (random() < 0.04) this.plugged = !this.plugged
    if (!this.plugged) this.restsWh.add(this.energyWh)
  }
}

/** `random`: 0 to 1. */
export async function sessionKills(folder: string, kills: number, random: () => number): Promise<SessionKills> {
  const csms = await startScriptedCsms()
  const chargers = ['CP-1', 'CP-2', 'CP-3'].map((id) => new Charger(id))
  const faults: string[] = []
  const started: { readonly stationId: string; readonly startWh: number }[] = []
  const begunAt = Date.now()
  let killedWhileOpening = 0
  let isRunning = true

  await compiled(folder)
  csms.react(({ action }) => {
    const currentTime = new Date(begunAt + (Date.now() - begunAt) * SPEED).toISOString()
    if (action === 'BootNotification') return { answer: { status: 'Accepted', interval: 86_400, currentTime } }
    return action === 'Heartbeat' ? { answer: { currentTime } } : undefined
  })
  const beThere = (isThere: boolean): void => {
    csms.refuse(() => (isThere ? null : { status: 503 }))
    if (!isThere) csms.dropAll()
  }
  const live = (): { readonly child: ChildProcess; readonly facts: { ready: boolean; backlog: number } } => {
    const child = fork(LIFE, [folder, csms.url, String(begunAt)], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      execArgv: [],
    })
    const facts = { ready: false, backlog: Infinity }
    child.stderr?.on('data', (chunk: Buffer) => faults.push(chunk.toString().slice(0, 500)))
    child.on('error', (error) => faults.push(error.message))
    child.on('message', (message: FromLife) => {
      if (message.kind === 'started') started.push(message)
      else if (message.kind === 'finding') faults.push(message.text)
      else if (message.kind === 'backlog') facts.backlog = message.count
      else facts.ready = true
    })
    return { child, facts }
  }
  let current: ChildProcess | null = null
  const polls = setInterval(() => {
    for (const charger of chargers) {
      if (isRunning) charger.step(random)
    }
    const shown = chargers.map(({ stationId, plugged, energyWh }) => ({ stationId, plugged, energyWh }))
    if (current?.connected === true) current.send({ shown } satisfies ToLife, () => undefined)
  }, POLL_MS)

  try {
    for (let kill = 0; kill < kills; kill++) {
      beThere(random() < 0.5)
      const { child, facts } = live()
      const ended = new Promise((resolve) => child.once('close', resolve))
      current = child
      // every fifth one while it opens
      if (kill % 5 !== 4) while (!facts.ready && child.exitCode === null) await pause(2)
      await pause(random() * 80)
      if (random() < 0.5) {
        beThere(random() < 0.5)
        await pause(random() * 80)
      }
      if (!facts.ready) killedWhileOpening++
      child.kill('SIGKILL')
      await ended
    }
    isRunning = false
    for (const charger of chargers) {
      charger.plugged = false
      charger.restsWh.add(charger.energyWh)
    }
    beThere(true)
    const { child, facts } = live()
    current = child
    const isSettled = (): boolean => facts.backlog === 0 && csms.transactions.every(({ stops }) => stops.length > 0)
    for (const from = Date.now(); !isSettled() && Date.now() - from < LAST_LIFE_MS;) await pause(10)
    await pause(100)
    if (!isSettled()) faults.push(`${facts.backlog} messages were left`)
    child.kill('SIGKILL')
    await new Promise((resolve) => child.once('close', resolve))
    const ledger = await openLedger(folder)
    faults.push(...ledger.findings)
    for (const letter of await ledger.deadLetters(10)) faults.push(`given up: ${letter.reason}`)
    await ledger.close()
  } finally {
    clearInterval(polls)
    await csms.close()
  }
  for (const charger of chargers) faults.push(...judge(charger, csms, started))
  const told = csms.calls.filter(({ action }) => /Transaction|MeterValues/.test(action))
  return {
    faults: faults.slice(0, 20),
    transactions: csms.transactions.length,
    acknowledged: started.length,
    killedWhileOpening,
    repeated: told.length - new Set(told.map(({ stationId, messageId }) => `${stationId} ${messageId}`)).size,
  }
}

let compiling: Promise<void> | null = null

/** A life that ends by itself: one that is killed never writes what it has compiled. */
function compiled(folder: string): Promise<void> {
  compiling ??= new Promise((resolve, reject) => {
    const child = fork(LIFE, [`${folder}-compile`, 'ws://127.0.0.1:1', '0', 'once'], { stdio: 'ignore', execArgv: [] })
    child.once('error', reject)
    child.once('close', () => {
      rmSync(`${folder}-compile`, { recursive: true, force: true })
      resolve()
    })
  })
  return compiling
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

function judge(
  { stationId, restsWh, energyWh }: Charger,
  csms: ScriptedCsms,
  started: readonly { readonly stationId: string; readonly startWh: number }[],
): string[] {
  const faults: string[] = []
  const own = csms.transactions.filter((transaction) => transaction.stationId === stationId)
  let lastWh = 1000
  for (const transaction of own) {
    const name = `${stationId} transaction ${transaction.transactionId}`
    const { starts, stops, meterStart } = transaction
    if (distinct(starts) !== 1 || distinct(stops) !== 1)
      faults.push(`${name}: ${distinct(starts)} starts, ${distinct(stops)} stops`)
    const meterStop = Number(stops[0]?.payload['meterStop'])
    // each begins where the one before ended, or later, and ends where the charger truly stood when a car had gone
    if (meterStart < lastWh || meterStop < meterStart || !restsWh.has(meterStop))
      faults.push(`${name}: ${meterStart} to ${meterStop} Wh after ${lastWh}, the charger stands at ${energyWh}`)
    lastWh = meterStop
    faults.push(...orderFaults(name, transaction, csms))
  }
  const known = new Set(own.map(({ meterStart }) => meterStart))
  for (const { startWh } of started.filter((one) => one.stationId === stationId))
    if (!known.has(Math.round(startWh))) faults.push(`${stationId}: the transaction from ${startWh} Wh was never told`)
  return faults
}

function distinct(calls: RecordedTransaction['stops']): number {
  const ids = new Set(calls.map(({ messageId }) => messageId)).size
  // a repetition has its id and its contents of before
  return new Set(calls.map(({ messageId, payload }) => messageId + JSON.stringify(payload))).size === ids ? ids : NaN
}

/** As they were told first: the start, its samples by their time, the end. */
function orderFaults(name: string, { starts, meterValues, stops }: RecordedTransaction, csms: ScriptedCsms): string[] {
  const firsts = new Map<string, number>()
  const ids = new Map<string, string>()
  for (const call of [...starts, ...meterValues, ...stops]) {
    if (firsts.has(call.messageId)) continue
    firsts.set(call.messageId, csms.calls.indexOf(call))
    const [value] = (call.payload['meterValue'] ?? []) as readonly { readonly timestamp: string }[]
    ids.set(call.messageId, String(value?.timestamp ?? call.payload['timestamp']))
  }
  const inOrder = [...firsts].toSorted(([, one], [, other]) => one - other).map(([id]) => id)
  const times = inOrder.map((id) => ids.get(id) ?? '')
  const isWhole = inOrder[0] === starts[0]?.messageId && inOrder.at(-1) === stops[0]?.messageId
  return isWhole && times.join() === times.toSorted().join() ? [] : [`${name}: told out of order`]
}
