import { createInterface } from 'node:readline'
import { CommandError, readArguments } from '../arguments.ts'
import { helpFor } from '../help.ts'
import { formatCount, paintFor, printText } from '../terminal.ts'
import { createLineDecoder } from './decode-line.ts'
import { formatJsonReport } from './report-json.ts'
import { formatTextReport } from './report-text.ts'
import { checkCookieName, readSettings } from './settings.ts'

const optionSpec = {
  format: 'FORMAT',
  name: 'COOKIE_NAME',
  audience: 'TEXT',
  'user-key': 'KEY',
  'max-age': 'SECONDS',
  now: 'UNIX_SECONDS',
  show: null,
  json: null,
  help: null,
} as const

/** `sojourn inspect`: says of each cookie what became of its session. */
export async function inspect(args: readonly string[]): Promise<number> {
  const { options, positionals } = readArguments('inspect', args, optionSpec)
  if (options.help) {
    await printText(helpFor('inspect'))
    return 0
  }
  if (options.name !== undefined) checkCookieName('--name', options.name)
  const cookies = readCookies(positionals)
  const settings = readSettings(options)
  const userKey = options['user-key'] ?? 'person_id'
  const decodeLine = createLineDecoder(settings, { format: options.format, name: options.name, userKey })
  const reportOptions = { ...settings, show: options.show === true }
  const paint = paintFor(process.stdout)

  const outcomes: string[] = []
  for await (const { line, isOnly } of cookies) {
    const decoded = await decodeLine(line)
    outcomes.push(decoded.outcome)
    if (options.json) {
      await printText(`${formatJsonReport(decoded, reportOptions)}\n`)
      continue
    }
    const report = formatTextReport(decoded, reportOptions, paint)
    await printText(isOnly ? report : `${paint.faint(`cookie ${outcomes.length}`)}\n${report}\n`)
  }
  if (outcomes.length === 0) throw new CommandError(2, `There is no cookie on standard input. ${usageHint}`)
  if (outcomes.length > 1 && !options.json) await printText(`${formatSummary(outcomes)}\n`)
  return outcomes.every((outcome) => outcome === 'active') ? 0 : 1
}

interface Line {
  readonly line: string
  /** Whether it is the only one. */
  readonly isOnly: boolean
}

const usageHint = "Use: npx sojourn inspect 'COOKIE', or one a line: npx sojourn inspect < cookies.txt"

/** The cookies that were given, checked before anything is done. */
function readCookies(given: readonly string[]): AsyncIterable<Line> | readonly Line[] {
  if (given.length > 1) {
    throw new CommandError(
      2,
      'inspect takes one cookie, in quotes. For several, one a line: npx sojourn inspect < cookies.txt',
    )
  }
  const [line] = given
  if (line?.trim() === '') throw new CommandError(2, `The cookie is empty. ${usageHint}`)
  if (line !== undefined) return [{ line, isOnly: true }]
  if (process.stdin.isTTY) throw new CommandError(2, `There is no cookie. ${usageHint}`)
  return readInputLines()
}

/** The first is held back until it is known whether there are more. */
async function* readInputLines(): AsyncIterable<Line> {
  let first: string | null = null
  let several = false
  for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
    if (line.trim() === '') continue
    if (first === null) {
      first = line
      continue
    }
    if (!several) yield { line: first, isOnly: false }
    several = true
    yield { line, isOnly: false }
  }
  if (first !== null && !several) yield { line: first, isOnly: true }
}

function formatSummary(outcomes: readonly string[]): string {
  const counts = [...new Set(outcomes)].map((outcome) => {
    const count = outcomes.filter((each) => each === outcome).length
    return `${count.toLocaleString('en')} ${outcome}`
  })
  return `${formatCount(outcomes.length, 'cookie')}: ${counts.join(', ')}`
}
