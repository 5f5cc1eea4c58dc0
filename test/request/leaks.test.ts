import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { inspect } from 'node:util'
import { afterEach, expect, it, vi } from 'vitest'
import { sojourn } from '../../src/adapters/fetch.ts'
import { createSessions, type Session } from '../../src/index.ts'
import { browser } from '../support/browser.ts'
import { day, stoppedClock } from '../support/clock.ts'
import { request, visit } from '../support/sessions.ts'

afterEach(() => vi.restoreAllMocks())

const key = 'canary-key-x7Kq2vR9x-canary-key-x7Kq2vR9x'
const oldKey = 'canary-old-key-b7Kq2vR9x-canary-old-key-b7K'
const data = { address: 'canary-data', list: [{ deep: 'canary-deep' }] }

/** Everything that comes out where nobody asked for it. */
function listen() {
  const published: unknown[] = []
  const listener = (message: unknown) => published.push(message)
  subscribe('sojourn', listener)
  for (const method of ['log', 'info', 'warn', 'error', 'debug', 'trace'] as const)
    vi.spyOn(console, method).mockImplementation((...parts: unknown[]) => void published.push(...parts))
  for (const stream of [process.stdout, process.stderr])
    vi.spyOn(stream, 'write').mockImplementation((chunk) => published.push(String(chunk)) > 0)
  vi.spyOn(process, 'emitWarning').mockImplementation((warning) => void published.push(warning))
  return { published, listener, stop: () => void unsubscribe('sojourn', listener) }
}

const shown = (value: unknown): string =>
  [
    inspect(value, { depth: 20, showHidden: true, getters: false }),
    JSON.stringify(value),
    String(value),
    value instanceof Error ? `${value.stack} ${inspect(value.cause)}` : '',
  ].join('\n')

it('no event, error, warning or line of a log ever holds a secret, a token or data', async () => {
  const { published, listener, stop } = listen()
  const clock = stoppedClock()
  const cookie = { secure: true } as const
  const options = { cookie, now: clock.now, onEvent: listener, touchAfter: 0 }
  const old = createSessions({ ...options, secrets: [oldKey] })
  const sessions = createSessions({ ...options, secrets: [key, oldKey] })
  const thrower = createSessions({ ...options, secrets: [key], onEvent: () => { throw new Error('listener') } }) // prettier-ignore
  const tokens = new Set<string>()
  const visitor = browser({ now: clock.now, forgetful: false })

  async function step(by: typeof sessions, handle: (session: Session) => void, committing = {}): Promise<void> {
    await visit(by, visitor, handle, committing).catch((error: unknown) => published.push(error))
    for (const name of ['__Host-Http-session', '__Host-Http-guest']) tokens.add(visitor.get(name) ?? 'none')
  }
  const attempt = (work: () => unknown) => {
    try {
      work()
    } catch (error) {
      published.push(error)
    }
  }

  const handles: ((session: Session) => void)[] = [
    (session) => void (session.data = structuredClone(data)),
    (session) => session.flash('canary-category', 'canary-message'),
    (session) => session.signIn('ada', { label: 'canary-label' }),
    (session) => session.renew(),
    (session) => session.signIn('ada'),
    (session) => void (session.data['bad'] = { canary: { at: new Date(), ['canary-value']: 1n } }),
    (session) => void (session.data['bad'] = Object.assign(new Map(), { text: 'canary-data' })),
    (session) => void (session.data['big'] = 'canary-data'.repeat(1000)),
    (session) => session.flash('canary-category', { text: 'canary-message' } as unknown as string),
    (session) => session.signIn({ id: 'canary-user' } as unknown as string),
    (session) => void (session.data = ['canary-data'] as never),
    (session) => session.requireConfirmed(),
    (session) => session.signOut(),
  ]
  for (const by of [old, sessions, thrower]) for (const handle of handles) await step(by, handle)
  for (const handle of handles) await step(sessions, handle, { failed: true })

  clock.advance(60)
  await step(sessions, (session) => session.signIn('ada'))
  clock.advance(60)
  await step(sessions, () => {})

  // Refusals of every kind, and writes after the end.
  await step(sessions, (session) => session.signIn('ada'))
  await step(sessions, (session) => void (session.data = structuredClone(data)))
  const late = await sessions.open(visitor.cookie)
  const token = visitor.get('__Host-Http-session')!
  await step(sessions, (session) => session.signOut())
  late.data['cart'] = 'canary-data'
  await sessions.commit(late)
  attempt(() => late.flash('canary-category', 'canary-message'))
  await sessions.commit(late).catch(listener)
  for (const value of [token, `${token}A`, token.slice(1), `canary-token${token}`])
    await request(sessions, `__Host-Http-session=${value}; __Host-Http-guest=${value}`, (session) => void session.data)
  clock.advance(40 * day)
  await request(createSessions({ ...options, secrets: [key] }), `__Host-Http-session=${token}`)

  // Adapters, where a commit fails.
  const handler = sojourn(sessions, (_, session) => {
    session.data['bad'] = { text: 'canary-data', at: new Map([['canary-data', 1]]) }
    return new Response('')
  })
  published.push(await (await handler(new Request('https://example.com/'))).text())

  // Mistakes with keys.
  attempt(() => createSessions({ secrets: ['canary-short'] }))
  attempt(() => createSessions({ secrets: [key, key] }))
  attempt(() => createSessions({ secrets: key as unknown as string[] }))
  attempt(() => createSessions({ secrets: [key, 5 as unknown as string] }))

  // The output of a debugger or a careless log of a session.
  const open = await sessions.open(null)
  open.signIn('ada')
  open.data = structuredClone(data)
  await sessions.commit(open)
  published.push(open, sessions, { ...open })
  stop()
  vi.restoreAllMocks()
  tokens.delete('none')

  expect(tokens.size).toBeGreaterThan(10)
  const words = new Set(published.map((each) => (each as { type?: string }).type ?? (each as { code?: string }).code))
  for (const word of [
    'opened',
    'began',
    'changed',
    'touched',
    'renewed',
    'ended',
    'refused',
    'ERR_DATA',
    'ERR_COOKIE_TOO_BIG',
    'ERR_COMMITTED',
    'ERR_USER_ID',
    'ERR_SECRET_WEAK',
    'ERR_OPTIONS',
    'ERR_NO_STORE',
  ])
    expect(words).toContain(word)

  for (const each of published) {
    const text = shown(each)
    expect(text).not.toMatch(/canary-(?!value)|x7Kq2vR9x|b7Kq2vR9x/)
    for (const secret of tokens) expect(text.includes(secret.slice(30, 60))).toBe(false)
  }
})

it('the secrets of a token cannot be read on its session', async () => {
  const sessions = createSessions({ secrets: [key] })
  const session = await sessions.open(null)
  session.signIn('ada')
  session.data = structuredClone(data)
  await sessions.commit(session)

  expect(inspect(session, { depth: 10 })).toMatch(/^Session \{[^{]*dataKeys: \[ 'address', 'list' \]\s*\}$/)
  expect(inspect(session, { depth: 10 })).not.toContain('canary')
  // A session in a response would leave by accident.
  expect(JSON.stringify(session)).toBe('{}')
  expect(Reflect.ownKeys(session)).toEqual([])
  expect(inspect(session, { showHidden: true, depth: 10, customInspect: false })).not.toMatch(/canary|ada/)
})
