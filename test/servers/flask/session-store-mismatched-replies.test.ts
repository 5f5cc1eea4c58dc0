import { expect, it } from 'vitest'
import type { SessionRecord } from '../../../src/stores/store.ts'
import { flaskSession } from '../../../src/flask/session-store.ts'
import { describeRedis } from '../../support/servers/redis.ts'
import { browser } from '../../support/browser.ts'
import { flaskSessions, keyOf } from '../../support/flask-session-records.ts'
import { visit } from '../../support/sessions.ts'
import { kit } from '../../support/flask-session-redis.ts'

interface Asked {
  readonly keys: string[]
  readonly arguments: string[]
}

describeRedis('OpenAI, 20 March 2023: a client that gives one caller the answer that was for another', () => {
  const { k } = kit()

  /** From when it goes wrong on, each gets the last answer to a question that is `alike`. */
  function crossing(alike: (sha: string, asked: Asked) => string) {
    const last = new Map<string, unknown>()
    let isCrossed = false
    const by = (name: 'eval' | 'evalSha') => async (script: string, asked: Asked) => {
      const answer: unknown = await k.client[name](script, asked)
      const question = alike(script, asked)
      const given = isCrossed && last.has(question) ? last.get(question) : answer
      last.set(question, answer)
      return given
    }
    return {
      client: {
        eval: by('eval'),
        evalSha: by('evalSha'),
        hGet: (key: string, field: string) => k.client.hGet(key, field),
      },
      goWrong: () => void (isCrossed = true),
      goRight: () => void (isCrossed = false),
    }
  }

  it.each([
    ['the same of another session', (sha: string) => sha],
    ['anything before', () => ''],
    ['anything of the same session', (_: string, { keys }: Asked) => keys[0]!.replace(/^.*:/, '')],
  ])('opens nobody’s session as somebody else’s, and ends none: %s', async (_, alike) => {
    const { client, goRight, goWrong } = crossing(alike)
    const { sessions } = flaskSessions(client)
    const people = ['7', '8', '9'].map((userId) => ({ userId, visitor: browser() }))
    for (const { userId, visitor } of people) {
      await visit(sessions, visitor, (session) => {
        session.signIn(userId)
        session.data.owner = userId
      })
      // So that there is a new id to find.
      await visit(sessions, visitor, (session) => session.renew())
      await sessions.open(visitor.cookie)
    }
    const before = await k.kept.keys('session:*')
    goWrong()
    for (let round = 0; round < 3; round++) {
      for (const { userId, visitor } of people) {
        const session = await sessions.open(visitor.cookie)
        if (session.outcome === 'active') expect(session).toMatchObject({ userId, data: { owner: userId } })
        else expect(session.outcome).toBe('unavailable')
        expect((await sessions.commit(session)).getSetCookie()).toEqual([])
      }
    }
    goRight()
    expect(await k.kept.keys('session:*')).toEqual(before)
    for (const { userId, visitor } of people) {
      await expect.poll(async () => (await sessions.open(visitor.cookie)).userId, { timeout: 8000 }).toBe(userId)
    }
  })

  it.each(['end', 'read'] as const)('%s: follows no id that another session has by now', async (verb) => {
    const { client, goWrong } = crossing((sha) => sha)
    const { sessions } = flaskSessions(client)
    const [ada, eve] = [browser(), browser()]
    for (const visitor of [eve, ada]) await visit(sessions, visitor, (session) => session.signIn('7'))
    const [old, id] = [ada.get('session')!, eve.get('session')!]
    await visit(sessions, ada, (session) => session.renew())
    const { store } = flaskSession(client)
    expect(await store.read(keyOf(old))).toMatchObject({ movedTo: ada.get('session') })
    await k.server.ask('DEL', `session:${id}`)
    goWrong()
    const ending = { ended: 'signed-out', endedAt: 1, expiresAt: 100_000 } as const
    const asked = verb === 'end' ? store.end(keyOf(id), ending) : store.read(keyOf(id))
    await expect(asked).rejects.toThrow('the reply to another command')
    expect(await k.kept.keys('session:*')).toEqual([`session:${ada.get('session')}`])
    expect((await k.world.sessions.open(ada.cookie)).userId).toBe('7')
  })

  it.each<readonly [what: string, of: string, answer: unknown]>([
    ['whether it ended', 'sojourn:ended:', 1],
    ['whether it ended', 'sojourn:ended:', ['1700000000000@', 1]],
    ['what it holds', 'session:', 1],
    ['what it holds', 'session:', ['1700000000000@', 1]],
    ['where it goes', 'sojourn:moving:', ['1700000000000@', 1]],
  ])('takes no answer to another question about a session for one to %s: %s %j', async (what, of, answer) => {
    const sid = 'a'.repeat(43)
    if (what !== 'where it goes') await k.kept.put(`session:${sid}`, '80')
    const by = (name: 'eval' | 'evalSha') => async (script: string, asked: Asked) =>
      asked.keys[0]!.startsWith(of) ? [asked.keys[0], answer] : k.client[name](script, asked)
    const { store } = flaskSession({ eval: by('eval'), evalSha: by('evalSha'), hGet: async () => null })
    await expect(store.read(keyOf(sid))).rejects.toThrow(TypeError)
    expect(await k.kept.keys()).toEqual(what === 'where it goes' ? [] : [`session:${sid}`])
  })

  it('takes no record for what became of a write', async () => {
    const sid = 'a'.repeat(43)
    await k.kept.put(`session:${sid}`, '80')
    let isWrong = false
    const by = (name: 'eval' | 'evalSha') => async (script: string, asked: Asked) =>
      isWrong && asked.arguments.length > 0
        ? [asked.keys[0], ['record', '%80', 1]]
        : await k.client[name](script, asked)
    const { store } = flaskSession({ eval: by('eval'), evalSha: by('evalSha'), hGet: async () => null })
    const { secretHash } = (await store.read(keyOf(sid))) as SessionRecord
    isWrong = true
    const change = { set: { n: '\x01' }, unset: [], lastSeenAt: 0, expiresAt: 100_000 }
    await expect(store.update(keyOf(sid), { secretHash }, change)).rejects.toThrow('the reply to another command')
  })
})
