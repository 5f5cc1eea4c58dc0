import { expect, it } from 'vitest'
import { signedInAs } from '../../src/testing/testing.ts'
import { day } from '../support/clock.ts'
import { world } from '../support/sessions.ts'

it('signedInAs gives a Cookie header that opens as the user, with the data', async () => {
  const { sessions } = world()
  const cookie = await signedInAs(sessions, '42', { data: { cart: ['tea'] }, label: 'a test' })
  const session = await sessions.open(cookie)

  expect(cookie).toMatch(/^__Host-Http-session=[\w-]+$/)
  expect(session).toMatchObject({ outcome: 'active', userId: '42', data: { cart: ['tea'] } })
  expect(session.signedInWithin(1)).toBe(true)
})

it('signedInAs needs no data, and takes remember', async () => {
  const { sessions } = world()

  expect(await sessions.open(await signedInAs(sessions, '42'))).toMatchObject({
    userId: '42',
    data: {},
    remember: true,
  })
  expect((await sessions.open(await signedInAs(sessions, '42', { remember: false }))).remember).toBe(false)
})

it('each call is a session of its own, by the clock of its sessions', async () => {
  const { sessions, clock } = world()
  const [one, other] = [await signedInAs(sessions, '42'), await signedInAs(sessions, '42')]
  expect((await sessions.open(one)).id).not.toBe((await sessions.open(other)).id)

  clock.advance(7 * day)
  expect((await sessions.open(one)).outcome).toBe('idle')
})

it('a mistake is reported as in the application', async () => {
  const { sessions } = world()

  await expect(signedInAs(sessions, '')).rejects.toMatchObject({ code: 'ERR_USER_ID' })
  await expect(signedInAs(sessions, '42', { data: { at: new Date() } })).rejects.toMatchObject({ code: 'ERR_DATA' })
})
