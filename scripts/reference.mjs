import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { exportedEntries } from './declarations.mjs'
import { docText, firstSentence, oneLine, table, tableIn } from './doc-text.mjs'

const repository = join(import.meta.dirname, '..')
const page = join(repository, 'docs/reference.md')

/** Creates docs/reference.md from the declarations in `dist`, so that the page cannot contradict the doc comments. */
export async function createReference() {
  const { explain } = await import(pathToFileURL(join(repository, 'dist/index.js')).href)
  const entries = exportedEntries()
  return (
    [
      introduction,
      `## Entries\n\n${entriesTable(entries)}`,
      `## Options\n\n${optionsText}\n\n${optionsTable(find(entries, 'sojourn', 'SessionsOptions'))}`,
      `### \`cookie\`\n\n${docText(find(entries, 'sojourn', 'CookieOptions').doc)}\n\n${optionsTable(find(entries, 'sojourn', 'CookieOptions'))}`,
      `## Options of other functions`,
      ...otherOptions(entries),
      `## Sessions\n\nThe result of \`createSessions\`.\n\n${membersTable(find(entries, 'sojourn', 'Sessions'))}`,
      `## Session\n\n${docText(find(entries, 'sojourn', 'Session').doc)}\n\n${membersTable(find(entries, 'sojourn', 'Session'))}`,
      `## Outcomes\n\n${outcomesText(find(entries, 'sojourn', 'Outcome').doc, explain)}`,
      `## Events\n\n${docText(find(entries, 'sojourn', 'SessionEvent').doc)}\n\n${eventsTable()}`,
      `## Errors\n\n${docText(find(entries, 'sojourn', 'SojournError').doc)}\n\n${tableIn(find(entries, 'sojourn', 'SojournErrorCode').doc)}`,
      `## Environment variables\n\n${docText(find(entries, 'sojourn/env', 'optionsFromEnv').doc)}`,
    ].join('\n\n') + '\n'
  )
}

const introduction = `# Reference

This page is for looking up a name: entries, options, methods, outcomes, events, errors and environment variables. It is
made from the doc comments (\`npm run reference\`), and a test fails if it is out of date. To learn how the parts work
together, start with [first steps](first-steps.md).`

const optionsText = `Options of \`createSessions(options)\`. All are optional. Durations are in seconds, at most ten years. An unknown option
or an invalid value throws \`ERR_OPTIONS\`. With \`schema\`, a [Standard Schema](data.md#a-schema), sessions check and type
their data.`

function find(entries, entry, name) {
  const found = entries.find((each) => each.name === entry).declarations.find((each) => each.name === name)
  if (found === undefined) throw new Error(`${entry} does not export ${name}`)
  return found
}

function entriesTable(entries) {
  const rows = entries.map(({ name, declarations }) => {
    const values = declarations.filter(({ kind }) => ['function', 'class', 'const'].includes(kind))
    return [`\`${name}\``, values.map((value) => `\`${value.name}\`: ${firstSentence(value.doc)}`).join('<br>')]
  })
  return table(['import', 'exports'], rows)
}

function otherOptions(entries) {
  const shown = ['SessionsOptions', 'CookieOptions', 'CreateOptions']
  return entries.flatMap(({ name, declarations }) =>
    declarations
      .filter((each) => each.name.endsWith('Options') && !shown.includes(each.name) && each.members.length > 0)
      .map((each) => `### \`${each.name}\` of \`${name}\`\n\n${docText(each.doc)}\n\n${optionsTable(each)}`),
  )
}

const optionsTable = ({ members }) =>
  table(
    ['option', 'default', 'meaning'],
    members.map(({ name, doc }) => {
      const [meaning, defaultValue = ''] = oneLine(doc).split(/\s*@default\s+/)
      return [`\`${name}\``, defaultValue, meaning]
    }),
  )

const membersTable = ({ members }) =>
  table(
    ['member', 'meaning'],
    members
      .filter(({ name, doc }) => doc !== null && !name.startsWith('['))
      .map(({ name, doc, parameters }) => [
        `\`${name}${parameters}\``,
        oneLine(doc)
          .replace(/\s*@param (\w+) /g, '<br>`$1`: ')
          .replace(/\s*@throws /g, '<br>Throws '),
      ]),
  )

function outcomesText(doc, explain) {
  const rows = tableIn(doc)
    .split('\n')
    .slice(2)
    .map((row) =>
      row
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
  const fixes = rows.flatMap(([words, meaning, handler]) => {
    const meanings = meaning.split('; ')
    const each = [...words.matchAll(/`([\w-]+)`/g)].map(([, word]) => word)
    return each.map((word, index) => [
      `\`${word}\``,
      each.length === 1 ? meaning : meanings[index],
      handler,
      explain(word).fix,
    ])
  })
  const after = docText(doc).split('\n\n').at(-1)
  return `\`session.outcome\` is one of these words. \`explain(outcome)\` returns a sentence and the fix.\n\n${table(['outcome', 'meaning', 'the handler gets', 'fix'], fixes)}\n\n${after}`
}

function eventsTable() {
  const text = readFileSync(join(repository, 'dist/core/events.d.ts'), 'utf8')
  const union = /export type SessionEvent =([^]*?)\n\};/.exec(text)[1]
  const rows = [
    ...union.matchAll(
      /\/\*\*([^]*?)\*\/\s*\|?\s*\{\s*(?:\/\*\*[^*]*\*\/\s*)?readonly type: ([^;]+);([^]*?)(?=\n\/\*\*|$)/g,
    ),
  ].map(([, doc, types, members]) => [
    [...types.matchAll(/'([\w-]+)'/g)].map(([, type]) => `\`${type}\``).join(', '),
    [...members.matchAll(/readonly (\w+)\??:/g)].map(([, name]) => `\`${name}\``).join(', '),
    oneLine(doc),
  ])
  return table(['type', 'members', 'meaning'], rows)
}

if (process.argv[1] === import.meta.filename) writeFileSync(page, await createReference())
