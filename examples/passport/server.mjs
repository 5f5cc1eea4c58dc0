// Passport, connect-flash and csrf-sync with the drop-in for express-session: only the import of the session is another one.
// From a clone: npm run build && node examples/passport/server.mjs
import flash from 'connect-flash'
import { csrfSync } from 'csrf-sync'
import express from 'express'
import Database from 'libsql' // or better-sqlite3, node:sqlite, bun:sqlite
import passport from 'passport'
import { Strategy } from 'passport-local'
import session from 'sojourn/compat/express-session' // was: from 'express-session'
import { sqliteStore } from 'sojourn/sqlite'
import { page } from '../page.mjs'

const week = 7 * 24 * 3600 * 1000
const sessions = session({
  secret: process.env.SECRET_KEY ?? 'a secret for development only, because everyone can read it here',
  store: sqliteStore(new Database(process.env.SESSIONS_FILE ?? 'sessions.db')), // or the store that you have
  resave: false,
  saveUninitialized: false,
  cookie: { sameSite: 'lax', secure: 'auto' },
})
const { generateToken, csrfSynchronisedProtection } = csrfSync({ getTokenFromRequest: (req) => req.body?.csrf })

passport.use(
  new Strategy({ usernameField: 'name' }, (name, password, done) => {
    // Your application looks the user up in its database here, and compares password hashes.
    if (name === 'ada' && password === 'difference engine') return done(null, { id: 'ada' })
    done(null, false, { message: `There is no ${name} with this password.` })
  }),
)
passport.serializeUser((user, done) => done(null, user.id))
passport.deserializeUser((id, done) => done(null, { id }))

const app = express()
app.use(express.urlencoded({ extended: false }), sessions, passport.session(), flash(), csrfSynchronisedProtection)

app.get('/', async (req, res) => {
  const visits = (req.session.visits = (req.session.visits ?? 0) + 1)
  const userId = req.user?.id ?? null
  const messages = [...req.flash('info'), ...req.flash('error')]
  const devices = userId === null ? [] : await sessions.list(userId)
  const thisDevice = sessions.idOf(req.session)
  res.send(page({ userId, visits, messages, csrfToken: generateToken(req), devices, thisDevice }))
})

// keepSessionInfo keeps the visits of the guest, under a new id.
const signIn = { failureRedirect: '/', failureFlash: true, keepSessionInfo: true }
app.post('/sign-in', passport.authenticate('local', signIn), (req, res) => {
  generateToken(req, true) // forms of the guest no longer work
  if (req.body.remember === 'on') req.session.cookie.maxAge = week
  req.flash('info', 'You are signed in.')
  res.redirect(303, '/')
})

app.post('/sign-out', (req, res, next) => {
  req.logout((error) => {
    if (error) return next(error)
    req.flash('info', 'You are signed out.')
    res.redirect(303, '/')
  })
})

app.post('/devices/end', async (req, res) => {
  if (req.user) {
    await sessions.revoke(req.user.id, String(req.body.id))
    req.flash('info', 'That device is signed out.')
  }
  res.redirect(303, '/')
})

app.post('/devices/end-others', async (req, res) => {
  if (req.user) {
    await sessions.revokeAll(req.user.id, { except: req.session })
    req.flash('info', 'You are signed out everywhere else.')
  }
  res.redirect(303, '/')
})

app.use((error, _req, res, next) => {
  if (error.code !== 'EBADCSRFTOKEN') return next(error)
  res.status(403).send('This form is too old. Go back and reload it.')
})

const port = Number(process.env.PORT ?? 3000)
app
  .listen(port, 'localhost')
  .on('listening', () => console.log(`http://localhost:${port}`))
  .on('error', ({ message }) => {
    console.error(message) // for example, the port is in use
    process.exitCode = 1
  })
