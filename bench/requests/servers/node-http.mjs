import { createServer } from 'node:http'
import { createSealedCookie, createSignedCookie } from '../../by-hand.mjs'
import { mapOf, password } from '../../sample-data.mjs'
import { createFlask, createSealed, importSojourn } from '../../sojourn.mjs'
import { handle, handleSojourn } from './handler.mjs'

const host = 'node:http'

export const nodeServers = [
  { host, onEachNode: true, start: () => createServer((_request, response) => response.end('1')) },
  { host, name: 'signed by hand', onEachNode: true, start: () => startByHand(createSignedCookie()) },
  { host, name: 'sealed by hand', start: () => startByHand(createSealedCookie()) },
  { host, name: 'Sojourn', isOurs: true, onEachNode: true, start: async () => startSojourn(await createSealed()) },
  { host, name: 'Sojourn, Flask’s cookie', isOurs: true, start: async () => startSojourn(await createFlask()) },
  { host, name: 'iron-session', start: startIronSession },
]

function startByHand({ open, save }) {
  return createServer((request, response) => {
    const data = open(request.headers.cookie)
    const text = handle(request.url, () => mapOf(data))
    if (request.url !== '/plain' && request.url !== '/read') response.setHeader('Set-Cookie', save(data))
    response.end(text)
  })
}

async function startSojourn(sessions) {
  const { sojourn } = await importSojourn('sojourn/node')
  const handler = (request, response) => response.end(handleSojourn(request.url, () => request.session))
  return createServer(sojourn(sessions, handler))
}

async function startIronSession() {
  const { getIronSession } = await import('iron-session')
  const options = { cookieName: 'session', password, cookieOptions: { secure: false } }
  return createServer(async (request, response) => {
    if (request.url === '/plain') return response.end(handle('/plain'))
    const session = await getIronSession(request, response, options)
    const text = handle(request.url, () => mapOf(session))
    if (request.url !== '/read') await session.save()
    response.end(text)
  })
}
