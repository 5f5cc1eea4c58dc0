import { describe, expect, it } from 'vitest'
import { declarationsIn, type Declaration } from '../support/declarations.ts'
import { entries, readBuilt, reachedFrom, resolveImport } from '../support/package.ts'

describe.each([...entries])('every name that %s exports', (_name, { types }) => {
  const exported = exportedFrom(types)

  it('has a doc comment, and so does each of its members', () => {
    expect(exported).not.toEqual([])
    const undocumented = exported.flatMap(({ name, doc, members }) => [
      ...(doc === null ? [name] : []),
      ...members.filter((member) => member.doc === null).map((member) => `${name}.${member.name}`),
    ])

    expect(undocumented).toEqual([])
  })

  it('has a default for each option that may be left out', () => {
    const undocumented = exported.flatMap(({ name, members }) =>
      members
        .filter((member) => name.endsWith('Options') && member.isOptional && !/@default \S/.test(member.doc ?? ''))
        .map((member) => `${name}.${member.name}`),
    )

    expect(undocumented).toEqual([])
  })

  it('names the unit of each duration and instant', () => {
    const units = /second|millisecond/
    const undocumented = exported.flatMap(({ name, doc, members }) =>
      members
        .filter((member) => /(?:Timeout|After|For|At|Until|seconds|now)$/i.test(member.name) && member.isNumber)
        .filter((member) => !units.test(`${doc} ${member.doc}`))
        .map((member) => `${name}.${member.name}`),
    )

    expect(undocumented).toEqual([])
  })
})

it.each([
  ['SojournErrorCode', /'(ERR_\w+)'/g],
  ['Outcome', /'([a-z-]+)'/g],
])('%s lists each of its words in a table', (name, words) => {
  const file = [...reachedFrom(entries.get('sojourn')!.types)].find((each) =>
    readBuilt(each).includes(`export type ${name} =`),
  )!
  const text = readBuilt(file)
  const doc = declarationsIn(text).find((declaration) => declaration.name === name)?.doc ?? ''
  const union = new RegExp(`export type ${name} = ([^;]*);`).exec(text)?.[1] ?? ''
  const found = [...union.matchAll(words)].map(([, word]) => word!)

  expect(found.length).toBeGreaterThan(5)
  expect(found.filter((word) => !new RegExp(`\\|[^|]*\`${word}\`[^|]*\\|`).test(doc))).toEqual([])
})

/** The declarations of what a file exports, its own and those that it hands on. */
function exportedFrom(file: string): Declaration[] {
  const text = readBuilt(file)
  const own = declarationsIn(text).filter(({ isExported }) => isExported)
  const handedOn = [...text.matchAll(/^export (?:type )?\{([^}]*)\}/gm)].flatMap(([, names = '']) =>
    namesIn(names).map((name) => declarationOf(name, file, text)),
  )
  return [...own, ...handedOn]
}

/** A name that a file imports or exports; without a doc if its declaration is not found, so that the test reports it. */
function declarationOf(name: string, file: string, text: string): Declaration {
  const lists = text.matchAll(/^(?:import|export) (?:type )?\{([^}]*)\} from '([^']+)'/gm)
  const [, , specifier] = [...lists].find(([, names = '']) => namesIn(names).includes(name)) ?? []
  const found = specifier === undefined ? declarationsIn(text) : exportedFrom(resolveImport(file, specifier))
  return found.find((each) => each.name === name) ?? { name, isExported: true, doc: null, members: [] }
}

const namesIn = (list: string): string[] => list.match(/\w+(?=\s*(?:,|$))/g) ?? []
