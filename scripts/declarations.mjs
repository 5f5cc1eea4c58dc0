import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const repository = join(import.meta.dirname, '..')

/** The entries of package.json, with the declarations that each exports. */
export function exportedEntries() {
  const { exports } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8'))
  return Object.entries(exports).flatMap(([name, entry]) =>
    typeof entry === 'string' ? [] : [{ name: `sojourn${name.slice(1)}`, declarations: exportedFrom(entry.types) }],
  )
}

function exportedFrom(file) {
  const text = readFileSync(join(repository, file), 'utf8')
  const own = declarationsIn(text).filter(({ isExported }) => isExported)
  const lists = [...text.matchAll(/^(?:import|export) (?:type )?\{([^}]*)\}(?: from '([^']+)')?/gm)]
  const handedOn = lists
    .filter(([line]) => line.startsWith('export'))
    .flatMap(([, names, from]) =>
      namesIn(names).flatMap((name) => {
        const specifier =
          from ?? lists.find(([, imported, path]) => path !== undefined && namesIn(imported).includes(name))?.[2]
        if (specifier === undefined) return []
        const source = join(dirname(file), specifier).replace(/(?<!\.d)\.ts$/, '.d.ts')
        return exportedFrom(source).filter((each) => each.name === name)
      }),
    )
  return [...own, ...handedOn]
}

const namesIn = (list) => list.match(/\w+(?=\s*(?:,|$))/g) ?? []

/**
 * Reads the declarations of a `.d.ts` file as the compiler prints it: each starts a line, and members are indented by four.
 * Each has `name`, `kind`, `isExported`, `doc` and `members`; overloads are one declaration.
 */
export function declarationsIn(text) {
  const found = new Map()
  let last = []
  for (const line of linesOf(text)) {
    const declaration =
      /^(export )?(?:declare )?(?:abstract )?(?:async )?(function|const|let|class|interface|type|enum) (\w+)/.exec(
        line.text,
      )
    if (declaration === null) {
      last.push(line)
      continue
    }
    const [, isExported, kind, name] = declaration
    const former = found.get(name) // an overload
    last = former?.lines ?? []
    found.set(name, { kind, doc: former?.doc ?? line.doc, isExported: isExported !== undefined, lines: last })
  }
  return [...found].map(([name, { lines, ...rest }]) => ({ name, ...rest, members: membersOf(lines) }))
}

function membersOf(lines) {
  const members = new Map()
  for (const { text, doc } of lines) {
    const [, name, optional] = /^ {4}(?:(?:readonly|static|get|set|abstract) )*([\w$'~-]+)(\?)?[:(<]/.exec(text) ?? []
    if (name === undefined) continue
    const isNumber = /:[^()]*\bnumber\b/.test(text)
    const parameters = members.get(name)?.parameters ?? parametersOf(text)
    const isOptional = optional !== undefined
    members.set(name, { name, doc: members.get(name)?.doc ?? doc, isOptional, isNumber, parameters })
  }
  return [...members.values()]
}

/** The names of a method's parameters, such as `(userId, options)`; `''` for a property. */
function parametersOf(text) {
  const [, list] = /^ {4}\w+(?:<.*?>)?\((.*)$/.exec(text) ?? []
  if (list === undefined) return ''
  if (list.startsWith(')')) return '()'
  const names = [...list.matchAll(/(?:^|, )(\w+)\??:/g)].map(([, name]) => name)
  if (/(?:^|, )\{/.test(list)) names.push('options')
  return `(${names.join(', ')})`
}

/** The lines that are not a comment, each with the comment directly before it. */
function linesOf(text) {
  const lines = []
  let comment = []
  let isOpen = false
  for (const line of text.split('\n')) {
    if (isOpen || line.trimStart().startsWith('/**')) {
      comment = isOpen ? [...comment, line] : [line]
      isOpen = !line.includes('*/')
    } else if (line.trim() !== '') {
      lines.push({ text: line, doc: comment.length === 0 ? null : comment.join('\n') })
      comment = []
    }
  }
  return lines
}
