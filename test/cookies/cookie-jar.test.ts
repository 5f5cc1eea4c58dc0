import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { cookiesOf, readSetCookie } from '../support/browser.ts'
import { guest, request, signedIn, visit, world } from '../support/sessions.ts'
import { storeWorld } from '../support/stores.ts'

describe('out of a header', () => {
  it.each<[string, (token: string) => string]>([
    ['alone', (token) => `__Host-Http-session=${token}`],
    ['among others', (token) => `a=b; __Host-Http-session=${token}; c=d`],
    ['without spaces', (token) => `a=b;__Host-Http-session=${token};c=d`],
    ['with more of them', (token) => `a=b;  \t__Host-Http-session=${token}  ; c=d`],
    ['behind one whose value ends in our name', (token) => `x=__Host-Http-session; __Host-Http-session=${token}`],
    ['behind one whose value holds it', (token) => `x=__Host-Http-session=nothing; __Host-Http-session=${token}`],
    ['behind one whose name ends in it', (token) => `x__Host-Http-session=nothing; __Host-Http-session=${token}`],
    ['behind garbage', (token) => `;;=; =x;\u0000;"; __Host-Http-session=${token}`],
    ['before garbage of our name', (token) => `__Host-Http-session=${token}; __Host-Http-session=garbage`],
    [
      'behind garbage of our name',
      (token) => `__Host-Http-session=; __Host-Http-session=AAAA; __Host-Http-session=${token}`,
    ],
    ['twice', (token) => `__Host-Http-session=${token}; __Host-Http-session=${token}`],
  ])('our cookie is found %s', async (_, headerOf) => {
    const visited = world()
    const visitor = await signedIn(visited)
    const session = await visited.sessions.open(headerOf(visitor.get('__Host-Http-session')!))

    expect(session).toMatchObject({ outcome: 'active', userId: 'ada' })
  })

  it.each<[string, (token: string) => string]>([
    ['another case', (token) => `__HoSt-Http-session=${token}; __host-http-session=${token}`],
    ['no name and our name in the value', (token) => `=__Host-Http-session=${token}`],
    ['a percent-encoded name', (token) => `%5F%5FHost-Http-session=${token}; __Host-Http%2Dsession=${token}`],
    ['a name in quotes', (token) => `"__Host-Http-session"=${token}`],
    ['a space behind the name', (token) => `__Host-Http-session =${token}`],
    ['a longer name', (token) => `__Host-Http-session2=${token}; my__Host-Http-session=${token}`],
    ['no equals sign', (token) => `__Host-Http-session${token}`],
    ['another cookie’s value', (token) => `x=a,__Host-Http-session=${token}`],
    [
      'a space of another kind in front',
      (token) => `\u00a0__Host-Http-session=${token}; \u3000__Host-Http-session=${token}`,
    ],
    ['a $ in front', (token) => `$Version=1; $__Host-Http-session=${token}`],
  ])('a cookie with %s is none of ours', async (_, headerOf) => {
    const visited = world()
    const visitor = await signedIn(visited)

    expect((await visited.sessions.open(headerOf(visitor.get('__Host-Http-session')!))).outcome).toBe('none')
  })

  it.each(['__Host-Http-session=', 'a=b; __Host-Http-session= ; c=d', '__Host-Http-session=; __Host-Http-guest='])(
    'an emptied cookie is no cookie: %j',
    async (header) => {
      expect((await world().sessions.open(header)).outcome).toBe('none')
    },
  )

  it('an emptied cookie does not hide the visitor’s other cookie', async () => {
    const visited = world()
    const shopper = await guest(visited)

    expect(await visited.sessions.open(`__Host-Http-session=; ${shopper.cookie}`)).toMatchObject({
      outcome: 'active',
      data: { cart: ['tea'] },
    })
  })

  it.each([
    ['in quotes', (token: string) => `"${token}"`],
    ['percent-encoded', (token: string) => `%41${token.slice(1)}`],
    ['with a no-break space behind', (token: string) => `${token}\u00a0`],
  ])('a token %s is none that we wrote', async (_, respell) => {
    const visited = world()
    const visitor = await signedIn(visited)
    const session = await visited.sessions.open(`__Host-Http-session=${respell(visitor.get('__Host-Http-session')!)}`)

    expect(session.outcome).toBe('malformed')
  })

  it('one session’s cookies from before and after a touch are that session', async () => {
    const visited = world({ touchAfter: 0 })
    const visitor = await signedIn(visited)
    const before = visitor.cookie
    visited.clock.advance(60)
    await visit(visited.sessions, visitor, (session) => (session.data['cart'] = ['tea']))

    for (const header of [`${before}; ${visitor.cookie}`, `${visitor.cookie}; ${before}`])
      expect(await visited.sessions.open(header)).toMatchObject({ userId: 'ada', data: { cart: ['tea'] } })
  })

  it('two sessions are ambiguous, in any order and with whatever beside them', async () => {
    const visited = world()
    const [ada, eve] = [await signedIn(visited), await signedIn(visited, 'eve')]

    for (const header of [
      `${ada.cookie}; ${eve.cookie}`,
      `${eve.cookie}; __Host-Http-session=x; ${ada.cookie}; ${eve.cookie}`,
    ])
      expect(await visited.sessions.open(header)).toMatchObject({ outcome: 'ambiguous', userId: null, data: {} })
  })

  it('of as many sessions as a header has room for do not ask the store', async () => {
    const visited = storeWorld()
    const cookies = await Promise.all(
      Array.from({ length: 30 }, async (_, index) => (await guest(visited, { index })).cookie),
    )
    visited.store.calls.length = 0

    expect((await visited.sessions.open(cookies.join('; '))).outcome).toBe('ambiguous')
    expect(visited.store.calls).toEqual([])
  })

  it('any number of others of our name that do not open stand in the way of none that does', async () => {
    const visited = storeWorld()
    const visitor = await signedIn(visited)

    const header = `${'__Host-Http-session=AAAA; __Host-Http-session=; '.repeat(10)}${visitor.cookie}`
    expect(await visited.sessions.open(header)).toMatchObject({ outcome: 'active', userId: 'ada' })
  })

  it('one that ended beside one that lives is the one that lives', async () => {
    const visited = world()
    const gone = await signedIn(visited, 'eve')
    const { cookie } = gone
    await visit(visited.sessions, gone, (session) => session.signOut())
    const visitor = await signedIn(visited)

    expect((await visited.sessions.open(`${cookie}; ${visitor.cookie}`)).userId).toBe('ada')
  })

  it.each([
    ['1 MB under our name', `__Host-Http-session=${'A'.repeat(1 << 20)}`],
    ['1 MB under another', `x=${'A'.repeat(1 << 20)}`],
    ['1 MB of spaces', `${' '.repeat(1 << 20)}__Host-Http-session=x`],
    ['our name 50,000 times', '__Host-Http-session=A;'.repeat(50_000)],
    ['our name, not as a name, 50,000 times', `x${'__Host-Http-session='.repeat(50_000)}`],
    ['spaces between our names', `x${`${' '.repeat(50)}__Host-Http-session=`.repeat(20_000)}`],
    ['NUL', '__Host-Http-session=\0; \0=\0'],
    ['__proto__', '__proto__=x; constructor=y; __Host-Http-session=__proto__'],
  ])('a header of %s costs nothing but an outcome', async (_, header) => {
    const { sessions } = world()
    const began = performance.now()
    const session = await sessions.open(header)

    expect(session.userId).toBeNull()
    expect(performance.now() - began).toBeLessThan(2000)
    expect((await sessions.commit(session)).getSetCookie()).toEqual([])
  })

  it.each([null, undefined, '', ';', '=', '; ; ;', '==='])('%j is a visitor without a session', async (header) => {
    expect((await world().sessions.open(header)).outcome).toBe('none')
  })

  it('any text opens as something, and never throws', async () => {
    const { sessions } = world()
    const piece = fc.constantFrom(
      '__Host-Http-session',
      '__Host-Http-guest',
      '=',
      ';',
      ' ',
      '"',
      '%',
      '\0',
      'A',
      'é',
      '__proto__',
      ',',
    )
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 40 }), async (pieces) => {
        const session = await sessions.open(pieces.join(''))
        // Long enough, a text that begins as a token names some key.
        expect(session.outcome).toMatch(/^(none|malformed|unknown-key)$/)
        expect(session.userId).toBeNull()
      }),
      { numRuns: 1000, examples: [[['__Host-Http-session=', `A${'-'.repeat(59)}`]]] },
    )
  })
})

