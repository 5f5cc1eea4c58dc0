import { createServer } from 'node:http'
import { answers, bareAnswers, begins, password, paths } from './answers.mjs'

const host = 'Express 5'

export const express = [
  { name: host, host, kind: 'bare', start: () => server(null, (request) => bareAnswers[request.path]()) },
  {
    name: 'Sojourn',
    host,
    kind: 'sojourn',
    start: async () => sojournServer((await import('./sessions.mjs')).sealed()),
  },
  {
    name: 'express-session, in memory',
    host,
    kind: 'peer',
    keepsCookie: true,
    async start() {
      const { default: expressSession } = await import('express-session')
      const store = new expressSession.MemoryStore()
      return server(expressSession({ secret: password, resave: false, saveUninitialized: false, store }), ofRequest)
    },
  },
  {
    name: 'cookie-session',
    host,
    kind: 'peer',
    async start() {
      const { default: cookieSession } = await import('cookie-session')
      return server(cookieSession({ keys: [password] }), ofRequest)
    },
  },
]

/** @param {import('sojourn').Sessions} sessions @param {() => string} userOf who signs in next */
export async function sojournServer(sessions, userOf = () => '42') {
  const { sojourn } = await import('sojourn/express')
  return server(sojourn(sessions), (request) => {
    if (begins(request.path)) request.session.signIn(userOf())
    return answers[request.path](request.path === '/plain' ? null : request.session.data)
  })
}

/** Answers by `request.session`, where that is an object of the data. */
export const ofRequest = (request) => answers[request.path](request.path === '/plain' ? null : request.session)

/** An application with a session middleware, or with none. */
export async function server(middleware, answer) {
  const { default: createApplication } = await import('express')
  const app = createApplication()
  if (middleware !== null) app.use(middleware)
  for (const path of paths) app.get(path, (request, response) => response.send(answer(request)))
  return createServer(app)
}
