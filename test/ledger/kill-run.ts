/** Kills the workload at random moments, over and over on one folder, and judges what a CSMS would have seen. */
import { spawn } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { execPath } from 'node:process'
import { fileURLToPath } from 'node:url'
import { openLedger } from '../../src/ledger/open-ledger.ts'
import { STATIONS } from './workload.ts'
import { delivered, nextMessage } from './one-by-one.ts'

const WORKLOAD = fileURLToPath(new URL('./workload.ts', import.meta.url))

interface Station {
  /** Newest number of which the workload was told that it is on disk. */
  stored: number
  /** Newest number that was sent. */
  sent: number
  /** Newest number of which the delivery was acknowledged. */
  done: number
}

export interface KillResult {
  /** What was wrong; empty when nothing was. */
  readonly faults: readonly string[]
  readonly acknowledged: number
  readonly delivered: number
  /** Lives that ended before they could say `ready`. */
  readonly killedWhileOpening: number
}

class Judge {
  readonly faults: string[] = []
  readonly stations = new Map<string, Station>(STATIONS.map((id) => [id, { stored: 0, sent: 0, done: 0 }]))
  readonly sequences = new Set<number>()
  acknowledged = 0
  ready = 0

  read(line: string): void {
    const [word = '', id = '', numberText, sequenceText] = line.split(' ')
    const station = this.stations.get(id)
    const number = Number(numberText)
    if (station === undefined || word === 'bad') this.faults.push(line)
    else if (word === 'stored') this.#stored(id, station, number)
    else if (word === 'sent') this.#sent(id, station, number, Number(sequenceText))
    else if (word === 'done') station.done = number
    else this.faults.push(`unknown line: ${line}`)
  }

  #stored(id: string, station: Station, number: number): void {
    this.acknowledged += 1
    // a life that was killed between the commit and its word leaves out one
    if (number <= station.stored) this.faults.push(`${id}: ${number} was stored again after ${station.stored}`)
    station.stored = number
  }

  /** In order, none left out, none again but the one whose delivery nobody had confirmed. */
  #sent(id: string, station: Station, number: number, sequence: number): void {
    const isNext = number === station.sent + 1
    const isRepetition = number === station.sent && station.done < number
    if (!isNext && !isRepetition)
      this.faults.push(`${id}: ${number} was sent after ${station.sent} (done ${station.done})`)
    station.sent = number
    if (isNext && this.sequences.has(sequence)) this.faults.push(`sequence ${sequence} was given twice`)
    this.sequences.add(sequence)
  }

  /** When everything that was stored has been sent. */
  finish(): void {
    for (const [id, { stored, sent }] of this.stations) {
      if (sent < stored) this.faults.push(`${id}: ${stored} was acknowledged, the last one found is ${sent}`)
    }
    const newest = Math.max(0, ...this.sequences)
    if (this.sequences.size !== newest) this.faults.push(`${newest} sequence numbers, ${this.sequences.size} messages`)
  }
}

interface Life {
  readonly folder: string
  readonly delayMs: number
  /** Counted from the start of the process, not from its `ready`. */
  readonly fromStart: boolean
}

let compiled: Promise<void> | null = null

/** A life that ends by itself: one that is killed never writes what it has compiled. */
function compile(folder: string): Promise<void> {
  compiled ??= new Promise((resolve, reject) => {
    const child = spawn(execPath, [WORKLOAD, folder, `${folder}.log`, 'once'], { stdio: 'ignore' })
    child.once('error', reject)
    child.once('close', () => resolve())
  })
  return compiled
}

async function oneLife({ folder, delayMs, fromStart }: Life, judge: Judge): Promise<void> {
  const log = `${folder}.log`
  writeFileSync(log, '')
  const child = spawn(execPath, [WORKLOAD, folder, log], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const kill = (): void => {
    setTimeout(() => child.kill('SIGKILL'), delayMs)
  }
  let errors = ''
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()))
  child.stdout.once('data', () => {
    judge.ready += 1
    if (!fromStart) kill()
  })
  if (fromStart) kill()
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  if (code !== null) judge.faults.push(`the workload ended by itself with ${code}: ${errors}`)
  const lines = readFileSync(log, 'utf8').split('\n')
  // the last one may be half written
  for (const line of lines.slice(0, -1)) judge.read(line)
}

async function drain(folder: string, judge: Judge): Promise<void> {
  const ledger = await openLedger(folder)
  for (const finding of ledger.findings) judge.faults.push(finding)
  for (const id of STATIONS) {
    for (;;) {
      const entry = await nextMessage(ledger, 'operator', id)
      if (entry === null) break
      judge.read(`sent ${id} ${entry.messageId} ${entry.sequence}`)
      await delivered(ledger, entry.sequence, null)
    }
  }
  await ledger.close()
}

/** `random`: 0 to 1; every fifth kill falls into opening and recovery. */
export async function killRun(folder: string, kills: number, random: () => number): Promise<KillResult> {
  const judge = new Judge()
  await compile(folder)
  for (let kill = 0; kill < kills; kill += 1) {
    const fromStart = kill % 5 === 4
    await oneLife({ folder, delayMs: random() * (fromStart ? 150 : 40), fromStart }, judge)
  }
  rmSync(`${folder}.log`)
  await drain(folder, judge)
  judge.finish()
  return {
    faults: judge.faults.slice(0, 20),
    acknowledged: judge.acknowledged,
    delivered: judge.sequences.size,
    killedWhileOpening: kills - judge.ready,
  }
}

/** Repeatable numbers from 0 to 1 (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
