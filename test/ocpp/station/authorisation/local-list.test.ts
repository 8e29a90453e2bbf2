import { describe, expect, test } from 'vitest'
import type { CsmsExchange, LocalListEntry } from '../../../../src/model/csms-request.ts'
import { LocalList, type UpdateStatus } from '../../../../src/ocpp/station/authorisation/local-list.ts'
import { MemoryLedger } from '../memory-ledger.ts'

type Update = CsmsExchange['send-local-list']['request']

const GOOD = { status: 'accepted', expiresAt: null, parentIdToken: null } as const

function entries(...names: readonly string[]): readonly LocalListEntry[] {
  return names.map((name) =>
    name.startsWith('-') ? { idToken: name.slice(1), info: null } : { idToken: name, info: GOOD },
  )
}

function full(version: number, ...names: readonly string[]): Update {
  return { version, update: 'full', entries: entries(...names) }
}

function change(version: number, ...names: readonly string[]): Update {
  return { version, update: 'differential', entries: entries(...names) }
}

async function newList(ledger = new MemoryLedger()) {
  const list = new LocalList({
    ledger: ledger.process().ledger,
    stationId: 'CP-001',
    emit: () => {},
    limits: () => ({ entries: 5, update: 3 }),
  })
  await list.load()
  return list
}

describe('an update', () => {
  test.each<[string, readonly Update[], UpdateStatus, number, string]>([
    ['a whole list', [full(2, 'A', 'B')], 'accepted', 2, 'A B'],
    ['replaces the old one, even with a lower version', [full(7, 'A'), full(3, 'B')], 'accepted', 3, 'B'],
    ['changes', [full(2, 'A', 'B'), change(5, '-a', 'C')], 'accepted', 5, 'B C'],
    ['changes of nothing', [full(2, 'A'), change(3)], 'accepted', 3, 'A'],
    ['changes to an older list', [full(5, 'A'), change(4, 'B')], 'version-mismatch', 5, 'A'],
    ['changes that are there already', [full(5, 'A'), change(5, 'B')], 'version-mismatch', 5, 'A'],
    ['an empty list has version 0', [full(5, 'A'), full(6)], 'accepted', 0, ''],
    ['and begins anew', [full(5, 'A'), full(6), change(1, 'B')], 'accepted', 1, 'B'],
    ['emptied with version 0', [full(5, 'A'), full(0)], 'accepted', 0, ''],
    ['version 0 of a list with entries', [full(0, 'A')], 'failed', 0, ''],
    ['a negative version', [full(-1, 'A')], 'failed', 0, ''],
    ['one identifier twice', [full(1, 'A', 'a')], 'failed', 0, ''],
    ['an entry without info in a whole list', [full(1, 'A', '-B')], 'failed', 0, ''],
    ['more entries than one message may bring', [full(1, 'A', 'B', 'C', 'D')], 'failed', 0, ''],
    ['more than the list can hold', [full(1, 'A', 'B', 'C'), change(2, 'D', 'E', 'F')], 'failed', 1, 'A B C'],
    ['as many as it can hold', [full(1, 'A', 'B', 'C'), change(2, 'D', 'E', '-A')], 'accepted', 2, 'B C D E'],
  ])('%s', async (_, updates, status, version, names) => {
    const ledger = new MemoryLedger()
    const list = await newList(ledger)
    let last: UpdateStatus | null = null
    for (const update of updates) last = await list.update(update)
    expect(last).toBe(status)
    // What is in force is what a restart finds.
    for (const each of [list, await newList(ledger)]) {
      expect(each.version).toBe(version)
      expect(['A', 'B', 'C', 'D', 'E', 'F'].filter((name) => each.find(name.toLowerCase()) !== null).join(' ')).toBe(
        names,
      )
    }
  })

  test('that the disk does not take changes nothing', async () => {
    const ledger = new MemoryLedger()
    const list = await newList(ledger)
    await list.update(full(1, 'A'))
    ledger.full = true
    await expect(list.update(change(2, 'B'))).rejects.toMatchObject({ code: 'LEDGER_FULL' })
    expect([list.version, list.find('B')]).toEqual([1, null])
  })
})
