// One server of an application: node server-process.mjs <what> <address of Redis> <port> <timeout of the store in seconds>
// It writes a line once it listens. `what` is which library has the sessions, and where they are.
import { RedisStore } from 'connect-redis'
import express from 'express'
import expressSession from 'express-session'
import { createClient } from 'redis'
import session from 'sojourn/compat/express-session'
import { redisStore } from 'sojourn/redis'

const [, , what, url, port, storeTimeout] = process.argv
const client = createClient({ url }).on('error', () => {})
await client.connect()
const store = new RedisStore({ client })

const common = { secret: 'a secret of thirty-two characters', resave: false, saveUninitialized: false }
const middlewares = {
  'express-session': () => expressSession({ ...common, store }),
  'the drop-in on connect-redis': () => session({ ...common, store }),
  'the drop-in on connect-redis without marks': () => session({ ...common, store, marks: false }),
  'the drop-in on redisStore': () =>
    session({ ...common, store: redisStore(client), from: store, storeTimeout: Number(storeTimeout) }),
}

const app = express()
app.set('env', 'test') // errors are not logged
app.use(middlewares[what]())
app.get('/sign-in/:name', (req, res, next) => {
  req.session.regenerate((error) => {
    if (error) return next(error)
    req.session.userId = req.params.name
    res.end()
  })
})
app.get('/basket/:item', (req, res) => {
  req.session.basket = [...(req.session.basket ?? []), req.params.item]
  res.end()
})
app.get('/slow/:ms', (req, res) => {
  setTimeout(() => {
    req.session.at = Date.now()
    res.end()
  }, Number(req.params.ms))
})
app.get('/sign-out', (req, res, next) => {
  req.session.destroy((error) => (error ? next(error) : res.end()))
})
app.get('/', (req, res) => {
  const { userId = null, basket = [] } = req.session
  res.json({ userId, basket })
})
app.listen(Number(port), '127.0.0.1', () => console.log('listening'))
