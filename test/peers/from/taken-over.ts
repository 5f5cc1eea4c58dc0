import type { ForeignSessions } from '../../../src/cookies/foreign.ts'
import { createSessions, type Sessions } from '../../../src/index.ts'
import { memoryStore } from '../../../src/stores/memory.ts'
import { cookiesOf } from '../../support/browser.ts'
import { secrets, secure } from '../../support/sessions.ts'

// A test may move the time, which Date.now itself would not show.
const now = () => Date.now()

/** Our sessions, with a store, that adopt what a reader finds. */
export const takingOver = (reader: ForeignSessions): Sessions =>
  createSessions({ secrets, cookie: secure, accept: [reader], store: memoryStore({ now }), now })

/** Opens a session with another library's cookies. Returns what it has, and the names of the cookies that the response deletes. */
export async function openWith(reader: ForeignSessions, cookie: string) {
  const sessions = takingOver(reader)
  const session = await sessions.open(cookie)
  const { userId, outcome, remember, signedInAt, data } = session
  const flashes = session.takeFlashes()
  const cookies = cookiesOf(await sessions.commit(session))
  const deleted = Object.keys(cookies).filter((name) => cookies[name] === '')
  return { userId, outcome, remember, signedInAt, data: { ...data }, flashes, deleted }
}

/** Opens a session with each of the cookies, on one server, and returns their ids. */
export async function seenBy(reader: ForeignSessions, cookies: readonly string[]): Promise<readonly (string | null)[]> {
  const sessions = takingOver(reader)
  const ids: (string | null)[] = []
  for (const cookie of cookies) ids.push((await sessions.open(cookie)).id)
  return ids
}
