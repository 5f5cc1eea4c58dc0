import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { describePostgres, startPostgres, type PostgresServer } from '../../../test/support/servers/postgres.ts'
import { ConfigError } from '../../src/server/config.ts'
import type { Db } from '../../src/data/db.ts'
import { demoAccount, createDemoAccount } from '../../src/data/demo.ts'
import { createEvents } from '../../src/data/events.ts'
import { createPeople } from '../../src/data/people.ts'
import { openPostgresDb } from '../../src/data/postgres.ts'
import { csrfOf, openBrowser, quickPasswords, startApp, supper } from '../support/app.ts'
import { runProgram } from '../support/program.ts'

describePostgres('the database in Postgres', () => {
  let server: PostgresServer
  let db: Db

  beforeAll(async () => {
    server = await startPostgres()
    db = await openPostgresDb(server.url)
  })
  beforeEach(() => db.run('DELETE FROM people'))
  afterAll(async () => {
    await db.close()
    await server.stop()
  })

  it('stores people as SQLite does', async () => {
    const people = createPeople(db, { withDemo: true, now: () => 1_795_510_800_000 })
    const ada = (await people.add({ email: 'ada@example.com', name: 'Ada', passwordHash: 'x' }))!
    expect(ada).toEqual({
      id: expect.any(Number),
      email: 'ada@example.com',
      name: 'Ada',
      passwordHash: 'x',
      passwordNumber: 1,
      oldestPassword: 1,
      demo: false,
      createdAt: 1_795_510_800_000,
    })
    expect(await people.add({ email: 'ada@example.com', name: 'Eve', passwordHash: 'y' })).toBeNull()
    expect(await people.findById(ada.id)).toEqual(ada)
    for (const id of [0, -1, 1.5, NaN, Infinity, 1e300, Number.MAX_SAFE_INTEGER])
      expect(await people.findById(id)).toBeNull()

    const changes = Array.from({ length: 10 }, () => people.changePassword(ada.id, 'z', { expectedNumber: 1 }))
    const changed = (await Promise.all(changes)).filter((person) => person !== null)
    expect(changed).toEqual([{ ...ada, passwordHash: 'z', passwordNumber: 2, oldestPassword: 2 }])
    const kept = await people.changePassword(ada.id, 'new', { expectedNumber: 2, others: 'kept' })
    expect(kept).toMatchObject({ passwordNumber: 3, oldestPassword: 2 })
    await people.add({ email: 'Zoë@example.com', name: 'Zoë', passwordHash: 'x' })
    await people.add({ email: 'a-da@example.com', name: 'A', passwordHash: 'x' })
    const emails = (await people.list()).map(({ email }) => email)
    expect(emails).toEqual(['Zoë@example.com', 'a-da@example.com', 'ada@example.com']) // by their bytes
  })

  it('shows the demo account in development only, and gives its address to a real person', async () => {
    const people = createPeople(db, { withDemo: true })
    await Promise.all([1, 2, 3].map(() => createDemoAccount(people, createEvents(db), quickPasswords, '2026-11-24')))
    const { id } = (await people.findByEmail(demoAccount.email))!
    expect(await createEvents(db).listByOwner(id)).toHaveLength(6)
    const inProduction = createPeople(db, { withDemo: false })
    expect(await inProduction.findById(id)).toBeNull()
    expect(await inProduction.changePassword(id, 'x', { expectedNumber: 1 })).toBeNull()
    expect(await inProduction.add({ email: demoAccount.email, name: 'John', passwordHash: 'x' })).not.toBeNull()
    expect(await createEvents(db).listByOwner(id)).toEqual([])
  })

  it('works with the whole application', async () => {
    const { app, person, events, people } = await startApp({ db })
    const browser = openBrowser(app)
    expect((await browser.signIn()).status).toBe(303)
    await browser.createEvent({ title: 'Zoë’s 🎉', description: 'a\r\nb\0' })
    const [event] = await events.listByOwner(person.id)
    expect(event).toMatchObject({ title: 'Zoë’s 🎉', startsAt: '2026-12-24T18:30', description: 'a\nb' })
    const page = `/organizer/events/${event!.id}`
    await browser.submit(`${page}/edit`, { ...supper, title: 'Later' }, page)
    expect(await events.listByOwner(person.id)).toMatchObject([{ id: event!.id, title: 'Later' }])
    const other = (await people.add({ email: 'eve@example.com', name: 'Eve', passwordHash: 'x' }))!
    expect(await events.findById(other.id, event!.id)).toBeNull()
    expect((await browser.request('/organizer/events/999999999999999/edit')).status).toBe(404)
    await browser.submit(`${page}/edit`, {}, `${page}/delete`)
    expect(await events.listByOwner(person.id)).toEqual([])
    expect((await browser.changePassword()).status).toBe(303)
    expect((await browser.request('/organizer/')).status).toBe(200)
  })

  it('is created once by servers that start at once, and refuses older servers', async () => {
    await db.run('DROP TABLE device_names, events, people, organizer_version')
    const opened = await Promise.all(Array.from({ length: 10 }, () => openPostgresDb(server.url)))
    await Promise.all(opened.map((each) => each.close()))
    expect(await db.rows('SELECT version FROM organizer_version')).toEqual([{ version: 2 }])

    await db.run('UPDATE organizer_version SET version = 99')
    await expect(openPostgresDb(server.url)).rejects.toThrow(/written by a newer version of Organizer/)
    await db.run('UPDATE organizer_version SET version = 2')
  })

  it('refuses a wrong user, with an error that does not contain the password', async () => {
    const wrong = new URL(server.url)
    wrong.password = 'hunter2'
    wrong.username = 'nobody'
    const error = (await openPostgresDb(wrong.href).catch((thrown: unknown) => thrown)) as Error
    expect(error).toBeInstanceOf(ConfigError)
    expect(error.message).toMatch(/^Postgres at 127\.0\.0\.1:\d+ refused: .*"nobody".*\. Check DATABASE_URL\.$/)
    expect(error.message).not.toContain('hunter2')
  })

  it('is used by `people`, and shared by two servers, with its sessions too', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'organizer-'))
    const env = { DATABASE_URL: server.url, SESSION_TYPE: 'postgres', PORT: '0', SECRET_KEY: 'x'.repeat(32) }
    const add = runProgram(folder, 'people.js', ['add', '--email', 'grace@example.com'], env)
    add.child.stdin.end('nanoseconds of wire\n')
    expect(await add.ended).toMatchObject({ code: 0, err: '' })
    expect((await runProgram(folder, 'people.js', ['list'], env).ended).out).toContain('grace@example.com')

    const servers = [runProgram(folder, 'main.js', [], env), runProgram(folder, 'main.js', [], env)]
    const [one, two] = (await Promise.all(servers.map((each) => each.url()))) as [string, string]
    await servers[0]!.waitForOutput(/Sessions +Postgres at 127\.0\.0\.1:\d+ \(SESSION_TYPE=postgres\)/)
    const form = await fetch(`${one}/organizer/login`)
    const cookie = form.headers.getSetCookie()[0]!.split(';')[0]!
    const csrf = /name="csrf" value="([^"]+)"/.exec(await form.text())![1]!
    const signedIn = await fetch(`${one}/organizer/login`, {
      method: 'POST',
      body: new URLSearchParams({ csrf, email: 'grace@example.com', password: 'nanoseconds of wire' }),
      headers: { Cookie: cookie, Origin: one },
      redirect: 'manual',
    })
    const headers = { Cookie: signedIn.headers.getSetCookie()[0]!.split(';')[0]! }
    expect(await (await fetch(`${two}/organizer/`, { headers })).text()).toContain('Hello, Grace')
    expect(await (await fetch(`${two}/organizer/devices`, { headers })).text()).toContain('and nowhere else')
    for (const each of servers) expect(await each.stop()).toMatchObject({ code: 0, err: '' })
    rmSync(folder, { recursive: true })
  })

  it('signs nobody out while it is down', async () => {
    const { app, lines } = await startApp({ db })
    const browser = openBrowser(app)
    await browser.signIn()
    const expectUnavailable = async () => {
      const response = await browser.request('/organizer/')
      expect([response.status, response.headers.getSetCookie()]).toEqual([503, []])
      const page = await response.text()
      expect(page).toMatch(/Back in a moment.*reach your events right now\. If you are signed in, you stay signed in/s)
    }
    await server.freeze()
    await expectUnavailable()
    await server.thaw()
    expect((await browser.request('/organizer/')).status).toBe(200)
    await server.kill()
    await expectUnavailable()
    await server.restart()
    expect((await browser.request('/organizer/')).status).toBe(200)
    expect(lines.filter((line) => line.startsWith('The database does not answer: '))).toHaveLength(2)
  })

  it.each([true, false])('lets users sign out while it is down (production: %s)', async (production) => {
    const { app } = await startApp({ db, production })
    const browser = openBrowser(app)
    await browser.signIn()
    const csrf = csrfOf(await browser.text('/organizer/'))
    await server.kill()
    expect((await browser.send('/organizer/logout', { csrf: 'another' })).status).toBe(403)
    const response = await browser.send('/organizer/logout', { csrf })
    expect([response.status, response.headers.get('location')]).toEqual([303, '/organizer/login'])
    expect(await browser.text('/organizer/login')).toContain('You are signed out.')
    expect(browser.cookies.has('session')).toBe(false)
    await server.restart()
    expect((await browser.request('/organizer/')).status).toBe(302)
  })
})
