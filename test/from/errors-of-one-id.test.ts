import { describe, expect, it } from 'vitest'
import { fromAuthJsDatabase } from '../../src/from/auth-js.ts'
import { fromLucia } from '../../src/from/lucia.ts'
import { fromRecords } from '../../src/from/records.ts'
import { browser } from '../support/browser.ts'
import { visit } from '../support/sessions.ts'
import { storeWorld } from '../support/stores.ts'

const expires = new Date(Date.UTC(2100, 0, 1))
const user = () => '7'

/** Readers of a database that finds `good` in any case, and answers other ids with an error, as Postgres does. Notes what is asked and ended. */
function createReaders() {
  const asked: string[] = []
  const ended: string[] = []
  const ask = (id: string) => {
    asked.push(id)
    if (id.toLowerCase() !== 'good') throw new Error('invalid byte sequence for encoding "UTF8"')
  }
  const end = async (id: string) => void ended.push(id)
  const cookieName = 'id'
  const lucia = fromLucia({
    cookieName,
    keepCookie: true,
    adapter: {
      async getSessionAndUser(id) {
        ask(id)
        return [{ id: 'good', userId: '7', expiresAt: expires }, {}]
      },
      deleteSession: end,
    },
    user,
  })
  const authJs = fromAuthJsDatabase({
    cookieName,
    keepCookie: true,
    adapter: {
      async getSessionAndUser(token) {
        ask(token)
        return { session: { sessionToken: 'good', userId: '7', expires }, user: {} }
      },
      deleteSession: end,
    },
    user,
  })
  const records = fromRecords<object>({
    cookieName,
    keepCookie: true,
    async find(id) {
      ask(id)
      return {}
    },
    end,
    user,
  })
  return { asked, ended, readers: { lucia, authJs, records } }
}

describe.each(['lucia', 'authJs', 'records'] as const)('%s', (name) => {
  it('does not ask for ids that no library writes', async () => {
    const { asked, readers } = createReaders()
    const { sessions } = storeWorld({ accept: [readers[name]] })
    for (const value of ['%00', 'good%00', 'go%0Aod', '%7F', 'x'.repeat(1025)])
      expect((await sessions.open(`id=${value}`)).outcome).toBe('none')
    expect(asked).toEqual([])
  })

  it('keeps signing others in and out after errors about odd ids', async () => {
    const { ended, readers } = createReaders()
    const { sessions } = storeWorld({ accept: [readers[name]] })
    const visitor = browser()
    visitor.put('id', 'good')
    await visit(sessions, visitor)
    for (let times = 0; times < 10; times++) expect((await sessions.open('id=junk')).outcome).toBe('unavailable')
    expect((await sessions.open('id=good')).userId).toBe('7')
    await visit(sessions, visitor, (session) => session.signOut())
    expect(ended).toEqual(['good'])
  })
})

it.each(['lucia', 'authJs'] as const)('%s: another spelling of an id is the same session', async (name) => {
  const { ended, readers } = createReaders()
  const { sessions } = storeWorld({ accept: [readers[name]] })
  const { id } = await sessions.open('id=good')
  expect((await sessions.open('id=GOOD')).id).toBe(id)
  await sessions.revoke('7', id!)
  expect(await sessions.open('id=GOOD')).toMatchObject({ userId: null, outcome: 'revoked' })
  expect(ended).toEqual([])
})
