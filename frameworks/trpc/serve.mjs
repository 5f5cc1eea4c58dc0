// The router, by three adapters, beside the application of every runtime.
import { createServer } from 'node:http'
import { sojourn } from 'sojourn/fetch'
import { createAnswer } from '../fetch-app.mjs'
import { toListener } from '../to-listener.mjs'
import { app as express } from './build/express.js'
import { sessions } from './build/sessions.js'
import { listener as standalone } from './build/standalone.js'
import { handler } from './build/trpc.js'

const listeners = { trpc: toListener(handler), standalone, express }
const others = toListener(sojourn(sessions, createAnswer(sessions)))

createServer((request, response) => {
  const listener = listeners[request.url.split('/')[1]] ?? others
  listener(request, response)
}).listen(Number(process.env['PORT']), '127.0.0.1')
