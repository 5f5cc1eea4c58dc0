import { createInterface } from 'node:readline'
import { CommandError, readArguments } from '../arguments.ts'
import { helpFor } from '../help.ts'
import { formatCount, paintFor, printText } from '../terminal.ts'
import { createLineDecoder } from './decode-line.ts'
import { formatJsonReport } from './report-json.ts'
import { formatTextReport } from './report-text.ts'
import { checkCookieName, readSettings } from './settings.ts'

const optionSpec = {
  format: { type: 'string' },
  name: { type: 'string' },
  audience: { type: 'string' },
  'user-key': { type: 'string' },
  'max-age': { type: 'string' },
  now: { type: 'string' },
  show: { type: 'boolean' },
  json: { type: 'boolean' },
} as const

/** `sojourn inspect`: reports the state of each cookie's session. Returns the exit code. */
export async function inspect(args: readonly string[]): Promise<number> {
  const { values: options, positionals } = readArguments('inspect', args, optionSpec)
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
  /** Whether there is only one line. */
  readonly isOnly: boolean
}

const usageHint = "Use: npx sojourn inspect 'COOKIE', or for one per line: npx sojourn inspect < cookies.txt"

/** Returns the cookies of the command line or of standard input. @throws CommandError if there is none, or more than one argument */
function readCookies(given: readonly string[]): AsyncIterable<Line> | readonly Line[] {
  if (given.length > 1) {
    throw new CommandError(
      2,
      'inspect takes one cookie, in quotes. For several, put one on each line: npx sojourn inspect < cookies.txt',
    )
  }
  const [line] = given
  if (line?.trim() === '') throw new CommandError(2, `The cookie is empty. ${usageHint}`)
  if (line !== undefined) return [{ line, isOnly: true }]
  if (process.stdin.isTTY) throw new CommandError(2, `There is no cookie. ${usageHint}`)
  return readInputLines()
}

/** Delays the first line until it is known whether others follow. */
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
