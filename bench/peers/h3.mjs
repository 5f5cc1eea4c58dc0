import { mockEvent, useSession } from 'h3'

/** `useSession` of a request's event, and `update`. */
export const h3Peer = {
  name: 'h3',
  kind: 'peer',
  operations: 4,
  inFlight: 4,
  create() {
    const config = {
      name: 'session',
      password: 'a secret of thirty-two characters',
      cookie: { secure: false, sameSite: 'lax' },
    }
    async function open(header) {
      const event = mockEvent('http://localhost/', { headers: header === undefined ? {} : { cookie: header } })
      return { event, session: await useSession(event, config) }
    }
    const setCookies = (event) => event.res.headers.getSetCookie()
    return {
      async make(data) {
        const { event, session } = await open(undefined)
        await session.update(data)
        return setCookies(event)
      },
      async read(header, key) {
        return (await open(header)).session.data[key]
      },
      async change(header, key, next) {
        const { event, session } = await open(header)
        await session.update({ [key]: next(session.data[key]) })
        return setCookies(event)
      },
    }
  },
}
