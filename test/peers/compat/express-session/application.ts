// Compiled, and not run: an application that has changed its import.
import express from 'express'
import session from 'sojourn/compat/express-session'
import { memoryStore } from 'sojourn/memory'

declare module 'express-session' {
  interface SessionData {
    account?: { id: number }
  }
}

class OwnStore extends session.Store {
  override get(id: string, callback: (error: unknown, values?: session.SessionData | null) => void): void {
    callback(null, id === '' ? null : undefined)
  }
  override set(_id: string, _values: session.SessionData, callback?: (error?: unknown) => void): void {
    callback?.()
  }
  override destroy(_id: string, callback?: (error?: unknown) => void): void {
    callback?.()
  }
}

const options: session.SessionOptions = {
  secret: ['new', 'old'],
  cookie: { maxAge: 60_000, secure: 'auto' },
  userOf: ({ account }) => account?.id,
  store: memoryStore(),
  from: new OwnStore(),
}
const sessions = session(options)
const app = express()
app.use(sessions, session({ secret: 'x', store: new session.MemoryStore() }), session({ store: new OwnStore() }))
app.get('/', (req, res, next) => {
  req.session.account = { id: 1 }
  // @ts-expect-error the types of the data are checked
  req.session.account = 'ada'
  req.session.regenerate((error) => (error ? next(error) : res.json(req.session.account?.id)))
})
export const count = async (): Promise<number> => (await sessions.list('1')).length
