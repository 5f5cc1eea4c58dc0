import type { CookieFormat } from '../cookies/format.ts'
import { SojournError } from '../core/errors.ts'
import { loadDefaultDevelopmentSecret } from './development-secret.ts'
import { sealedCapabilities, sealedFormat } from './sealed.ts'
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
  function createFormat(readFallback: () => string): CookieFormat {
    const given = secrets ?? readSecretsFromEnv(process.env) ?? [readFallback()]
    return sealedFormat({ secrets: readSecrets(given, isProduction), audience })
  }

  try {
    return createFormat(throwMissing)
  } catch (error) {
    if (!(error instanceof SojournError) || error.code !== 'ERR_SECRET_MISSING') throw error
    return deferFormat(() => createFormat(isProduction ? throwMissing : loadDefaultDevelopmentSecret))
  }
}

/** Creates a sealed format on its first use. */
function deferFormat(createFormat: () => CookieFormat): CookieFormat {
  let created: CookieFormat | null = null
  const format = () => (created ??= createFormat())
  return {
    name: 'sealed',
    capabilities: sealedCapabilities,
    prepare: () => void format(),
    open: (value, context) => format().open(value, context),
    seal: (token, context) => format().seal(token, context),
    keysFor: (purpose) => format().keysFor(purpose),
    createIdentity: (renewed) => format().createIdentity!(renewed),
  }
}

function throwMissing(): never {
  throw new SojournError(
    'ERR_SECRET_MISSING',
    `SECRET_KEY is not set. It is required when NODE_ENV=production. ${howToCreateSecret}`,
  )
}
