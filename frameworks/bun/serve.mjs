import { Database } from 'bun:sqlite'
import { createSessions } from 'sojourn'
import { sojourn } from 'sojourn/fetch'
import { redisStore } from 'sojourn/redis'
import { sqliteStore } from 'sojourn/sqlite'
import { answer, openStore } from '../fetch-app.mjs'

const store = openStore(process.env['STORE'], () => sqliteStore(new Database(':memory:')), redisStore)

Bun.serve({
  port: Number(process.env['PORT']),
  hostname: '127.0.0.1',
  fetch: sojourn(createSessions({ store }), answer),
})
