import type { CookieFormat } from '../cookies/format.ts'
import { SojournError } from '../core/errors.ts'
import { loadDefaultDevelopmentSecret } from './development-secret.ts'
import { sealedFormat } from './sealed.ts'
import { howToCreateSecret, readSecrets, readSecretsFromEnv, type Secret } from './secrets.ts'

/**
 * Creates the format that `createSessions` uses if it gets none: sealed tokens. If there are no `secrets`, it reads them from the
 * environment; in development, it uses the development key.
 *
 * @throws `ERR_SECRET_MISSING`; `ERR_SECRET_WEAK`; `ERR_OPTIONS`
 */
export function createDefaultFormat(
  secrets: readonly (Secret | undefined)[] | undefined,
  audience: string,
  isProduction: boolean,
): CookieFormat {
  const checkedSecrets = readSecrets(secrets ?? readDefaultSecrets(isProduction), isProduction)
  return sealedFormat({ secrets: checkedSecrets, audience })
}

function readDefaultSecrets(isProduction: boolean): readonly string[] {
  const secrets = readSecretsFromEnv(process.env)
  if (secrets !== null) return secrets
  if (!isProduction) return [loadDefaultDevelopmentSecret()]
  throw new SojournError(
    'ERR_SECRET_MISSING',
    `SECRET_KEY is not set. It is required when NODE_ENV=production. ${howToCreateSecret}`,
  )
}
