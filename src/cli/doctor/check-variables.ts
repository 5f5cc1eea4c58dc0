import { readBoolean, readText, type Env } from '../../core/env-values.ts'
import { SojournError } from '../../core/errors.ts'
import { optionsFromEnv } from '../../env.ts'
import { readOptions } from '../../options.ts'
import { finding, joinExaminations, type Examination, type Finding } from './finding.ts'
import { isPublicSuffix } from './public-suffix.ts'

/** Checks NODE_ENV, and the variables of cookies and lifetimes as the application would read them. */
export async function checkVariables(env: Env): Promise<Examination> {
  const others = { findings: [...(await checkOptions(env)), ...checkDomain(env)], facts: [] }
  return joinExaminations([checkMode(env), others])
}

/** Whether the environment is one of a server. */
export const hasSettings = (env: Env): boolean =>
  ['SECRET_KEY', 'SECRET_KEY_FALLBACKS', 'SESSION_TYPE'].some((name) => readText(env, name) !== undefined)

function checkMode(env: Env): Examination {
  const mode = env['NODE_ENV'] ?? ''
  if (mode === 'production') return { findings: checkSecure(env), facts: [] }
  const found = `NODE_ENV is ${mode ? JSON.stringify(mode) : 'not set'}`
  if (!hasSettings(env) && ['', 'development', 'test'].includes(mode))
    return { findings: [], facts: [['mode', `development, because ${found}; a deployment requires "production"`]] }
  const sentence = `${found}. Session cookies are then sent over http too, and a missing key is no error.`
  const fix = 'Set NODE_ENV=production where the application is deployed.'
  return { findings: [finding('not-production', 'production', sentence, fix)], facts: [] }
}

function checkSecure(env: Env): Finding[] {
  let secure: boolean | undefined
  try {
    secure = readBoolean(env, 'SESSION_COOKIE_SECURE')
  } catch {
    return [] // optionsFromEnv reports it
  }
  if (secure !== false) return []
  const sentence =
    'SESSION_COOKIE_SECURE is off, so browsers send the session cookie over http too, where others can copy it.'
  return [finding('cookie-not-secure', 'production', sentence, 'Serve https, and remove SESSION_COOKIE_SECURE.')]
}

async function checkOptions(env: Env): Promise<Finding[]> {
  try {
    // The store and the keys are checked elsewhere.
    const others = { ...env, SECRET_KEY: undefined, SECRET_KEY_FALLBACKS: undefined, SESSION_TYPE: 'cookie' }
    const { close, ...options } = await optionsFromEnv(others)
    readOptions({ ...options, secrets: ['doctor: a key for this check alone, without any use'] })
    await close()
    return []
  } catch (error) {
    if (!(error instanceof SojournError)) throw error
    const isCookie = error.code === 'ERR_COOKIE_OPTIONS'
    const fix = isCookie
      ? 'Change or remove the SESSION_COOKIE_… variable. The defaults are the safest that browsers accept.'
      : 'Change or remove the variable.'
    return [finding(isCookie ? 'cookie-refused' : 'variable', isCookie ? 'cookies' : 'variables', error.message, fix)]
  }
}

function checkDomain(env: Env): Finding[] {
  const domain = readText(env, 'SESSION_COOKIE_DOMAIN')?.replace(/^\./, '')
  if (domain === undefined || !isPublicSuffix(domain)) return []
  const sentence = `SESSION_COOKIE_DOMAIN is ${JSON.stringify(domain)}, under which anyone can have a site. Browsers drop cookies for such a domain.`
  return [finding('cookie-domain', 'cookies', sentence, 'Remove SESSION_COOKIE_DOMAIN, or name your own domain.')]
}
