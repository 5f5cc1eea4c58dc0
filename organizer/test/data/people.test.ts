import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { demoAccount, createDemoAccount } from '../../src/data/demo.ts'
import { createEvents } from '../../src/data/events.ts'
import { createPeople, normalizeEmail } from '../../src/data/people.ts'
import { openSqlite, openSqliteDb } from '../../src/data/sqlite.ts'
import { createPasswords } from '../../src/passwords.ts'
import { openBrowser, startApp } from '../support/app.ts'

describe('the demo account', () => {
  it('can sign in with the password that the sign-in page shows, and has events', async () => {
    const { app, people, events, passwords } = await startApp()
    await createDemoAccount(people, events, passwords, '2026-11-24')
    await createDemoAccount(people, events, passwords, '2026-11-24')
    const browser = openBrowser(app)
    const login = await browser.text('/organizer/login?next=/organizer/events/new')
    expect(login).toContain(demoAccount.email)
    expect(login).toContain('href="/organizer/login?demo&amp;next=%2Forganizer%2Fevents%2Fnew"')
    expect(await browser.text('/organizer/login?demo')).toMatch(/type="password" value="password123"/)

    expect((await browser.signIn(demoAccount)).status).toBe(303)
    const page = await browser.text('/organizer/')
    expect(page).toContain('Hello, John')
    expect(page.match(/<h3>/g)).toHaveLength(6)
  })

  it('does not exist in production: it is not shown, cannot sign in, and its sessions are invalid', async () => {
    const development = await startApp()
    await createDemoAccount(development.people, development.events, development.passwords, '2026-11-24')
    const browser = openBrowser(development.app)
    await browser.signIn(demoAccount)

    const people = createPeople(development.db, { withDemo: false })
    const production = await startApp({ production: true, dependencies: { people } })
    expect((await openBrowser(production.app, new Map(browser.cookies)).request('/organizer/')).status).toBe(302)
    const page = await openBrowser(production.app).text('/organizer/login?demo')
    expect(page).not.toMatch(/demo|john\.smith|password123/i)
    expect((await openBrowser(production.app).signIn(demoAccount)).status).toBe(422)
  })

  it('is replaced by a real person with its address', async () => {
    const db = await openSqliteDb(':memory:')
    const passwords = await createPasswords()
    await createDemoAccount(createPeople(db, { withDemo: true }), createEvents(db), passwords, '2026-11-24')
    const people = createPeople(db, { withDemo: false })
    const added = (await people.add({ email: demoAccount.email, name: 'John', passwordHash: 'x' }))!
    expect(await people.findByEmail(demoAccount.email)).toEqual(added)
    expect(await createEvents(db).listByOwner(added.id)).toEqual([])
  })

  it('is not offered after its password was changed', async () => {
    const { app, people, events, passwords } = await startApp()
    await createDemoAccount(people, events, passwords, '2026-11-24')
    await people.changePassword((await people.findByEmail(demoAccount.email))!.id, 'x', { expectedNumber: 1 })
    await createDemoAccount(people, events, passwords, '2026-11-24')
    expect(await openBrowser(app).text('/organizer/login')).not.toMatch(/demo|password123/i)
  })
})

const withoutVersion4 = 'ALTER TABLE events DROP COLUMN deleted_at; DROP TABLE device_names'

describe('a database of the first version', () => {
  it('keeps its people, whose password number becomes 1', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'organizer-'))
    const file = join(folder, 'organizer.db')
    const before = await openSqliteDb(file)
    await createPeople(before, { withDemo: true }).add({ email: 'a@b.c', name: 'A', passwordHash: 'x' })
    await before.close()
    const driver = await openSqlite(file)
    driver.exec(withoutVersion4)
    driver.exec('ALTER TABLE people DROP COLUMN oldest_password; ALTER TABLE people DROP COLUMN password_number')
    driver.exec('PRAGMA user_version = 1')
    driver.close()

    const db = await openSqliteDb(file)
    expect(await createPeople(db, { withDemo: true }).list()).toMatchObject([{ email: 'a@b.c', passwordNumber: 1 }])
    await db.close()
    rmSync(folder, { recursive: true })
  })
})

describe('a database from when every password change ended all other sessions', () => {
  it('keeps those sessions ended', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'organizer-'))
    const file = join(folder, 'organizer.db')
    const before = await openSqliteDb(file)
    const people = createPeople(before, { withDemo: true })
    const { id } = (await people.add({ email: 'a@b.c', name: 'A', passwordHash: 'x' }))!
    await people.changePassword(id, 'y', { expectedNumber: 1 })
    await before.close()
    const driver = await openSqlite(file)
    driver.exec(withoutVersion4)
    driver.exec('ALTER TABLE people DROP COLUMN oldest_password; PRAGMA user_version = 2')
    driver.close()

    const db = await openSqliteDb(file)
    expect(await createPeople(db, { withDemo: true }).findById(id)).toMatchObject({
      passwordNumber: 2,
      oldestPassword: 2,
    })
    await db.close()
    rmSync(folder, { recursive: true })
  })
})

describe('an email address', () => {
  it.each([
    ['Ada@Example.com', 'ada@example.com'],
    [' ada@example.com\n', 'ada@example.com'],
    ['ada', null],
    ['a@b@c', null],
    ['a\0b@example.com', null],
    ['a b@example.com', null],
    ['@example.com', null],
    ['x'.repeat(250) + '@example.com', null],
  ])('%j is stored as %j', (typed, kept) => expect(normalizeEmail(typed)).toBe(kept))

  it('belongs to one person', async () => {
    const people = createPeople(await openSqliteDb(':memory:'), { withDemo: true })
    expect(await people.add({ email: 'ada@example.com', name: 'Ada', passwordHash: 'x' })).not.toBeNull()
    expect(await people.add({ email: 'ada@example.com', name: 'Eve', passwordHash: 'y' })).toBeNull()
    expect((await people.list()).map(({ name }) => name)).toEqual(['Ada'])
  })
})
