import { Database } from 'bun:sqlite'
import { createSessions } from 'sojourn'
import { redisStore } from 'sojourn/redis'
import { sqliteStore } from 'sojourn/sqlite'
import { openStore, storeTimeout } from '../fetch-app.mjs'

const name = process.env['STORE']
const store = name === undefined ? undefined : openStore(name, () => sqliteStore(new Database(':memory:')), redisStore)

export const sessions = createSessions({ store, storeTimeout })