describe('at the limit of 4,096 bytes of name and value', () => {
  const write = async (text: string) => request(world().sessions, null, (session) => (session.data['essay'] = text))
  const bytesOf = (headers: Headers) => {
    const [pair] = headers.getSetCookie()[0]!.split(';')
    return Buffer.byteLength(pair!) - 1
  }

  it('a cookie of 4,096 is sent and opens, and one of 4,097 is refused', async () => {
    // Base64 has no value of 1 more than a multiple of 4 characters: the name is as long as makes both sizes come out.
    const sizes = new Set<number>()
    for (const name of ['s', 'ss', 'sss', 'ssss']) {
      const { sessions } = world({ cookie: { secure: false, name: 'user', guestName: name } })
      let kept = 2000
      for (let length = 2600; length < 3100; length++) {
        const session = await sessions.open(null)
        session.data['essay'] = 'x'.repeat(length)
        const error = await sessions.commit(session).then(
          (headers) => void (kept = bytesOf(headers)),
          (reason: { message: string }) => reason.message,
        )
        if (error === undefined) continue
        const needed = Number(/needs a cookie of ([\d,]+) bytes/.exec(error)![1]!.replace(',', ''))
        expect(needed).toBeGreaterThan(4096)
        sizes.add(needed)
        break
      }
      expect(kept).toBeLessThanOrEqual(4096)
      sizes.add(kept)
    }

    expect(sizes).toContain(4096)
    expect(sizes).toContain(4097)
  })

  it('what is sent at the limit opens again', async () => {
    const { sessions } = world({ cookie: { secure: false, name: 'user', guestName: 'g' } })
    let last = ''
    try {
      for (let length = 2600; ; length++) {
        const headers = await request(sessions, null, (session) => (session.data['essay'] = 'x'.repeat(length)))
        const { name, value } = readSetCookie(headers.getSetCookie()[0]!)
        last = `${name}=${value}`
      }
    } catch {
      // one too many
    }

    expect(last.length - 1).toBeGreaterThan(4090)
    expect((await world({ cookie: { secure: false, name: 'user', guestName: 'g' } }).sessions.open(last)).outcome).toBe(
      'active',
    )
  })

  it('counts bytes, not characters', async () => {
    await expect(write('x'.repeat(2000))).resolves.toBeDefined()
    await expect(write('漢'.repeat(2000))).rejects.toMatchObject({ code: 'ERR_COOKIE_TOO_BIG' })
    const headers = await write('漢'.repeat(950))
    expect(bytesOf(headers)).toBeLessThanOrEqual(4096)
  })

  it('says which keys are the heaviest, with their bytes, and none of their values', async () => {
    const written = request(world().sessions, null, (session) => {
      session.data = { small: 1, essay: '漢'.repeat(1500), list: Array(300).fill('canary'), theme: 'dark' }
    })

    await expect(written).rejects.toMatchObject({
      code: 'ERR_COOKIE_TOO_BIG',
      message: expect.stringMatching(/"essay" 4,502 bytes, "list" 2,701 bytes/),
    })
    await expect(written).rejects.not.toThrow(/canary|漢/)
  })

  it('says what is too big where that is not the data', async () => {
    const signIn = request(world().sessions, null, (session) => session.signIn('a'.repeat(5000)))

    await expect(signIn).rejects.toMatchObject({ code: 'ERR_COOKIE_TOO_BIG' })
    await expect(signIn).rejects.not.toThrow(/session\.data: \./)
  })
})

