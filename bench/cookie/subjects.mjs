import { createSealedCookie, createSignedCookie } from '../by-hand.mjs'
import { cookieHeader } from '../cookies.mjs'
import { mapOf } from '../sample-data.mjs'
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
  { row: 'signed by hand', create: () => openByHand(createSignedCookie()) },
  { row: 'sealed by hand', create: () => openByHand(createSealedCookie()) },
]

export const subjects = [...byHand, ...sojourn, ...jwtLibraries, ...webLibraries].map(
  ({ create, calls = 1000, ...subject }) => ({
    ...subject,
    start: async ({ quick }) => measureLibrary(await create(), quick ? Math.ceil(calls / 10) : calls),
  }),
)

function openByHand({ open, seal }) {
  return (header) => {
    const data = open(header)
    return { ...mapOf(data), save: () => seal(data) }
  }
}

async function openSojourn(create, forgets) {
  let sessions = await create()
  const open = async (header, visitor) => {
    const session = await sessions.open(header)
    // Each visitor is another user, so that no two cookies are equal.
    if (header === undefined) session.signIn(String(100_000 + visitor))
    return { ...mapOf(session.data), save: async () => (await sessions.commit(session)).getSetCookie() }
  }
  if (!forgets) return open
  const other = cookieHeader(await (await open(undefined, 0)).save())
  const forget = async () => {
    sessions = await create()
    await sessions.open(other) // derives the key of the day, which no single visitor pays for
  }
  return Object.assign(open, { forget })
}
