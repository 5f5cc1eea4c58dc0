import { contents } from '../contents.mjs'

const password = 'a secret of thirty-two characters'

/**
 * What each library gives its store to keep, as it does in a server.
 *
 * @param {'small' | '1 KB'} size
 */
export async function recordOf(size, isSignedIn) {
  const { createSessions } = await import('sojourn')
  const { memoryStore } = await import('sojourn/memory')
  const memory = memoryStore()
  let kept
  const create = (record, until) => memory.create((kept = record), until)
  const sessions = createSessions({ secrets: [password], store: { ...memory, create } })
  const session = await sessions.open(null)
  if (isSignedIn) session.signIn('100000')
  session.data = contents[size].make()
  await sessions.commit(session)
  return kept
}

/** Of express-session. @param {'small' | '1 KB'} size */
export async function expressSessionOf(size) {
  const { default: expressSession } = await import('express-session')
  const { fakeRequest, FakeResponse } = await import('../peers/fake-http.mjs')
  return new Promise((resolve) => {
    const store = new expressSession.MemoryStore()
    store.set = (_id, session, done) => {
      resolve(session)
      done()
    }
    const middleware = expressSession({ secret: password, resave: false, saveUninitialized: false, store })
    const [request, response] = [fakeRequest(undefined), new FakeResponse()]
    middleware(request, response, () => {
      Object.assign(request.session, contents[size].make())
      response.end()
    })
  })
}

/** Of @fastify/session. @param {'small' | '1 KB'} size */
export async function fastifySessionOf(size) {
  const { default: fastify } = await import('fastify')
  const app = fastify()
  let kept
  const store = { get: (_id, done) => done(), destroy: (_id, done) => done(), set }
  function set(_id, session, done) {
    kept = JSON.parse(JSON.stringify(session))
    done()
  }
  await app.register((await import('@fastify/cookie')).default)
  const cookie = { secure: false }
  await app.register((await import('@fastify/session')).default, {
    secret: password,
    saveUninitialized: false,
    cookie,
    store,
  })
  app.get('/', (request) => {
    Object.assign(request.session, contents[size].make())
    return 'ok'
  })
  await app.inject('/')
  await app.close()
  return kept
}
