import type { Outcome } from '../../core/outcome.ts'
import { CommandError } from '../arguments.ts'
import { readCookie, type CookieInput } from './cookie-input.ts'
import { createFlaskSessionExaminer, isFlaskSessions } from './decode-flask-session.ts'
import { createFlaskExaminer } from './decode-flask.ts'
import { createExaminer, isSealedToken, type Examiner, type Format } from './decode.ts'
import { type Examined } from './types.ts'
import { checkKeys, orWrongUse } from '../keys.ts'
import { quoted } from '../terminal.ts'
import { checkTimeout, type Settings } from './settings.ts'
import { wordsOnDevelopment, wordsOnExpress, wordsOnStrange } from './outcome-text.ts'

/** What became of the cookie in a line, and of its like beside it. */
export interface ExaminedLine extends Examined {
  /** Our other cookies in the line. */
  readonly alsoHere: readonly { readonly name: string; readonly outcome: Outcome }[]
}

/** How lines are looked into: whatever was asked for. */
export interface Asked {
  readonly format: string | undefined
  readonly name: string | undefined
  readonly userKey: string
}

/**
 * Creates what looks into lines: finds the cookie, tells the two formats apart and, where no key fits, asks that of
 * development. @throws CommandError
 */
export function createLineExaminer(settings: Settings, asked: Asked): (line: string) => Promise<ExaminedLine> {
  const format = formatOf(asked.format)
  const examinerOf = examiners(settings, asked.userKey)
  // Before anything is read, where the format is known.
  if (format !== null) examinerOf(format)
  const usual = format === null || format === 'sealed' ? settings.usual : settings.flaskNames
  const search = { only: asked.name, usual, isToken }
  const { from, development } = settings.keys

  async function examine(cookie: CookieInput): Promise<Examined> {
    const { strangeName, values } = cookie
    const isStrange = format === null && (strangeName !== null || values.some(isExpress)) && !values.some(isToken)
    const found = format ?? looksLike(values, isStrange)
    const names = found !== 'sealed' && cookie.names.length > 1 ? settings.flaskNames : cookie.names
    const examined = await examinerOf(found).examine({ names, values })
    if (examined.outcome === 'malformed' && isStrange)
      return { ...examined, words: values.some(isExpress) ? wordsOnExpress() : wordsOnStrange(strangeName!, usual) }
    if (examined.outcome === 'unknown-key' && development !== null) {
      const made = await examinerOf('development').examine({ names, values })
      // What an application that has the other keys makes of it stays the word.
      if (made.outcome !== 'unknown-key' && made.outcome !== 'malformed')
        return { ...made, outcome: 'unknown-key', words: wordsOnDevelopment(from!), key: null, each: [] }
    }
    return examined
  }

  return async (line) => {
    const cookie = readCookie(line, search)
    const alsoHere = cookie.others.map(async ({ name, values }) => {
      const { outcome } = await examine({ names: [name], values, strangeName: null, others: [] })
      return { name, outcome }
    })
    return { ...(await examine(cookie)), alsoHere: await Promise.all(alsoHere) }
  }
}

const formats: readonly Format[] = ['sealed', 'flask', 'flask-session']

function formatOf(given: string | undefined): Format | null {
  const format = formats.find((each) => each === given)
  if (given !== undefined && format === undefined)
    throw new CommandError(2, `--format is sealed, flask or flask-session, and not ${quoted(given)}.`)
  return format ?? null
}

function looksLike(values: readonly string[], isStrange: boolean): Format {
  if (!values.some(isToken) && values.some(isFlaskSessions)) return 'flask-session'
  return !isStrange && values.some(hasDot) ? 'flask' : 'sealed'
}

/** What looks into each format, made when first asked for: what keys one of them refuses may do for the other. */
function examiners(settings: Settings, userKey: string): (kind: Format | 'development') => Examiner {
  const made = new Map<string, Examiner>()
  const make = {
    sealed: () => createExaminer(settings),
    flask: () => createFlaskExaminer(settings, userKey),
    'flask-session': () => createFlaskSessionExaminer(settings),
    development: () => createExaminer({ ...settings, secrets: [settings.keys.development!] }),
  }
  return (kind) => {
    let examiner = made.get(kind)
    if (examiner !== undefined) return examiner
    // An id of Flask-Session says as much without a key.
    if (kind !== 'flask-session') checkKeys(settings.keys)
    if (kind === 'sealed') checkTimeout(settings)
    examiner = orWrongUse<Examiner>(make[kind])
    made.set(kind, examiner)
    return examiner
  }
}

/** A sealed token has no dot, and a cookie of Flask's has two at least. */
const hasDot = (value: string): boolean => value.includes('.')
const isFlasks = (value: string): boolean => /^\.?[\w-]*\.[\w-]*\.[\w-]{27}$/.test(value)
const isToken = (value: string): boolean => isSealedToken(value) || isFlasks(value)

/** Signed as express-session signs. */
const isExpress = (value: string): boolean => /^s(:|%3a)/i.test(value)
