import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { migrate, MIGRATIONS, schemaVersion } from '../../src/ledger/schema.ts'
import { openFor, sampleDraft, temporaryFolder, UPSTREAM } from './records.ts'

test('an older ledger is copied before it is changed, and keeps its rows (F60)', () => {
  const path = join(temporaryFolder(), 'ledger.sqlite')
  const database = new DatabaseSync(path)
  const first = ['CREATE TABLE notes (number INTEGER PRIMARY KEY, text TEXT) STRICT']
  migrate(database, path, first)
  expect(existsSync(`${path}.v0.backup`)).toBe(false)
  database.exec("INSERT INTO notes (text) VALUES ('kept')")
  migrate(database, path, [...first, 'ALTER TABLE notes ADD COLUMN colour TEXT'])
  expect(schemaVersion(database)).toBe(2)
  expect({ ...database.prepare('SELECT * FROM notes').get() }).toEqual({ number: 1, text: 'kept', colour: null })
  database.close()

  const backup = new DatabaseSync(`${path}.v1.backup`, { readOnly: true })
  expect(schemaVersion(backup)).toBe(1)
  expect({ ...backup.prepare('SELECT * FROM notes').get() }).toEqual({ number: 1, text: 'kept' })
  backup.close()
})

test('a migration that fails leaves the ledger as it was', () => {
  const path = join(temporaryFolder(), 'ledger.sqlite')
  const database = new DatabaseSync(path)
  migrate(database, path, ['CREATE TABLE notes (a)'])
  expect(() => migrate(database, path, ['', 'CREATE TABLE more (a); CREATE TABLE notes (a)'])).toThrow()
  expect(schemaVersion(database)).toBe(1)
  expect(database.prepare("SELECT count(*) AS count FROM sqlite_schema WHERE name = 'more'").get()?.['count']).toBe(0)
  database.close()
})

test('the ledger of a newer ampbridge is refused and left as it is', async () => {
  const folder = temporaryFolder()
  const path = join(folder, 'ledger.sqlite')
  const ledger = await openFor(folder)
  await ledger.recordSamples(null, [sampleDraft('T1', 1)])
  await ledger.close()
  const newer = new DatabaseSync(path)
  newer.exec(`PRAGMA user_version = ${MIGRATIONS.length + 1}`)
  newer.close()
  await expect(openFor(folder)).rejects.toMatchObject({
    code: 'LEDGER_FAILED',
    message: expect.stringContaining('newer ampbridge'),
  })
  const back = new DatabaseSync(path)
  back.exec(`PRAGMA user_version = ${MIGRATIONS.length}`)
  back.close()
  const again = await openFor(folder)
  expect(again.findings).toEqual([])
  expect(await again.backlog(UPSTREAM, 'CP-1')).toBe(1)
})
