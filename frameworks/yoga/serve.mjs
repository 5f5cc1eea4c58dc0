// The schema, by both adapters, beside the application of every runtime.
import { createServer } from 'node:http'
import { sojourn } from 'sojourn/fetch'
import { createAnswer } from '../fetch-app.mjs'
import { toListener } from '../to-listener.mjs'
import { sessions } from './build/sessions.js'
import { listener, yoga } from './build/yoga.js'

const byFetch = sojourn(sessions, (request, session) => yoga.fetch(request, { session, userId: session.userId }))
const others = toListener(sojourn(sessions, createAnswer(sessions)))

createServer((request, response) => {
  if (!request.url.startsWith('/graphql')) return others(request, response)
  return (request.headers['x-adapter'] === 'fetch' ? toListener(byFetch) : listener)(request, response)
}).listen(Number(process.env['PORT']), '127.0.0.1')
