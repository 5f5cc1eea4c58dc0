import { Elysia, t } from 'elysia'
import { session } from './session.ts'
import { sessions } from './sessions.ts'

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

new Elysia()
  .use(session)
  .get('/plain', () => 'plain')
  .get('/', ({ session }) => {
    session.data.visits = (session.data.visits ?? 0) + 1
    return `Visit ${session.data.visits} of ${session.userId ?? 'a guest'}`
  })
  .post(
    '/login',
    ({ session, body, redirect }) => {
      session.signIn(body.name)
      return redirect('/', 303)
    },
    { body: t.Object({ name: t.String() }) },
  )
  .post('/logout', ({ session, redirect }) => {
    session.signOut()
    return redirect('/', 303)
  })
  .get('/devices', async ({ session, status }) => {
    if (!sessions.revocable || session.userId === null) return status(404, 'no list')
    const devices = await sessions.list(session.userId)
    return devices.map(({ id }) => ({ id, isThis: id === session.id }))
  })
  .post(
    '/devices',
    async ({ session, body: { end }, status, redirect }) => {
      if (session.userId === null) return status(404, 'no list')
      if (end === 'others') await sessions.revokeAll(session.userId, { except: session })
      else if (end !== 'all') await sessions.revoke(session.userId, end)
      else {
        await sessions.revokeAll(session.userId)
        session.signOut()
      }
      return redirect('/', 303)
    },
    { body: t.Object({ end: t.String() }) },
  )
  .post('/flash', ({ session, redirect }) => {
    session.flash('info', 'hello')
    return redirect('/', 303)
  })
  .get('/flashes', ({ session }) => [...session.takeFlashes()])
  .get('/read', ({ session }) => session.userId ?? 'guest')
  .get('/own-cookie', ({ session, cookie }) => {
    session.renew()
    cookie['theme']!.value = 'dark'
    return 'dark'
  })
  .get('/stream', async function* ({ session }) {
    session.renew()
    yield 'first'
    await sleep(20)
    yield 'last'
  })
  .get('/late', async function* ({ session }) {
    yield 'first'
    await sleep(20)
    try {
      session.signIn('late')
    } catch (error) {
      yield (error as Error).message
    }
  })
  .get('/date', ({ session }) => {
    session.data.when = new Date()
    return 'a date'
  })
  .get('/throw', ({ session }) => {
    session.data.thrown = true
    throw new Error('A handler fails.')
  })
  .get('/form', ({ session }) => session.csrfToken)
  .post(
    '/form',
    ({ session, body, status }) => {
      if (!session.isCsrfToken(body.csrf)) return status(403, 'refused')
      session.signIn(body.name)
      return `User ${session.userId}`
    },
    { body: t.Object({ name: t.String(), csrf: t.String() }) },
  )
  .get('/account', ({ session, status }) => (session.userId === null ? status(401, 'sign in') : 'account'))
  .ws('/socket', {
    open(socket) {
      socket.send(`User ${socket.data.session.userId ?? 'guest'}`)
    },
  })
  .listen({ port: Number(process.env['PORT']), hostname: '127.0.0.1' })
