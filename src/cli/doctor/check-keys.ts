import { readText, type Env } from '../../core/env-values.ts'
import { SojournError } from '../../core/errors.ts'
import { readSecrets, readSecretsFromEnv } from '../../formats/secrets.ts'
import { keyIdOf } from '../keys.ts'
import { finding, type Examination, type Finding } from './finding.ts'

const minBytes = 32
const newKey = 'Replace it by a new key: npx sojourn key. Do not keep it as a fallback, so users sign in once more.'

/** Checks the keys in the environment: how many bytes, whether they can be guessed, and whether each is listed once. */
export function checkKeys(env: Env): Examination {
  let secrets: readonly string[]
  try {
    secrets = readSecretsFromEnv(env) ?? []
  } catch (error) {
    if (!(error instanceof SojournError)) throw error
    const fix = 'Set SECRET_KEY to the key that seals new sessions, and SECRET_KEY_FALLBACKS to the former ones.'
    return { findings: [finding('key-variables', 'keys', firstSentence(error.message), fix)], facts: [] }
  }
  if (secrets.length === 0) return checkMissingKey(env)
  const findings = secrets.flatMap((secret, position) => checkKey(secret, nameOf(position)))
  for (const [position, secret] of secrets.entries()) {
    const first = secrets.indexOf(secret)
    if (first === position) continue
    const sentence = `${nameOf(first)} and ${nameOf(position)} are the same key, and the application does not start with them.`
    findings.push(finding('key-twice', 'keys', sentence, `Remove ${nameOf(position)} from SECRET_KEY_FALLBACKS.`))
  }
  const ids = secrets.map((secret, position) => `${nameOf(position)} (key id ${keyIdOf(secret)})`)
  return { findings, facts: [['keys', `${ids.join(', ')}: compare the ids with your other servers`]] }
}

function checkMissingKey(env: Env): Examination {
  // Flask-Session's cookies hold an id only, which needs no key unless a signer is used.
  if (readText(env, 'SESSION_TYPE') === 'flask-redis' || env['NODE_ENV'] !== 'production')
    return { findings: [], facts: [['keys', 'none is set; development makes its own']] }
  const sentence = 'SECRET_KEY is not set, so the application refuses to open sessions in production.'
  const fix = 'Create a key: npx sojourn key --write .env, and load the file: node --env-file=.env server.mjs'
  return { findings: [finding('key-missing', 'keys', sentence, fix)], facts: [] }
}

function checkKey(secret: string, name: string): Finding[] {
  const bytes = Buffer.byteLength(secret)
  const findings: Finding[] = []
  const isQuoted = /^(["'`]).*\1$/.test(secret)
  if (isQuoted || secret.trim() !== secret) {
    const found = isQuoted ? 'is in quotes' : 'has a space or a line break at an end'
    const sentence = `${name} ${found}. Servers that read it in another way have another key, and refuse its sessions.`
    const fix = 'Remove that. "docker run --env-file" keeps quotes that other tools remove.'
    findings.push(finding('key-quoted', 'keys', sentence, fix))
  }
  if (bytes < minBytes) {
    const sentence = `${name} has ${bytes} bytes, so it can be guessed. The application does not start with fewer than ${minBytes}.`
    return [...findings, finding('key-short', 'keys', sentence, newKey)]
  }
  try {
    readSecrets([secret], true)
  } catch (error) {
    if (!(error instanceof SojournError)) throw error
    const sentence = `${name} is published in examples, or repeats a pattern. Anyone who guesses it can sign in as any user.`
    findings.push(finding('key-guessable', 'keys', sentence, newKey))
  }
  return findings
}

const nameOf = (position: number): string => (position === 0 ? 'SECRET_KEY' : `fallback ${position}`)

const firstSentence = (text: string): string => `${text.split('. ')[0]!.replace(/\.$/, '')}.`
