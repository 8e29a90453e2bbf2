/** Whether a bridge has a state folder: asked from outside, without touching the lock. */
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { isStateLocked, lockState, locksName } from '../../src/ledger/state-lock.ts'

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'ampbridge-lock-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

describe('a state folder', () => {
  it('is locked while a bridge has it, and the question takes nothing from it', () => {
    const path = folder()
    const lock = lockState(path)
    expect(isStateLocked(path)).toBe(true)
    // a reader in the same process that opened and closed the file would have dropped it (POSIX)
    expect(isStateLocked(path)).toBe(true)
    expect(() => lockState(path)).toThrow(expect.objectContaining({ code: 'STATE_LOCKED' }))
    lock.release()
    expect(isStateLocked(path)).toBe(false)
  })

  it('is not locked where no bridge ever was, and nothing is left there', () => {
    const path = folder()
    expect(isStateLocked(path)).toBe(false)
    expect(statSync(join(path, 'lock'), { throwIfNoEntry: false })).toBeUndefined()
  })

  it('may or may not be locked where the kernel does not tell', () => {
    const path = folder()
    const lock = lockState(path)
    expect(isStateLocked(path, join(path, 'no-such-table'))).toBeNull()
    lock.release()
  })
})

describe('the kernel’s table of locks', () => {
  const file = { dev: 0xfe_00, ino: 2_408_495, pid: '20888' }
  it.each([
    ['1: POSIX  ADVISORY  WRITE 20888 fe:00:2408495 1073741824 1073742335', true],
    ['7: POSIX  ADVISORY  WRITE 999 fe:00:2408495 0 EOF', true],
    // a file system that shows another device (btrfs, overlay): then the process must be the one that wrote its name
    ['1: POSIX  ADVISORY  WRITE 20888 00:2f:2408495 1073741824 1073742335', true],
    ['1: POSIX  ADVISORY  WRITE 999 00:2f:2408495 1073741824 1073742335', false],
    // another one that waits for it, or reads for a moment, has not got it
    ['1: -> POSIX  ADVISORY  WRITE 20888 fe:00:2408495 1073741824 1073742335', false],
    ['1: POSIX  ADVISORY  READ 20888 fe:00:2408495 1073741826 1073742335', false],
    ['1: FLOCK  ADVISORY  WRITE 20888 fe:00:2408495 0 EOF', false],
    ['1: POSIX  ADVISORY  WRITE 20888 fe:00:24084950 0 EOF', false],
    ['', false],
  ])('%s: %s', (line, locked) => {
    expect(locksName(`${line}\n`, file)).toBe(locked)
  })
})
