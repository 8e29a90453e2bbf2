import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { runFirmwareHook, takeHookResult } from '../../../src/site/files/firmware-hook.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hook-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

function program(script: string): string {
  const path = join(folder, 'install')
  writeFileSync(path, `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  return path
}

function run(script: string, signal = new AbortController().signal, timeoutMs = 10_000) {
  const file = { path: join(folder, 'firmware.bin'), bytes: 3, sha256: 'abc' }
  writeFileSync(file.path, 'new')
  const resultFile = join(folder, 'result')
  return runFirmwareHook({ program: program(script), stationId: 'CP-001', resultFile, timeoutMs }, file, signal)
}

describe('the program that installs a firmware', () => {
  test('gets the file and what it may want to know; exit code 0 is installed', async () => {
    const outcome = await run(
      'cat "$1" > copy; env > environment; exit 0'.replaceAll(/ (copy|environment)/g, ` ${folder}/$1`),
    )
    expect(outcome).toEqual({ installed: true })
    expect(readFileSync(join(folder, 'copy'), 'utf8')).toBe('new')
    const environment = readFileSync(join(folder, 'environment'), 'utf8')
    expect(environment).toContain('AMPBRIDGE_STATION=CP-001')
    expect(environment).toContain('AMPBRIDGE_FIRMWARE_SHA256=abc')
  })

  test('nothing of the bridge’s own environment goes to it', async () => {
    process.env['A_SECRET_OF_OURS'] = 'hidden'
    await run(`env > ${folder}/environment`)
    delete process.env['A_SECRET_OF_OURS']
    expect(readFileSync(join(folder, 'environment'), 'utf8')).not.toContain('hidden')
  })

  test('its last word is the reason', async () => {
    expect(await run('echo starting; echo "wrong hardware revision" >&2; exit 3')).toEqual({
      installed: false,
      reason: 'exit code 3: wrong hardware revision',
    })
  })

  test('one that never ends is ended', async () => {
    expect(await run('exec sleep 60', undefined, 100)).toEqual({ installed: false, reason: 'ended by SIGTERM' })
  })

  test('one that cannot be run', async () => {
    const hook = { program: join(folder, 'nothing'), stationId: 'A', resultFile: join(folder, 'result') }
    const file = { path: '/x', bytes: 0, sha256: '' }
    const outcome = await runFirmwareHook(hook, file, new AbortController().signal)
    expect(outcome).toMatchObject({ installed: false, reason: expect.stringContaining('could not be run') })
  })

  test('a stop of the bridge ends it, and is no verdict', async () => {
    const stop = new AbortController()
    const running = run('exec sleep 60', stop.signal)
    setTimeout(() => stop.abort(), 50)
    await expect(running).rejects.toThrow()
  })
})

describe('what a program that outlived the bridge has left', () => {
  test.each([
    ['installed\n', { installed: true }],
    ['failed: no room on the flash', { installed: false, reason: 'no room on the flash' }],
    ['failed', { installed: false, reason: 'the program says no more' }],
    ['wat', { installed: false, reason: 'the program left "wat"' }],
    ['', { installed: false, reason: 'the program left ""' }],
  ])('%j', async (text, outcome) => {
    const path = join(folder, 'result')
    writeFileSync(path, text)
    expect(await takeHookResult(path)).toEqual(outcome)
    expect(await takeHookResult(path)).toBeNull()
  })
})
