import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const repository = join(import.meta.dirname, '..')
/** This file, which lists the words. */
const self = 'scripts/check-english.mjs'

/** Words that are not used in the project's texts, each with what to write in its place. */
const avoided = [
  [/\bwhoever\b/i, 'users, you, the client'],
  [/\b(?:nobody|somebody)\b/i, 'users, you, anyone; or the server as the subject'],
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
  [/\btells\b/i, 'reports, logs, returns, shows'],
  [/\btheirs\b/i, 'the other library, of these users'],
  [/\bcarr(?:ied|ies)\b(?! out)/i, 'contains, kept in the cookie'],
  [/\bstands\b(?! for|[ -]still)/i, 'is, remains'],
  [/\b(?:is|are) to (?!this\b|the\b|an?\b)\w/i, 'must'],
  [/, since \w/i, 'because'],
  [/\|\s*none\s*\|/i, 'the value itself: 0, not set'],
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

/** Sentences that begin with a relative clause, and do not ask. A heading may. */
function relativeStarts(lines) {
  const text = lines.map((line) => (line.startsWith('#') ? '|' : line)).join('\n')
  // The sentences, and after each what ends it.
  const parts = text.split(/(\||\*\*|\n\s*\n|\n\s*(?:[-*]|\d+\.) |[.!?:](?=[\s*"')]|$))/)
  const found = []
  let line = 1
  for (const [at, part] of parts.entries()) {
    const sentence = part.trim()
    if (at % 2 === 0 && /^(?:[-*] )?(?:What|Who|Whoever|Whose|Whom)\b/.test(sentence) && !asks(parts.slice(at + 1))) {
      const start = line + countLines(part) - countLines(part.trimStart())
      const words = sentence.slice(0, 40).replace(/\s+/g, ' ')
      found.push({ line: start, found: words, instead: 'the noun itself as the subject' })
    }
    line += countLines(part)
  }
  return found
}

/** Whether a sentence ends with a question mark, by the parts that follow it. It may have a colon. */
const asks = (parts) => parts.find((part, at) => at % 2 === 0 && part !== ':')?.trim() === '?'

const countLines = (text) => text.split('\n').length - 1

const blank = (match) => match.replace(/[^\n]/g, '')

/** Markdown without fenced blocks, code in a line, and links' addresses; lines keep their number. */
function withoutCode(text) {
  return text
    .replace(/^( *)```.*?^\1```$/gms, blank)
    .replace(/`[^`\n]+`/g, '`')
    .replace(/\]\([^)]*\)/g, ']')
}

/** The comments of a source file, each a paragraph; the rest is blank. Comments that follow code on a line are left out. */
export function commentsOf(source) {
  const kept = source.replace(/[^\n]/g, ' ').split('')
  for (const { index, 0: comment } of source.matchAll(/(?<=^|\{)[ \t]*\/\*[^]*?\*\/|(?:^[ \t]*\/\/.*\n?)+/gm)) {
    const text = comment.replace(/^[ \t]*(?:\/\*\*?|\*+\/?|\/\/)|\*\/$/gm, (marks) => marks.replace(/[*/]/g, ' '))
    kept.splice(index, comment.length, ...text.split(''))
    if (!comment.endsWith('\n')) kept[index + comment.length - 1] = '|'
  }
  return kept.join('')
}

/** The strings of a source file, and its text in JSX; other characters are blank. */
export function stringsOf(source) {
  const code = source.replace(/\/\*[^]*?\*\/|(?<!:)\/\/.*/g, blank)
  const kept = code.replace(/[^\n]/g, ' ').split('')
  // Text without a space is a name.
  for (const { index, 0: text } of code.matchAll(
    /'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`[^`]*`|(?<=[^\s=]>)[^<>{}=;]+(?=<|\{)/g,
  )) {
    if (!text.trim().includes(' ')) continue
    // A string alone is a paragraph, and so is a text of JSX.
    if (code[index - 1] === '>') kept[index - 1] = '|'
    kept.splice(
      index,
      text.length,
      ...text
        .replace(/^['"`]|['"`]$/g, '|')
        .replaceAll('`', ' ')
        .split(''),
    )
  }
  return kept.join('')
}

/** The texts of the project: pages, comments, and the strings of the organizer, the command line, the examples and the scripts. */
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
  const sources = ['src', 'organizer/src', 'organizer/public', 'examples', 'scripts'].flatMap(filesIn)
  const code = sources.filter((file) => /\.(?:[jt]sx?|cts|mjs|css)$/.test(file))
  const withStrings = code.filter((file) => !/\.css$|^src\/(?!cli\/)/.test(file) && file !== self)
  return [
    ...[...pages, ...docs.map((file) => `docs/${file}`)].map((file) => ({ file, text: read(file) })),
    ...code.map((file) => ({ file, text: commentsOf(read(file)) })),
    ...withStrings.map((file) => ({ file, text: stringsOf(read(file)) })),
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
