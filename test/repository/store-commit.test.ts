import { describe, expect, it } from 'vitest'
import { guest, signedIn, visit } from '../support/sessions.ts'
import { storeWorld } from '../support/stores.ts'

const committed = expect.objectContaining({ code: 'ERR_COMMITTED' })

/** A session whose commit waits for the store. */
async function committing() {
  const visited = storeWorld()
  const visitor = await signedIn(visited)
  const session = await visited.sessions.open(visitor.cookie)
  const { data } = session
  data['cart'] = ['tea']
  const updating = visited.store.hold('update')
  const commit = visited.sessions.commit(session)
  await updating.reached
  return { visited, visitor, session, data, updating, commit }
}

describe('while a commit waits for the store', () => {
  it('the session can be read, and a change of it is refused', async () => {
    const { session, data, updating, commit } = await committing()

    expect(() => (data['theme'] = 'dark')).toThrow(TypeError)
    expect(session).toMatchObject({ userId: 'ada', data: { cart: ['tea'] } })
    const changes = [
      () => session.signIn('ada'),
      () => session.signOut(),
      () => session.renew(),
      () => session.flash('info', 'Saved.'),
      () => session.takeFlashes(),
      () => session.update('cart', () => []),
      () => void (session.data = {}),
    ]
    for (const change of changes) expect(change).toThrow(committed)
    expect(() => (session.data['theme'] = 'dark')).toThrow(TypeError)
    updating.release()
    await commit
  })

  it('a second commit is refused, and the first one continues', async () => {
    const { visited, visitor, session, updating, commit } = await committing()

    await expect(visited.sessions.commit(session)).rejects.toEqual(committed)
    updating.release()
    await commit
    expect((await visited.sessions.open(visitor.cookie)).data).toEqual({ cart: ['tea'] })
  })

  it('its headers do not come before the store has answered', async () => {
    const { updating, commit } = await committing()
    let done = false
    void commit.then(() => (done = true))
    await new Promise((resolve) => setTimeout(resolve, 5))

    expect(done).toBe(false)
    updating.release()
    await commit
  })
})

it('a commit that failed can be made again, as failed, after an error page changed the session', async () => {
  const { visited, visitor, session, updating, commit } = await committing()
  visited.store.fail(['update'])
  updating.release()
  await expect(commit).rejects.toMatchObject({ code: 'ERR_SESSION_UNAVAILABLE' })
  session.data['error'] = 'at the checkout'
  session.signOut()
  visited.store.heal()
  visitor.receive(await visited.sessions.commit(session, { failed: true }))

  expect(visitor.cookie).toBe('')
  expect(await visited.sessions.list('ada')).toEqual([])
})

it('a commit that throws for what cannot be kept has asked the store nothing', async () => {
  const visited = storeWorld()
  const visitor = await guest(visited)
  const session = await visited.sessions.open(visitor.cookie)
  session.signIn('ada')
  session.data['at'] = new Date()
  visited.store.calls.length = 0

  await expect(visited.sessions.commit(session)).rejects.toMatchObject({ code: 'ERR_DATA' })
  expect(visited.store.calls).toEqual([])
})

it('a request in the background keeps what it wrote, and a sign-in in it counts', async () => {
  const visited = storeWorld()
  const visitor = await guest(visited)
  await visit(visited.sessions, visitor, (session) => session.signIn('ada'), { background: true })
  await visit(visited.sessions, visitor, (session) => (session.data['n'] = 1), { background: true })

  expect(await visited.sessions.open(visitor.cookie)).toMatchObject({ userId: 'ada', data: { n: 1 } })
})
