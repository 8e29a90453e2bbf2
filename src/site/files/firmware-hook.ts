/**
 * The program that a site names to install a firmware: `PROGRAM FILE`, with what it may want to know in its environment. Exit
 * code 0: installed. A program that restarts the bridge writes `installed` or `failed: WHY` into AMPBRIDGE_FIRMWARE_RESULT first.
 */
import { spawn } from 'node:child_process'
import { readFile, rm } from 'node:fs/promises'
import { toBridgeError } from '../../model/errors.ts'
import type { DownloadedFile, InstallOutcome } from '../../ocpp/station/maintenance/station-files.ts'

export interface FirmwareHook {
  readonly program: string
  readonly stationId: string
  /** Where a program that outlives us leaves its result. */
  readonly resultFile: string
  readonly timeoutMs?: number
}

/** Longer than any update of a wallbox takes. */
const TIMEOUT_MS = 60 * 60_000
const MAX_WORDS = 4000
const MAX_RESULT = 300

/** Runs the program. Rejects only with the signal's reason. */
export async function runFirmwareHook(
  hook: FirmwareHook,
  file: DownloadedFile,
  signal: AbortSignal,
): Promise<InstallOutcome> {
  await rm(hook.resultFile, { force: true })
  const timeoutMs = hook.timeoutMs ?? TIMEOUT_MS
  const child = spawn(hook.program, [file.path], {
    stdio: ['ignore', 'pipe', 'pipe'],
    // Nothing of ours: no credentials, no NODE_OPTIONS.
    env: {
      PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      AMPBRIDGE_STATION: hook.stationId,
      AMPBRIDGE_FIRMWARE_FILE: file.path,
      AMPBRIDGE_FIRMWARE_SHA256: file.sha256,
      AMPBRIDGE_FIRMWARE_RESULT: hook.resultFile,
    },
    timeout: timeoutMs,
    signal,
  })
  let words = ''
  const hear = (chunk: Buffer): void => {
    words = (words + chunk.toString()).slice(-MAX_WORDS)
  }
  child.stdout.on('data', hear)
  child.stderr.on('data', hear)
  const { promise, resolve } = Promise.withResolvers<InstallOutcome>()
  child.on('error', (error) => resolve({ installed: false, reason: `it could not be run: ${error.message}` }))
  child.on('close', (code, killedBy) => {
    if (code === 0) return resolve({ installed: true })
    const end = killedBy === null ? `exit code ${code}` : `ended by ${killedBy}`
    const last = lastLine(words)
    resolve({ installed: false, reason: last === '' ? end : `${end}: ${last}` })
  })
  const outcome = await promise
  signal.throwIfAborted()
  await rm(hook.resultFile, { force: true })
  return outcome
}

/** What a program that outlived us has left; null: nothing. */
export async function takeHookResult(resultFile: string): Promise<InstallOutcome | null> {
  let text: string
  try {
    text = (await readFile(resultFile, 'utf8')).slice(0, MAX_RESULT).trim()
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    return isMissing ? null : { installed: false, reason: toBridgeError(error).message }
  }
  await rm(resultFile, { force: true })
  if (text === 'installed') return { installed: true }
  const reason = /^failed:?\s*(.*)/s.exec(text)?.[1] ?? `the program left "${lastLine(text)}"`
  return { installed: false, reason: lastLine(reason) || 'the program says no more' }
}

/** One line without control characters, for a log. */
function lastLine(words: string): string {
  const line = words.trimEnd().split(/\r?\n/).at(-1) ?? ''
  return line
    .replaceAll(/\p{Cc}+/gu, ' ')
    .trim()
    .slice(0, 200)
}
