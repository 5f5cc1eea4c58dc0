import { randomBytes } from 'node:crypto'
import { createSessions } from 'sojourn'
import { flaskFormat } from 'sojourn/flask'
import { signedInAs } from 'sojourn/testing'
import { cookieHeader } from '../cookies.mjs'

const secret = randomBytes(32).toString('base64url')
const cookie = { secure: false }
const sealed = () => createSessions({ secrets: [secret], cookie })
const flask = () => createSessions({ format: flaskFormat({ secretKey: secret }), cookie })

export const sojourns = [
  variant('Sojourn, a token seen before', sealed, false),
  variant('Sojourn, a token not seen before', sealed, true),
  variant('Sojourn with Flask’s cookie, a token seen before', flask, false),
  variant('Sojourn with Flask’s cookie, a token not seen before', flask, true),
]

function variant(name, newSessions, forgets) {
  return {
    name,
    kind: 'sojourn',
    inFlight: 16,
    async create() {
      let sessions = newSessions()
      const other = cookieHeader(await signedInAs(sessions, '41'))
      return {
        make: (data) => signedInAs(sessions, '42', { data }),
        async read(header, key) {
          return (await sessions.open(header)).data[key]
        },
        async change(header, key, next) {
          const session = await sessions.open(header)
          session.data[key] = next(session.data[key])
          return (await sessions.commit(session)).getSetCookie()
        },
        async forget() {
          if (!forgets) return
          sessions = newSessions()
          await sessions.open(other) // makes the key of the day, which is no visitor's cost
        },
      }
    },
  }
}
