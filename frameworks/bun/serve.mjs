import { SQL } from 'bun'
import { Database } from 'bun:sqlite'
import { createSessions } from 'sojourn'
import { sojourn } from 'sojourn/fetch'
import { postgresStore } from 'sojourn/postgres'
import { redisStore } from 'sojourn/redis'
import { sqliteStore } from 'sojourn/sqlite'
import { createAnswer, openStore, storeTimeout } from '../fetch-app.mjs'

const openServer = (url) => (url.startsWith('redis:') ? redisStore(url) : postgresStore(new SQL(url)))
const store = openStore(process.env['STORE'], () => sqliteStore(new Database(':memory:')), openServer)
await store.createTable?.()
const sessions = createSessions({ store, storeTimeout })

Bun.serve({
  port: Number(process.env['PORT']),
  hostname: '127.0.0.1',
  fetch: sojourn(sessions, createAnswer(sessions)),
})
