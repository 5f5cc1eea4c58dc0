import { describe, expect, it } from 'vitest'
import type { Schema, Session } from '../../src/index.ts'
import { request, signedIn, visit } from '../support/sessions.ts'
import { storeWorld } from '../support/stores.ts'

const add = (session: Session) => session.update('n', (n = 0) => n + 1)

/** The data of a session after two requests that opened it at the same time: `first` is committed before `second`. */
async function commitInOrder(
  data: Record<string, unknown>,
  first: (session: Session) => unknown,
  second: (session: Session) => unknown,
  schema?: Schema,
) {
  const visited = storeWorld({ schema } as object)
  const visitor = await signedIn(visited, 'ada', { data })
  const both = [await visited.sessions.open(visitor.cookie), await visited.sessions.open(visitor.cookie)]
  first(both[0]!)
  second(both[1]!)
  for (const session of both) await visited.sessions.commit(session)
  return (await visited.sessions.open(visitor.cookie)).data
}

describe('update', () => {
  it('starts from the newest value', async () => {
    expect(await commitInOrder({ n: 1 }, add, add)).toEqual({ n: 3 })
    expect(await commitInOrder({}, add, add)).toEqual({ n: 2 })
    expect(await commitInOrder({ n: 1 }, (session) => (session.data['n'] = 10), add)).toEqual({ n: 11 })
    expect(await commitInOrder({ n: 1 }, (session) => delete session.data['n'], add)).toEqual({ n: 1 })
  })

  it('several times in one request is done again as a whole, with other keys', async () => {
    const second = (session: Session) => {
      add(session)
      session.update('list', (list: string[] = []) => [...list, 'second'])
      add(session)
      session.data['other'] = true
    }
    const first = (session: Session) => {
      session.update('n', (n) => n * 10)
      session.update('list', (list: string[] = []) => [...list, 'first'])
    }

    expect(await commitInOrder({ n: 1 }, first, second)).toEqual({ n: 12, list: ['first', 'second'], other: true })
  })

  it('leaves what was assigned before it, or in between, as it was assigned', async () => {
    const assignFirst = (session: Session) => {
      session.data['n'] = 100
      add(session)
    }
    const assignBetween = (session: Session) => {
      add(session)
      session.data['n'] = 100
      add(session)
    }
    const assignLast = (session: Session) => {
      add(session)
      session.data['n'] = 100
    }
    expect(await commitInOrder({ n: 1 }, add, assignFirst)).toEqual({ n: 101 })
    expect(await commitInOrder({ n: 1 }, add, assignBetween)).toEqual({ n: 101 })
    expect(await commitInOrder({ n: 1 }, add, assignLast)).toEqual({ n: 100 })
  })

  it('may change the value in place', async () => {
    const push = (text: string) => (session: Session) =>
      session.update('list', (list: string[] = []) => {
        list.push(text)
        return list
      })
    const emptyAndPush = (session: Session) => {
      session.data['list'] = []
      push('b')(session)
    }
    expect(await commitInOrder({ list: ['x'] }, push('a'), push('b'))).toEqual({ list: ['x', 'a', 'b'] })
    expect(await commitInOrder({ list: ['x'] }, push('a'), emptyAndPush)).toEqual({ list: ['b'] })
  })

  it('may remove the key, at the first try or at another', async () => {
    const less = (session: Session) => session.update('n', (n = 0) => (n > 1 ? n - 1 : (undefined as never)))
    expect(await commitInOrder({ n: 2 }, less, less)).toEqual({})
    expect(await commitInOrder({ n: 1 }, add, less)).toEqual({ n: 1 })
    expect(await commitInOrder({ n: 1 }, less, add)).toEqual({ n: 1 })
  })

  it('starts from the default of a schema also at another try', async () => {
    const schema: Schema = {
      '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value: { n: 5, ...(value as object) } }) },
    }
    const strict = (session: Session) => session.update('n', (n) => n + 1)
    expect(await commitInOrder({}, (session) => (session.data['other'] = 1), strict, schema)).toEqual({
      n: 6,
      other: 1,
    })
  })

  it('that a request under way makes of an ended session changes nothing', async () => {
    const visited = storeWorld()
    const visitor = await signedIn(visited, 'ada', { data: { n: 1 } })
    const slow = await visited.sessions.open(visitor.cookie)
    add(slow)
    await visit(visited.sessions, visitor, (session) => session.signOut())

    expect((await visited.sessions.commit(slow)).getSetCookie()).toEqual([])
    expect(visited.events.at(-1)!.type).toBe('refused')
    expect(await visited.sessions.list('ada')).toEqual([])
  })

  it('is refused where the session ends, or is renewed, between two tries', async () => {
    for (const meanwhile of [(session: Session) => session.signOut(), (session: Session) => session.renew()]) {
      const visited = storeWorld()
      const visitor = await signedIn(visited, 'ada', { data: { n: 1 } })
      const slow = await visited.sessions.open(visitor.cookie)
      add(slow)
      await request(visited.sessions, visitor.cookie, add)
      const reading = visited.store.hold('read', 'before')
      const commit = visited.sessions.commit(slow)
      await reading.reached
      await request(visited.sessions, visitor.cookie, meanwhile)
      reading.release()

      expect((await commit).getSetCookie()).toEqual([])
    }
  })

  it('that throws leaves the key as it was, at the first try and at another', async () => {
    const visited = storeWorld()
    const visitor = await signedIn(visited, 'ada', { data: { n: 1 } })
    const session = await visited.sessions.open(visitor.cookie)
    const atMostTwo = (n: number) => {
      if (n >= 2) throw new RangeError('No more than two.')
      return n + 1
    }
    session.update('n', atMostTwo)
    await request(visited.sessions, visitor.cookie, add)

    await expect(visited.sessions.commit(session)).rejects.toThrow('No more than two.')
    const next = await visited.sessions.open(visitor.cookie)
    expect(() => next.update('n', atMostTwo)).toThrow('No more than two.')
    await visited.sessions.commit(next)
    expect((await visited.sessions.open(visitor.cookie)).data).toEqual({ n: 2 })
  })

  it('in another process at the same time is exact as well', async () => {
    const visited = storeWorld()
    const other = storeWorld({}, visited.store, visited.clock)
    const visitor = await signedIn(visited)
    await Promise.all(
      [...Array(200).keys()].map(async (n) => request([visited, other][n % 2]!.sessions, visitor.cookie, add)),
    )

    expect((await visited.sessions.open(visitor.cookie)).data).toEqual({ n: 200 })
  })
})
