import { readText, type Env } from '../../core/env-values.ts'
import { readSecretsFromEnv } from '../../formats/secrets.ts'
import { CommandError, readArguments } from '../arguments.ts'
import { helpFor } from '../help.ts'
import { keyIdOf, loadEnvFile } from '../keys.ts'
import { paintFor, printText } from '../terminal.ts'
import { checkEnvFile } from './check-env-file.ts'
import { checkKeys } from './check-keys.ts'
import { checkPages, type Own } from './check-pages.ts'
import { checkStore } from './check-store.ts'
import { checkVariables, hasSettings } from './check-variables.ts'
import { joinExaminations, type Examination } from './finding.ts'
import { formatJson, formatReport } from './report.ts'

const optionSpec = {
  url: { type: 'string', multiple: true },
  prefix: { type: 'string' },
  table: { type: 'string' },
  json: { type: 'boolean' },
} as const

/** `sojourn doctor`: checks a deployment. Returns the exit code: 1 if something is wrong. */
export async function doctor(args: readonly string[]): Promise<number> {
  const { values: options, positionals } = readArguments('doctor', args, optionSpec)
  if (options.help) {
    await printText(helpFor('doctor'))
    return 0
  }
  if (positionals.length > 1) throw new CommandError(2, 'doctor takes one store at most: npx sojourn doctor [STORE]')
  const isLoaded = loadEnvFile()
  const { url: urls = [], prefix, table, json = false } = options
  const checked: Examination[] = []
  const [address] = positionals
  // Without settings this is not the machine of a server, and only the places that the arguments name are checked.
  const isServer = hasSettings(process.env) || (urls.length === 0 && address === undefined)
  if (isServer) checked.push(checkKeys(process.env), await checkVariables(process.env))
  if (isServer && isLoaded) checked.push(checkEnvFile('.env', process.env, Date.now()))
  if (isServer || address !== undefined) checked.push(await checkStore(address, process.env, { prefix, table }))
  checked.push(await checkPages(urls, ownKeys(process.env)))
  const examination = joinExaminations(checked)
  await printText(json ? formatJson(examination) : formatReport(examination, paintFor(process.stdout)))
  return examination.findings.length === 0 ? 0 : 1
}

function ownKeys(env: Env): Own {
  const name = readText(env, 'SESSION_COOKIE_NAME')
  const cookieNames = name === undefined ? [] : [name, `${name}-guest`]
  try {
    return { keyIds: (readSecretsFromEnv(env) ?? []).map(keyIdOf), cookieNames }
  } catch {
    return { keyIds: [], cookieNames } // checkKeys reports it
  }
}
