// The application of every runtime, as a handler of the Fetch API. It imports nothing, because each runtime has packages of its own.

/** How long a store has to answer, in seconds. A busy machine delays each of its answers. */
export const storeTimeout = 2

const refuse = async () => {
  throw new Error('connect ECONNREFUSED')
}

/** A store that does not answer. */
const down = { create: refuse, read: refuse, update: refuse, end: refuse, endAll: refuse, list: refuse }

/**
 * Opens the store that `STORE` names: `down`, the URL of a server, or `sqlite`, a new database.
 *
 * @param {string | undefined} name
 * @param {() => import('sojourn').SessionStore} openSqlite
 * @param {(url: string) => import('sojourn').SessionStore} openServer
 */
export function openStore(name, openSqlite, openServer) {
  if (name === 'down') return down
  return name === 'sqlite' ? openSqlite() : openServer(name)
}

/**
 * Creates the handler that answers the visits of check.mjs.
 *
 * @param {import('sojourn').Sessions} sessions
 */
export const createAnswer = (sessions) => async (request, session) => {
  if (new URL(request.url).pathname === '/devices') return answerDevices(request, session, sessions)
  return answer(request, session)
}

const home = () => new Response(null, { status: 303, headers: { Location: '/' } })

/** Lists the user's devices, and signs out one of them, all others, or all. */
async function answerDevices(request, session, sessions) {
  const { userId, id } = session
  if (!sessions.revocable || userId === null) return new Response('no list', { status: 404 })
  if (request.method === 'GET') {
    const devices = await sessions.list(userId)
    return Response.json(devices.map((device) => ({ id: device.id, isThis: device.id === id })))
  }
  const end = new URLSearchParams(await request.text()).get('end')
  if (end === 'others') await sessions.revokeAll(userId, { except: session })
  else if (end !== 'all') await sessions.revoke(userId, end)
  else {
    await sessions.revokeAll(userId)
    session.signOut()
  }
  return home()
}

/**
 * @param {Request} request
 * @param {import('sojourn').Session} session
 */
async function answer(request, session) {
  const { pathname } = new URL(request.url)
  switch (`${request.method} ${pathname}`) {
    case 'GET /plain':
      return new Response('plain')
    case 'GET /':
      session.data.visits = (session.data.visits ?? 0) + 1
      return new Response(`Visit ${session.data.visits} of ${session.userId ?? 'a guest'}`)
    case 'POST /login':
      session.signIn(new URLSearchParams(await request.text()).get('name'))
      return home()
    case 'POST /logout':
      session.signOut()
      return home()
    case 'POST /flash':
      session.flash('info', 'hello')
      return home()
    case 'GET /flashes':
      return Response.json(session.takeFlashes())
    case 'GET /read':
      return new Response(session.userId)
    case 'GET /own-cookie':
      session.renew()
      return new Response('dark', { headers: { 'Set-Cookie': 'theme=dark' } })
    case 'GET /stream':
      session.renew()
      return new Response(streamOf(['first', 'last']))
    case 'GET /date':
      session.data.when = new Date()
      return new Response('a date')
    case 'GET /throw':
      session.data.thrown = true
      throw new Error('A handler fails.')
    default:
      return new Response('not found', { status: 404 })
  }
}

function streamOf(parts) {
  const encoder = new TextEncoder()
  return new ReadableStream({
    async pull(controller) {
      await new Promise((resolve) => setTimeout(resolve, 20))
      const part = parts.shift()
      if (part === undefined) controller.close()
      else controller.enqueue(encoder.encode(part))
    },
  })
}