describe('a deletion', () => {
  it('repeats the attributes that the cookie was set with', async () => {
    const cookie = { secure: true, domain: 'example.com', path: '/app', sameSite: 'none', partitioned: true } as const
    const visited = world({ cookie })
    const { name, value, maxAge, ...attributes } = readSetCookie(
      (await request(visited.sessions, null, (session) => session.signIn('ada'))).getSetCookie()[0]!,
    )
    const deletion = await request(visited.sessions, `${name}=${value}`, (session) => session.signOut())

    expect(maxAge).toBeGreaterThan(0)
    expect(attributes).toEqual({
      domain: 'example.com',
      path: '/app',
      secure: true,
      httpOnly: true,
      sameSite: 'none',
      partitioned: true,
    })
    expect(readSetCookie(deletion.getSetCookie()[0]!)).toEqual({ name, value: '', maxAge: 0, ...attributes })
  })

  it('of two cookies is two', async () => {
    const visited = world()
    const [visitor, shopper] = [await signedIn(visited), await guest(visited)]
    const headers = await request(visited.sessions, `${visitor.cookie}; ${shopper.cookie}`, (session) =>
      session.signOut(),
    )

    expect(cookiesOf(headers)).toEqual({ '__Host-Http-session': '', '__Host-Http-guest': '' })
  })
})
