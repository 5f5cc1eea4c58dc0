import { createServer } from 'node:http'
import { signedFloor } from '../floors.mjs'
import { answers, bareAnswers, begins, password } from './answers.mjs'

const host = 'node:http'

export const nodeHttp = [
  {
    name: host,
    host,
    kind: 'bare',
    start: () => createServer((request, response) => response.end(bareAnswers[request.url]())),
  },
  {
    name: 'a hand-written signed cookie',
    host,
    kind: 'floor',
    start() {
      const { open, seal } = signedFloor()
      return createServer((request, response) => {
        const data = open(request.headers.cookie)
        const text = answers[request.url](data)
        if (request.url === '/count' || begins(request.url)) response.setHeader('Set-Cookie', seal(data))
        response.end(text)
      })
    },
  },
  {
    name: 'Sojourn',
    host,
    kind: 'sojourn',
    start: async () => sojournServer((await import('./sessions.mjs')).sealed()),
  },
  {
    name: 'Sojourn with Flask’s cookie',
    host,
    kind: 'sojourn',
    start: async () => sojournServer((await import('./sessions.mjs')).flask()),
  },
  {
    name: 'iron-session',
    host,
    kind: 'peer',
    async start() {
      const { getIronSession } = await import('iron-session')
      const options = { cookieName: 'session', password, cookieOptions: { secure: false } }
      return createServer(async (request, response) => {
        if (request.url === '/plain') return response.end(answers['/plain']())
        const session = await getIronSession(request, response, options)
        const text = answers[request.url](session)
        if (request.url !== '/read') await session.save()
        response.end(text)
      })
    },
  },
]

/** @param {import('sojourn').Sessions} sessions @param {() => string} userOf who signs in next */
export async function sojournServer(sessions, userOf = () => '42') {
  const { sojourn } = await import('sojourn/node')
  return createServer(
    sojourn(sessions, (request, response) => {
      if (begins(request.url)) request.session.signIn(userOf())
      response.end(request.url === '/plain' ? answers['/plain']() : answers[request.url](request.session.data))
    }),
  )
}
