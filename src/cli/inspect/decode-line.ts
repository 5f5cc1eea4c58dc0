import type { Outcome } from '../../core/outcome.ts'
import { CommandError } from '../arguments.ts'
import { asUsageError, checkKeys } from '../keys.ts'
import { quoteForUser } from '../terminal.ts'
import { readCookie, type CookieInput } from './cookie-input.ts'
import { createFlaskSessionDecoder, looksLikeSid } from './decode-flask-session.ts'
import { createFlaskDecoder } from './decode-flask.ts'
import { createDecoder, isSealedToken } from './decode.ts'
import { explainDevelopmentKey, explainExpressCookie, explainUnknownName } from './outcome-text.ts'
import { checkTimeout, type CommandSettings } from './settings.ts'
import type { CookieDecoder, DecodedCookie, FormatName } from './types.ts'

/** The decoded cookie of a line, with the outcomes of our other cookies in it. */
export interface DecodedLine extends DecodedCookie {
  /** Our other cookies in the line. */
  readonly alsoHere: readonly { readonly name: string; readonly outcome: Outcome }[]
}

/** The options of `inspect` that choose cookie and format. */
export interface LineOptions {
  readonly format: string | undefined
  readonly name: string | undefined
  readonly userKey: string
}

/**
 * Creates the decoder of lines. It finds the cookie, detects its format, and tries the development key if no key fits.
 *
 * @throws CommandError
 */
export function createLineDecoder(
  settings: CommandSettings,
  options: LineOptions,
): (line: string) => Promise<DecodedLine> {
  const format = parseFormat(options.format)
  const decoderFor = createDecoders(settings, options.userKey)
  // If the format is known, report wrong keys before reading any cookie.
  if (format !== null) decoderFor(format)
  const usualNames = format === null || format === 'sealed' ? settings.usualNames : settings.flaskNames
  const search = { onlyName: options.name, usualNames, isToken }
  const { from, development } = settings.keys

  async function decodeCookie(cookie: CookieInput): Promise<DecodedCookie> {
    const { unknownName, values } = cookie
    const isUnknownCookie =
      format === null && (unknownName !== null || values.some(isExpressCookie)) && !values.some(isToken)
    const guessedFormat = format ?? guessFormat(values, isUnknownCookie)
    const names = guessedFormat !== 'sealed' && cookie.names.length > 1 ? settings.flaskNames : cookie.names
    const decoded = await decoderFor(guessedFormat).decode({ names, values })
    if (decoded.outcome === 'malformed' && isUnknownCookie)
      return {
        ...decoded,
        explanation: values.some(isExpressCookie)
          ? explainExpressCookie()
          : explainUnknownName(unknownName!, usualNames),
      }
    if (decoded.outcome === 'unknown-key' && development !== null) {
      const decodedByDevelopmentKey = await decoderFor('development').decode({ names, values })
      // The outcome remains that of an application that has the other keys.
      if (decodedByDevelopmentKey.outcome !== 'unknown-key' && decodedByDevelopmentKey.outcome !== 'malformed')
        return {
          ...decodedByDevelopmentKey,
          outcome: 'unknown-key',
          explanation: explainDevelopmentKey(from!),
          key: null,
          ambiguousParts: [],
        }
    }
    return decoded
  }

  return async (line) => {
    const cookie = readCookie(line, search)
    const alsoHere = cookie.otherCookies.map(async ({ name, values }) => {
      const { outcome } = await decodeCookie({ names: [name], values, unknownName: null, otherCookies: [] })
      return { name, outcome }
    })
    return { ...(await decodeCookie(cookie)), alsoHere: await Promise.all(alsoHere) }
  }
}

const formatNames: readonly FormatName[] = ['sealed', 'flask', 'flask-session']

function parseFormat(given: string | undefined): FormatName | null {
  const format = formatNames.find((each) => each === given)
  if (given !== undefined && format === undefined)
    throw new CommandError(2, `--format must be sealed, flask or flask-session, not ${quoteForUser(given)}.`)
  return format ?? null
}

function guessFormat(values: readonly string[], isStrange: boolean): FormatName {
  if (!values.some(isToken) && values.some(looksLikeSid)) return 'flask-session'
  return !isStrange && values.some(hasDot) ? 'flask' : 'sealed'
}

/** Creates decoders on first use, because keys that one format refuses may be valid for another. */
function createDecoders(
  settings: CommandSettings,
  userKey: string,
): (kind: FormatName | 'development') => CookieDecoder {
  const decoders = new Map<string, CookieDecoder>()
  const createByKind = {
    sealed: () => createDecoder(settings),
    flask: () => createFlaskDecoder(settings, userKey),
    'flask-session': () => createFlaskSessionDecoder(settings),
    development: () => createDecoder({ ...settings, secrets: [settings.keys.development!] }),
  }
  return (kind) => {
    let decoder = decoders.get(kind)
    if (decoder !== undefined) return decoder
    // A Flask-Session id can be inspected without a key.
    if (kind !== 'flask-session') checkKeys(settings.keys)
    if (kind === 'sealed') checkTimeout(settings)
    decoder = asUsageError<CookieDecoder>(createByKind[kind])
    decoders.set(kind, decoder)
    return decoder
  }
}

/** A sealed token has no dot. Flask's cookie has at least two. */
const hasDot = (value: string): boolean => value.includes('.')
const isFlaskCookie = (value: string): boolean => /^\.?[\w-]*\.[\w-]*\.[\w-]{27}$/.test(value)
const isToken = (value: string): boolean => isSealedToken(value) || isFlaskCookie(value)

/** Whether a value is signed as by express-session. */
const isExpressCookie = (value: string): boolean => /^s(:|%3a)/i.test(value)
