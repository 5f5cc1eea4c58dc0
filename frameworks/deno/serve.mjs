import { DatabaseSync } from 'node:sqlite'
import { createSessions } from 'sojourn'
import { sojourn } from 'sojourn/fetch'
import { redisStore } from 'sojourn/redis'
import { sqliteStore } from 'sojourn/sqlite'
import { createAnswer, openStore, storeTimeout } from '../fetch-app.mjs'

const store = openStore(Deno.env.get('STORE'), () => sqliteStore(new DatabaseSync(':memory:')), redisStore)
const sessions = createSessions({ store, storeTimeout })

Deno.serve({ port: Number(Deno.env.get('PORT')), hostname: '127.0.0.1' }, sojourn(sessions, createAnswer(sessions)))
