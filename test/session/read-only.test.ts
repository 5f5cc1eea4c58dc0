import { expect, it } from 'vitest'
import type { Session } from '../../src/index.ts'
import { makeReadOnly } from '../../src/session/session-access.ts'
import { signedIn, world } from '../support/sessions.ts'

const changes: [string, (session: Session) => unknown][] = [
  ['signIn()', (session) => session.signIn('eve')],
  ['signOut()', (session) => session.signOut()],
  ['flash()', (session) => session.flash('info', 'hello')],
  ['takeFlashes()', (session) => session.takeFlashes()],
  ['data = …', (session) => (session.data = {})],
  ['data.cart', (session) => (session.data['cart'] = [])],
  ['data.cart', (session) => delete session.data['cart']],
]

it.each(changes)('a session that can only be read says where a change belongs: %s', async (member, change) => {
  const visited = world()
  const { cookie } = await signedIn(visited, 'ada', { data: { cart: ['tea'] } })
  const session = await visited.sessions.open(cookie)
  makeReadOnly(session, 'change it elsewhere.')

  expect(() => change(session)).toThrow(`session.${member} cannot be saved here: change it elsewhere.`)
  expect(() => session.data['cart'].push('milk')).toThrow(TypeError)
  expect([session.userId, session.data]).toEqual(['ada', { cart: ['tea'] }])
  expect(JSON.stringify(session.data)).toBe('{"cart":["tea"]}')
})
