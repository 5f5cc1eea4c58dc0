import { createCookieSessionStorage } from 'react-router'

/** `getSession` and `commitSession` of its storage in a cookie. */
export const reactRouterPeer = {
  name: 'React Router',
  kind: 'peer',
  operations: 500,
  inFlight: 16,
  create() {
    const { getSession, commitSession } = createCookieSessionStorage({
      cookie: {
        name: 'session',
        secrets: ['a secret of thirty-two characters'],
        path: '/',
        httpOnly: true,
        sameSite: 'lax',
        secure: false,
      },
    })
    return {
      async make(data) {
        const session = await getSession()
        for (const [key, value] of Object.entries(data)) session.set(key, value)
        return commitSession(session)
      },
      async read(header, key) {
        return (await getSession(header)).get(key)
      },
      async change(header, key, next) {
        const session = await getSession(header)
        session.set(key, next(session.get(key)))
        return commitSession(session)
      },
    }
  },
}
