import { createSealedCookie, createSignedCookie } from '../by-hand.mjs'
import { cookieHeader } from '../cookies.mjs'
import { createFlask, createSealed } from '../sojourn.mjs'
import { jwtLibraries } from './jwt.mjs'
import { measureLibrary } from './measure.mjs'
import { webLibraries } from './web-libraries.mjs'

// Sojourn remembers the tokens that it opened, so that a cookie that it saw before costs a look-up.
const sojourn = [
  { row: 'Sojourn, cookie seen before', create: () => openSojourn(createSealed, false) },
  { row: 'Sojourn, cookie not seen before', create: () => openSojourn(createSealed, true) },
  { row: 'Sojourn, Flask’s cookie, seen before', create: () => openSojourn(createFlask, false) },
  { row: 'Sojourn, Flask’s cookie, not seen before', create: () => openSojourn(createFlask, true) },
].map((library) => ({ ...library, isOurs: true }))

const byHand = [
  { row: 'signed by hand', create: createSignedCookie },
  { row: 'sealed by hand', create: createSealedCookie },
]

export const subjects = [...byHand, ...sojourn, ...jwtLibraries, ...webLibraries].map(
  ({ create, calls = 1000, ...subject }) => ({
    ...subject,
    start: async ({ quick }) => measureLibrary(await create(), quick ? Math.ceil(calls / 10) : calls),
  }),
)

async function openSojourn(create, forgets) {
  let sessions = await create()
  const library = {
    open: (header) => sessions.open(header),
    get: (session, key) => session.data[key],
    set(session, key, value) {
      session.data[key] = value
    },
    save: (session) => sessions.commit(session),
    // Each visitor is another user, so that no two cookies are equal.
    begin: (session, visitor) => session.signIn(String(100_000 + visitor)),
  }
  if (!forgets) return library
  const session = await sessions.open()
  session.signIn('other')
  const other = cookieHeader((await sessions.commit(session)).getSetCookie())
  const forget = async () => {
    sessions = await create()
    await sessions.open(other) // derives the key of the day, which no single visitor pays for
  }
  return { ...library, forget }
}
