import type { CookieFormat } from '../cookies/format.ts'
import { SojournError } from '../core/errors.ts'
import { loadDefaultDevelopmentSecret } from './development-secret.ts'
import { sealedFormat } from './sealed.ts'
import { howToCreateSecret, readSecrets, readSecretsFromEnv, type Secret } from './secrets.ts'

/**
 * Creates the format that `createSessions` uses if it gets none: sealed tokens. If there are no `secrets`, it reads them from the
 * environment; in development, it uses the development key. A missing secret is an error only when the first session opens,
 * because a build imports the application without its secrets.
 *
 * @throws `ERR_SECRET_WEAK`; `ERR_OPTIONS`
 */
export function createDefaultFormat(
  secrets: readonly (Secret | undefined)[] | undefined,
  audience: string,
  isProduction: boolean,
): CookieFormat {
  const read = (readFallback: () => string) =>
    readSecrets(secrets ?? readSecretsFromEnv(process.env) ?? [readFallback()], isProduction)
  try {
    return sealedFormat({ secrets: read(throwMissing), audience })
  } catch (error) {
    if (!(error instanceof SojournError) || error.code !== 'ERR_SECRET_MISSING') throw error
    const readLater = () => read(isProduction ? throwMissing : loadDefaultDevelopmentSecret)
    return sealedFormat({ secrets: readLater, audience })
  }
}

function throwMissing(): never {
  throw new SojournError(
    'ERR_SECRET_MISSING',
    `SECRET_KEY is not set. It is required when NODE_ENV=production. ${howToCreateSecret}`,
  )
}
