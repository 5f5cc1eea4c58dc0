import { createInterface } from 'node:readline'
import { CommandError, readArguments } from '../arguments.ts'
import { createLineExaminer } from './decode-line.ts'
import { helpOf } from '../help.ts'
import { counted, paintFor, print } from '../terminal.ts'
import { reportForPrograms } from './report-json.ts'
import { reportForPeople } from './report-text.ts'
import { checkName, readSettings } from './settings.ts'

const known = {
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
  const { options, others } = readArguments('inspect', args, known)
  if (options.help) {
    await print(helpOf('inspect'))
    return 0
  }
  if (options.name !== undefined) checkName('--name', options.name)
  const cookies = cookiesOf(others)
  const settings = readSettings(options)
  const userKey = options['user-key'] ?? 'person_id'
  const examine = createLineExaminer(settings, { format: options.format, name: options.name, userKey })
  const reporting = { ...settings, show: options.show === true }
  const paint = paintFor(process.stdout)

  const outcomes: string[] = []
  for await (const { line, alone } of cookies) {
    const examined = await examine(line)
    outcomes.push(examined.outcome)
    if (options.json) {
      await print(`${reportForPrograms(examined, reporting)}\n`)
      continue
    }
    const report = reportForPeople(examined, reporting, paint)
    await print(alone ? report : `${paint.faint(`cookie ${outcomes.length}`)}\n${report}\n`)
  }
  if (outcomes.length === 0) throw new CommandError(2, `There is no cookie on standard input. ${howToUse}`)
  if (outcomes.length > 1 && !options.json) await print(`${summary(outcomes)}\n`)
  return outcomes.every((outcome) => outcome === 'active') ? 0 : 1
}

interface Line {
  readonly line: string
  /** Whether it is the only one. */
  readonly alone: boolean
}

const howToUse = "Use: npx sojourn inspect 'COOKIE', or one a line: npx sojourn inspect < cookies.txt"

/** The cookies that were given, checked before anything is done. */
function cookiesOf(given: readonly string[]): AsyncIterable<Line> | readonly Line[] {
  if (given.length > 1) {
    throw new CommandError(
      2,
      'inspect takes one cookie, in quotes. For several, one a line: npx sojourn inspect < cookies.txt',
    )
  }
  const [line] = given
  if (line?.trim() === '') throw new CommandError(2, `The cookie is empty. ${howToUse}`)
  if (line !== undefined) return [{ line, alone: true }]
  if (process.stdin.isTTY) throw new CommandError(2, `There is no cookie. ${howToUse}`)
  return linesOfInput()
}

/** The first is held back until it is known whether there are more. */
async function* linesOfInput(): AsyncIterable<Line> {
  let first: string | null = null
  let several = false
  for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
    if (line.trim() === '') continue
    if (first === null) {
      first = line
      continue
    }
    if (!several) yield { line: first, alone: false }
    several = true
    yield { line, alone: false }
  }
  if (first !== null && !several) yield { line: first, alone: true }
}

function summary(outcomes: readonly string[]): string {
  const counts = [...new Set(outcomes)].map((outcome) => {
    const count = outcomes.filter((each) => each === outcome).length
    return `${count.toLocaleString('en')} ${outcome}`
  })
  return `${counted(outcomes.length, 'cookie')}: ${counts.join(', ')}`
}
