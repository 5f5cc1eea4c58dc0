import { describe, expect, it } from 'vitest'
import { createSessions, type CookieOptions } from '../../src/index.ts'
import { flaskFormat } from '../../src/flask/index.ts'
import { readSetCookie } from '../support/browser.ts'
import { request, secret, secrets, signedIn, visit, world } from '../support/sessions.ts'

describe('the cookies of a commit, for hosts that set them by name, value and options', () => {
  it('are those of its Set-Cookie lines', async () => {
    const headers = await request(world().sessions, null, (session) => session.signIn('ada'))

    expect(headers.cookies).toEqual([
      {
        name: '__Host-Http-session',
        value: readSetCookie(headers.getSetCookie()[0]!).value,
        options: { maxAge: 604_800, path: '/', secure: true, httpOnly: true, sameSite: 'lax', partitioned: false },
      },
    ])
  })

  it.each<CookieOptions>([
    {},
    { secure: true, domain: 'example.com', path: '/a=b/Secure', sameSite: 'none', partitioned: true },
    { secure: false, httpOnly: false, sameSite: 'strict', name: 'sid' },
  ])('mean the same as the lines, with %j', async (cookie) => {
    const sessions = createSessions({ secrets, cookie, remember: false })
    const headers = await request(sessions, null, (session) => session.signIn('ada'))
    const { name, value, ...options } = readSetCookie(headers.getSetCookie()[0]!)

    expect(headers.cookies).toEqual([
      { name, value, options: { secure: false, httpOnly: false, partitioned: false, ...options } },
    ])
    expect(headers.cookies[0]!.options).not.toHaveProperty('maxAge')
  })

  it('delete a cookie by an empty value and no age', async () => {
    const visited = world()
    const visitor = await signedIn(visited)
    const headers = await visit(visited.sessions, visitor, (session) => session.signOut())

    expect(headers.cookies).toMatchObject([
      { name: '__Host-Http-session', value: '', options: { maxAge: 0, path: '/' } },
    ])
  })

  it('are none where nothing is set', async () => {
    expect((await request(world().sessions, null)).cookies).toEqual([])
  })

  it('hold Flask’s value as it is', async () => {
    const sessions = createSessions({ format: flaskFormat({ secretKey: secret('flask') }) })
    const headers = await request(sessions, null, (session) => session.signIn('7'))

    expect(`session=${headers.cookies[0]!.value}`).toBe(headers.getSetCookie()[0]!.split(';')[0])
  })
})
