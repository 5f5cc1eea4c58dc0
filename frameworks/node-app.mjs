// The application of fetch-app.mjs on node:http, for the versions of Node.
import { createServer } from 'node:http'
import { DatabaseSync } from 'node:sqlite'
import { createAnswer, openStore, storeTimeout } from './fetch-app.mjs'
import { toListener } from './to-listener.mjs'

/** Listens at `PORT`, with the functions of the package that the caller has installed. */
export function serve({ createSessions, sojourn, sqliteStore, redisStore }) {
  const store = openStore(process.env['STORE'], () => sqliteStore(new DatabaseSync(':memory:')), redisStore)
  const sessions = createSessions({ store, storeTimeout })
  const answer = createAnswer(sessions)
  const listener = toListener((request, { session }) => answer(request, session))
  createServer(sojourn(sessions, listener)).listen(Number(process.env['PORT']), '127.0.0.1')
}
