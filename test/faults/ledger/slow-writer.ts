/**
 * Stores numbered samples and tells what happened: `node slow-writer.ts FOLDER LOG COUNT`. A refused sample is tried again
 * until it is stored. The last line is `loop MS`, the 99th percentile of the main loop's delay.
 */
import { openSync, writeSync } from 'node:fs'
import { argv } from 'node:process'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as wait } from 'node:timers/promises'
import { isBridgeError } from '../../../src/model/errors.ts'
import { openLedger } from '../../../src/ledger/open-ledger.ts'
import { sampleDraft } from '../../ledger/sample-draft.ts'

const [, , folder = '', logPath = '', count = '0'] = argv
const log = openSync(logPath, 'a')
const say = (line: string): void => void writeSync(log, `${line}\n`)

const ledger = await openLedger(folder, {
  onAlarm: ({ code, active, text }) => say(`alarm ${code} ${active} ${text}`),
})
for (const finding of ledger.findings) say(`finding ${finding}`)
const delay = monitorEventLoopDelay({ resolution: 5 })
delay.enable()
for (let number = 1; number <= Number(count);) {
  try {
    await ledger.recordSamples(null, [sampleDraft('T1', number)])
    say(`stored ${number}`)
    number += 1
  } catch (error) {
    say(`refused ${number} ${isBridgeError(error) ? error.code : String(error)}`)
    await wait(300)
  }
}
delay.disable()
// the histogram counts the whole interval, of which 5 ms are its own
say(`loop ${Math.round(delay.percentile(99) / 1e6)}`)
await ledger.close()
