import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import type { Token } from '../../src/core/token.ts'
import { sealedFormat } from '../../src/formats/sealed.ts'
import { createSessions } from '../../src/index.ts'

// These tokens are in browsers. If a change makes this fail, it signs everybody out: it needs a new version byte, and a
// decoder that still reads this one.
const { secret, now, tokens } = JSON.parse(
  readFileSync(new URL('../support/vectors/sealed.json', import.meta.url), 'utf8'),
) as { secret: string; now: number; tokens: { name: string; cookieName: string; token: Token; value: string }[] }

it.each(tokens)('a token that the first version sealed still opens: $name', ({ cookieName, token, value }) => {
  const format = sealedFormat({ secrets: [Buffer.from(secret)] })
  const opened = format.open(value, { now, idleTimeout: 604800, absoluteTimeout: 2592000, cookieName })

  expect(opened).toEqual({ outcome: 'active', token, key: 0 })
})

it('a form that the first version made still fits its session', async () => {
  const sessions = createSessions({
    secrets: [secret],
    now: () => now,
    cookie: { name: tokens[1]!.cookieName, secure: true },
  })
  const session = await sessions.open(`${tokens[1]!.cookieName}=${tokens[1]!.value}`)

  expect(session.isCsrfToken('Nr9J1zipvyX84Kq51wFCAVvubTCl1UnWKUNR7j7Wcdo')).toBe(true)
})
