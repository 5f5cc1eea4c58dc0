/** The text of a doc comment, without its examples and tags. */
export function docText(doc) {
  const text = unwrapped(doc)
    .replace(/\n@[^]*$/, '')
    .trim()
  return text.replace(/^@\w+[^]*$/, '')
}

/** A doc comment as one line, for a cell of a table. Lists become sentences. */
export const oneLine = (doc) =>
  unwrapped(doc)
    .replace(/@example[^]*$/, '')
    .replace(/\s*\n- /g, '<br>')
    .replace(/\s+/g, ' ')
    .trim()

/** The first sentence of a doc comment. */
export const firstSentence = (doc) => /^.*?\.(?=\s|$)/.exec(oneLine(doc))?.[0] ?? oneLine(doc)

/** The rows of the table in a doc comment. */
export const tableIn = (doc) =>
  unwrapped(doc)
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .join('\n')

const unwrapped = (doc) =>
  (doc ?? '')
    .replace(/^\s*\/\*\*|\*\/\s*$/g, '')
    .replace(/^[ \t]*\* ?/gm, '')
    .replace(/\{@link (\w+)\}/g, '`$1`')
    .trim()

/** A table in Markdown. Each row is a list of cells. */
export const table = (head, rows) =>
  [head, head.map(() => '---'), ...rows]
    .map((cells) => `| ${cells.map((cell) => cell.replace(/(?<!\\)\|/g, '\\|')).join(' | ')} |`)
    .join('\n')
