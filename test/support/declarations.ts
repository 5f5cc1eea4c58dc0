/** A declaration of a `.d.ts` file. */
export interface Declaration {
  readonly name: string
  readonly isExported: boolean
  /** The comment in front of it, or `null`. */
  readonly doc: string | null
  /** Of an interface, a class, or an object type; without private members. */
  readonly members: readonly Member[]
}

/** A member of a declaration, accessors and overloads of a name being one. */
export interface Member {
  readonly name: string
  readonly doc: string | null
  readonly isOptional: boolean
  /** Whether it is, or may be, a number. */
  readonly isNumber: boolean
}

interface Line {
  readonly text: string
  readonly doc: string | null
}

/** The declarations of a file as the compiler prints it: each begins a line, and each member is indented by four. */
export function declarationsIn(text: string): Declaration[] {
  const found = new Map<string, { doc: string | null; isExported: boolean; lines: Line[] }>()
  let last: Line[] = []
  for (const line of linesOf(text)) {
    const declaration =
      /^(export )?(?:declare )?(?:abstract )?(?:async )?(?:function|const|let|class|interface|type|enum) (\w+)/.exec(
        line.text,
      )
    if (declaration === null) {
      last.push(line)
      continue
    }
    const [, isExported, name = ''] = declaration
    const former = found.get(name) // an overload
    last = former?.lines ?? []
    found.set(name, { doc: former?.doc ?? line.doc, isExported: isExported !== undefined, lines: last })
  }
  return [...found].map(([name, { doc, isExported, lines }]) => ({ name, isExported, doc, members: membersOf(lines) }))
}

function membersOf(lines: readonly Line[]): Member[] {
  const members = new Map<string, Member>()
  for (const { text, doc } of lines) {
    const [, name, optional] = /^ {4}(?:(?:readonly|static|get|set|abstract) )*([\w$'~-]+)(\?)?[:(<]/.exec(text) ?? []
    if (name === undefined) continue
    const isNumber = /:[^()]*\bnumber\b/.test(text)
    members.set(name, { name, doc: members.get(name)?.doc ?? doc, isOptional: optional !== undefined, isNumber })
  }
  return [...members.values()]
}

/** The lines that are no comment, each with the comment right in front of it. */
function linesOf(text: string): Line[] {
  const lines: Line[] = []
  let comment: string[] = []
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
