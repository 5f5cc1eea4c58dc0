import { channel, subscribe, unsubscribe } from 'node:diagnostics_channel'
import { afterEach, expect, it, vi } from 'vitest'
import { createSessions, type SessionEvent } from '../../src/index.ts'
import { guest, request, secrets, signedIn, visit, world } from '../support/sessions.ts'

afterEach(() => vi.restoreAllMocks())

it('a visit reports its events in order, with id and user', async () => {
  const visited = world({ touchAfter: 60 })
  const visitor = await guest(visited)
  const guestId = (await visited.sessions.open(visitor.cookie)).id
  await visit(visited.sessions, visitor, (session) => session.signIn('ada'))
  const { id } = await visited.sessions.open(visitor.cookie)
  visited.clock.advance(60)
  await visit(visited.sessions, visitor)
  await visit(visited.sessions, visitor, (session) => (session.data['cart'] = []))
  await visit(visited.sessions, visitor, (session) => session.renew())
  await visit(visited.sessions, visitor, (session) => session.signOut())

  const ada = { id, userId: 'ada' }
  const reported = visited.events.filter(({ type }) => type !== 'opened')
  expect(reported).toEqual([
    { type: 'began', id: guestId, userId: null },
    { type: 'ended', reason: 'signed-out', id: guestId, userId: null, confirmed: true },
    { type: 'began', ...ada },
    { type: 'touched', ...ada },
    { type: 'changed', ...ada },
    { type: 'renewed', ...ada },
    { type: 'ended', reason: 'signed-out', ...ada, confirmed: true },
  ])
})

it('opening reports the outcome, and the id and user if the seal was right', async () => {
  const visited = world()
  const visitor = await signedIn(visited)
  const { cookie } = visitor
  const { id } = await visited.sessions.open(cookie)
  await visit(visited.sessions, visitor, (session) => session.signOut())
  visited.events.length = 0
  for (const header of [null, cookie, '__Host-Http-session=x']) await visited.sessions.open(header)

  expect(visited.events).toEqual([
    { type: 'opened', outcome: 'none', id: null, userId: null },
    { type: 'opened', outcome: 'ended', id, userId: 'ada' },
    { type: 'opened', outcome: 'malformed', id: null, userId: null },
  ])
})

it('the diagnostics channel publishes the same events, also to later subscribers', async () => {
  const sessions = createSessions({ secrets })
  const published: SessionEvent[] = []
  const listener = (event: unknown) => void published.push(event as SessionEvent)
  await sessions.open(null)
  subscribe('sojourn', listener)
  await sessions.open(null)
  unsubscribe('sojourn', listener)
  await sessions.open(null)

  expect(published).toEqual([{ type: 'opened', outcome: 'none', id: null, userId: null }])
  expect(channel('sojourn').hasSubscribers).toBe(false)
})

it('a listener that throws is a warning, and costs nobody the sign-in', async () => {
  const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
  const mistake = new Error('listener')
  const sessions = createSessions({
    secrets,
    onEvent() {
      throw mistake
    },
  })
  const headers = await request(sessions, null, (session) => session.signIn('ada'))

  expect(headers.getSetCookie()).toHaveLength(1)
  expect(warned).toHaveBeenCalledWith(mistake)
})

it('a listener that throws costs nobody the sign-in on Workers, where the process emits no warnings', async () => {
  const warned = vi.spyOn(console, 'warn').mockImplementation(() => {})
  const { emitWarning } = process
  Reflect.deleteProperty(process, 'emitWarning')
  try {
    const mistake = new Error('listener')
    const onEvent = () => {
      throw mistake
    }
    const headers = await request(createSessions({ secrets, onEvent }), null, (session) => session.signIn('ada'))

    expect(headers.getSetCookie()).toHaveLength(1)
    expect(warned).toHaveBeenCalledWith(mistake)
  } finally {
    if (emitWarning !== undefined) process.emitWarning = emitWarning
  }
})

it('a listener that rejects is reported as a warning, and costs nobody anything', async () => {
  const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
  const sessions = createSessions({ secrets, onEvent: async () => Promise.reject(new Error('no log today')) })
  const session = await sessions.open(null)
  session.signIn('ada')
  await sessions.commit(session)
  await new Promise((resolve) => setImmediate(resolve))

  expect(warned).toHaveBeenCalledWith(expect.objectContaining({ message: 'no log today' }))
})
