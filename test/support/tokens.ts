import type { FormatContext, CookieFormat } from '../../src/cookies/format.ts'
import { emptyToken, type Token } from '../../src/core/token.ts'
import { sealedFormat } from '../../src/formats/sealed.ts'
import { readSecrets } from '../../src/formats/secrets.ts'
import { secret } from './sessions.ts'

export const noon = Date.UTC(2026, 0, 15, 12)
export const dayLength = 24 * 3600 * 1000
export const context: FormatContext = {
  now: noon,
  idleTimeout: 7 * 86_400,
  absoluteTimeout: 30 * 86_400,
  cookieName: '__Host-Http-session',
}
export const formatOf = (names: string[], audience?: string): CookieFormat =>
  sealedFormat({ secrets: readSecrets(names.map(secret), false), audience })
export const format = formatOf(['first'])

export const token: Token = {
  ...emptyToken,
  identity: { id: 'an-id', secret: 'a-secret' },
  userId: 'ada',
  createdAt: noon - 5000,
  signedInAt: noon - 4000,
  lastSeenAt: noon,
  remember: true,
  label: 'Firefox on Linux',
  data: { cart: '["tea"]' },
}
