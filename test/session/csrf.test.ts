import { expect, it } from 'vitest'
import { createCsrf } from '../../src/session/csrf.ts'
import { deriveKey } from '../../src/formats/secrets.ts'
import { stoppedClock } from '../support/clock.ts'
import { secret, signedIn, world } from '../support/sessions.ts'

const keyOf = (name: string) => deriveKey(Buffer.from(secret(name)), 'csrf 1')

it('a token is the session’s own, under its key, in its one spelling', () => {
  const csrf = createCsrf(() => [keyOf('a')])
  const token = csrf.tokenFor('id')

  expect(token).toMatch(/^[\w-]{43}$/)
  expect(csrf.isTokenFor('id', token)).toBe(true)
  expect(csrf.isTokenFor('other', token)).toBe(false)
  expect(createCsrf(() => [keyOf('b')]).isTokenFor('id', token)).toBe(false)
  const others = [`${token}=`, ` ${token}`, token.toLowerCase(), token.slice(1), `${token}a`, '', token + '\0', [token]]
  for (const each of others) expect(csrf.isTokenFor('id', each)).toBe(false)
})

it('a form that was open while the key was rotated still holds, at both servers', async () => {
  const clock = stoppedClock()
  const [before, step, after] = [['old'], ['old', 'new'], ['new', 'old']].map((names) =>
    world({ secrets: names.map(secret) }, clock),
  )
  const { cookie } = await signedIn(before!)
  const old = (await before!.sessions.open(cookie)).csrfToken
  const young = (await after!.sessions.open(cookie)).csrfToken

  expect((await after!.sessions.open(cookie)).isCsrfToken(old)).toBe(true)
  expect((await step!.sessions.open(cookie)).isCsrfToken(young)).toBe(true)
})
