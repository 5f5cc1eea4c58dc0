import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, expect, it } from 'vitest'
import { repository } from '../support/repository.ts'

const docs = readdirSync(join(repository, 'docs')).filter((file) => file.endsWith('.md'))
const files = [
  'README.md',
  'SECURITY.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  'examples/README.md',
  'organizer/README.md',
  ...docs.map((file) => `docs/${file}`),
]

describe.each(files)('%s', (file) => {
  it('names each column of its tables', () => {
    const heads = read(file).match(/^\|.*\|(?=\n\|[ :|-]+\|$)/gm) ?? []
    expect(heads.filter((head) => /\| *\|/.test(head))).toEqual([])
  })

  it('links to what there is', () => {
    expect(linksIn(read(file)).filter((link) => !leads(file, link))).toEqual([])
  })
})

describe('the package', () => {
  const pack = ['pack', '--dry-run', '--json', '--ignore-scripts']
  const output = execFileSync('npm', pack, { cwd: repository, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  const [packed] = Object.values(JSON.parse(output) as Record<string, { files: { path: string }[] }>)
  const paths = packed!.files.map(({ path }) => path)

  it.each(paths.filter((path) => path.endsWith('.md')))('has what %s links to', (file) => {
    // Pictures of the organizer on a phone are left out, because they would make the package half as large again.
    const links = linksIn(read(file)).filter((link) => file !== 'organizer/README.md' || !link.endsWith('-phone.png'))
    const targets = links
      .filter((link) => !isElsewhere(link))
      .map((link) => link.split('#', 1)[0]!)
      .filter((path) => path !== '')
      .map((path) => normalize(join(dirname(file), decodeURI(path))))
    expect(targets.filter((target) => !paths.some((path) => path === target || path.startsWith(`${target}/`)))).toEqual(
      [],
    )
  })

  it('is described by the first words of the README', () => {
    const { description } = JSON.parse(read('package.json')) as { description: string }
    const text = read('README.md').replaceAll('**', '').replace(/\s+/g, ' ')
    expect(text).toContain(`# Sojourn ${description.replace(/\.$/, '')}`)
  })
})

it('docs/compared.md names tests for each row, and each is there', () => {
  const rows = read('docs/compared.md').split(/^## /m).slice(1)
  expect(rows).toHaveLength(8)
  expect(rows.filter((row) => testsIn(row).length === 0)).toEqual([])
  expect(testsIn(read('docs/compared.md')).filter((test) => !isTest(test))).toEqual([])
})

it('SECURITY.md names tests for each promise, and each is there', () => {
  const promises = read('SECURITY.md').split('## What Sojourn assumes')[0]!.split(/^### /m).slice(1)
  expect(promises.length).toBeGreaterThan(9)
  expect(promises.filter((promise) => testsIn(promise).length === 0)).toEqual([])
  expect(testsIn(read('SECURITY.md')).filter((test) => !isTest(test))).toEqual([])
  expect(isTest('formats/no-such-test')).toBe(false)
})

it('the index of docs/ names every page', () => {
  const named = linksIn(read('docs/README.md'))
  expect(docs.filter((page) => page !== 'README.md' && !named.includes(page))).toEqual([])
})

it.each(docs)('docs/%s says in its first paragraph for whom it is', (page) => {
  const [, paragraph] = read(`docs/${page}`).split('\n\n')
  expect(paragraph).toMatch(/^(?:This page is for|Read this (?:if|to|before)) |^[^.]*\? Then this page is for you\. /)
})

it('reports a link that leads nowhere', () => {
  expect(leads('docs/README.md', 'first-steps.md#production')).toBe(true)
  expect(leads('README.md', '#no-such-heading')).toBe(false)
  expect(leads('docs/README.md', 'README.md#five-lines')).toBe(false)
  expect(leads('docs/README.md', 'no-such-page.md')).toBe(false)
  expect(linksIn('[a](b.md) <source srcset="c.png"> <img src="d.png" alt="">')).toEqual(['b.md', 'c.png', 'd.png'])
  expect(anchorsOf('## `remember`\n## 4,096 bytes\n## Still **there**? [Yes](x.md)\n## Two\n## Two')).toEqual([
    'remember',
    '4096-bytes',
    'still-there-yes',
    'two',
    'two-1',
  ])
})

/** Whether a link of a file leads somewhere: to a file, and to a heading of it where it names one. */
function leads(from: string, link: string): boolean {
  if (isElsewhere(link)) return true
  const [path = '', anchor] = link.split('#', 2)
  const target = path === '' ? from : normalize(join(dirname(from), decodeURI(path)))
  if (!existsSync(join(repository, target))) return false
  if (anchor === undefined) return true
  return !statSync(join(repository, target)).isDirectory() && anchorsOf(read(target)).includes(anchor)
}

function linksIn(text: string): string[] {
  const links = /\]\(<?([^)\s>]+)>?(?:\s+"[^"]*")?\)|\b(?:src|srcset|href)="([^"\s]+)/g
  return [...withoutCode(text).matchAll(links)].map(([, link, source]) => (link ?? source)!)
}

const isElsewhere = (link: string): boolean => /^(https?|mailto):/.test(link)

/** The paths, below `test/`, of the tests that a text names. */
function testsIn(text: string): string[] {
  return [...text.matchAll(/^(?:\*\*)?Tests:(.+(?:\n.+)*)/gm)].flatMap(([, line]) =>
    [...line!.matchAll(/`([^`]+)`/g)].map(([, name]) => name!),
  )
}

const isTest = (name: string): boolean =>
  ['.test.ts', '.ts', ''].some((ending) => existsSync(join(repository, 'test', `${name}${ending}`)))

/** The anchors of a page's headings, as GitHub makes them. */
function anchorsOf(text: string): string[] {
  const seen = new Map<string, number>()
  return [...text.replace(fences, '').matchAll(/^#{1,6} (.+?)\s*$/gm)].map(([, heading = '']) => {
    const plain = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    const anchor = plain
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\p{M}\s_-]/gu, '')
      .replace(/\s/g, '-')
    const times = seen.get(anchor) ?? 0
    seen.set(anchor, times + 1)
    return times === 0 ? anchor : `${anchor}-${times}`
  })
}

const fences = /^( *)```.*?^\1```$/gms

const withoutCode = (text: string): string => text.replace(fences, '').replace(/`[^`\n]+`/g, '')

function read(file: string): string {
  return readFileSync(join(repository, file), 'utf8')
}
