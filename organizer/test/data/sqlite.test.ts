import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { createPeople } from '../../src/data/people.ts'
import { openSqlite, openSqliteDb } from '../../src/data/sqlite.ts'

const folder = mkdtempSync(join(tmpdir(), 'organizer-sqlite-'))
afterAll(() => rmSync(folder, { recursive: true }))

// The driver is synchronous: a wait inside the driver would stop these tests, because the lock is released by this process.
describe('while another process has the database locked', () => {
  it('a write waits, and other requests are answered', async () => {
    const file = join(folder, 'written.db')
    const people = createPeople(await openSqliteDb(file), { withDemo: false })
    const other = await openSqlite(file)
    other.exec('BEGIN IMMEDIATE')

    const added = people.add({ email: 'ada@example.com', name: 'Ada', passwordHash: 'x' })
    expect(await people.findByEmail('ada@example.com')).toBeNull()
    other.exec('ROLLBACK')

    expect(await added).toMatchObject({ email: 'ada@example.com' })
  })

  it('the application starts once the lock is released, and answers meanwhile', async () => {
    const file = join(folder, 'fresh.db')
    const other = await openSqlite(file)
    other.exec('BEGIN IMMEDIATE')

    const opened = openSqliteDb(file)
    await new Promise(setImmediate)
    other.exec('ROLLBACK')

    expect(await (await opened).rows('SELECT id FROM people')).toEqual([])
  })
})
