import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const repository = join(import.meta.dirname, '..')

/** Words that are not used in the project's texts, each with what to write in its place. */
const avoided = [
  [/\bwhoever\b/i, 'users, you, the client'],
  [/\b(?:nobody|somebody)\b/i, 'no user, users, you, anyone'],
  [/\b(?:is|are|be|was|were|been) told\b/i, 'reports, logs, returns, shows'],
  [/\bcannot be told\b/i, 'is unknown'],
  [/\bjudge[sd]?\b|\bverdict\b/i, 'checks, decides, result'],
  [/\btaken in\b(?! the| a\b)|\btakes (?:it|them|sessions?) in\b/i, 'adopts, creates from the cookie'],
  [/\bgo(?:es)? on\b/i, 'continues'],
  [/[,(]\s?save (?:that|for|from|in|the|another)\b/i, 'except'],
  [/\bstays? put\b/i, 'is not changed'],
  [/\bbegun\b|\banew\b/i, 'started, again, a new one'],
  [/\bkey of development\b/i, 'the development key'],
  [/\blikewise\b/i, 'the value itself'],
  [/\bby and by\b|\bof account\b|\bthe faces of\b/i, 'a plain word'],
  [/\bhas to be\b/i, 'must be'],
]

/** The avoided words and free relative clauses of a text: `{ line, found, instead }` each. Code is not searched. */
export function findAvoidedWords(text) {
  const lines = withoutCode(text).split('\n')
  const words = lines.flatMap((line, index) =>
    avoided.flatMap(([pattern, instead]) => {
      const found = pattern.exec(line)?.[0]
      return found === undefined ? [] : [{ line: index + 1, found, instead }]
    }),
  )
  return [...words, ...relativeStarts(lines)].toSorted((one, other) => one.line - other.line)
}

/** Sentences that begin with What, Who or Whoever, and do not ask. A heading may. */
function relativeStarts(lines) {
  const text = '\n\n' + lines.map((line) => (line.startsWith('#') ? '.' : line)).join('\n')
  const start =
    /(?:^|(?<=[.!?:|] )|(?<=[.!?:|]\n)|(?<=\n[ ]*(?:[-*]|\d+\.) )|(?<=\n\n)|(?<=\*\*))(?:What|Who|Whoever|Whose|Whom)\b/g
  return [...text.matchAll(start)].flatMap(({ index }) => {
    const [sentence] = /^[^.!?|]*[.!?|]?/.exec(text.slice(index))
    if (sentence.endsWith('?')) return []
    const line = text.slice(0, index).split('\n').length - 2
    return [{ line, found: sentence.slice(0, 40).replace(/\s+/g, ' '), instead: 'the noun itself as the subject' }]
  })
}

const blank = (match) => match.replace(/[^\n]/g, '')

/** Markdown without fenced blocks, code in a line, and links' addresses; lines keep their number. */
function withoutCode(text) {
  return text
    .replace(/^( *)```.*?^\1```$/gms, blank)
    .replace(/`[^`\n]+`/g, '`')
    .replace(/\]\([^)]*\)/g, ']')
}

/** The doc comments of a source file; other lines are empty. */
export function docComments(source) {
  const kept = [...source].map((character) => (character === '\n' ? '\n' : ' '))
  for (const { index, 0: comment } of source.matchAll(/\/\*\*[^]*?\*\//g)) {
    kept.splice(index, comment.length, ...comment.replace(/^\s*\/?\*+\/?/gm, (star) => star.replace(/[*/]/g, ' ')))
  }
  return kept.join('')
}

/** The strings of a source file, and its text in JSX; other characters are blank. */
export function stringsOf(source) {
  const code = source.replace(/\/\*[^]*?\*\/|(?<!:)\/\/.*/g, blank)
  const kept = [...code].map((character) => (character === '\n' ? '\n' : ' '))
  // Text without a space is a name.
  for (const { index, 0: text } of code.matchAll(
    /'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`[^`]*`|(?<=>)[^<>{}=;]+(?=<|\{)/g,
  )) {
    if (!text.trim().includes(' ')) continue
    // A string alone is a paragraph.
    kept.splice(index, text.length, ...text.replace(/^['"`]|['"`]$/g, '|').replaceAll('`', ' '))
  }
  return kept.join('')
}

/** The texts of the project: pages, doc comments of the library, and strings of the organizer and the command line. */
export function projectTexts() {
  const pages = [
    'README.md',
    'SECURITY.md',
    'CONTRIBUTING.md',
    'CHANGELOG.md',
    'examples/README.md',
    'organizer/README.md',
  ]
  const docs = readdirSync(join(repository, 'docs')).filter((file) => file.endsWith('.md'))
  const sources = filesIn('src').filter((file) => file.endsWith('.ts'))
  return [
    ...[...pages, ...docs.map((file) => `docs/${file}`)].map((file) => ({ file, text: read(file) })),
    ...sources.map((file) => ({ file, text: docComments(read(file)) })),
    ...[...filesIn('organizer/src'), ...filesIn('examples').filter((file) => file.endsWith('.mjs'))].map((file) => ({
      file,
      text: stringsOf(read(file)),
    })),
    ...sources.filter((file) => file.startsWith('src/cli/')).map((file) => ({ file, text: stringsOf(read(file)) })),
  ]
}

const filesIn = (folder) =>
  readdirSync(join(repository, folder), { recursive: true, withFileTypes: true }).flatMap((entry) =>
    entry.isFile() ? join(entry.parentPath, entry.name).slice(repository.length + 1) : [],
  )

const read = (file) => readFileSync(join(repository, file), 'utf8')

if (process.argv[1] === import.meta.filename) {
  const found = projectTexts().flatMap(({ file, text }) => findAvoidedWords(text).map((each) => ({ file, ...each })))
  for (const { file, line, found: words, instead } of found)
    console.log(`${file}:${line}: "${words}": write ${instead}`)
  process.exitCode = found.length === 0 ? 0 : 1
}
