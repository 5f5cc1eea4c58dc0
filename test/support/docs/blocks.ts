import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { repository } from '../repository.ts'

/** A fenced block of a page. */
export interface Block {
  /** The place of the block: `docs/keys.md:12`, the line of its fence. */
  readonly name: string
  /** The language after the fence, such as `ts`; `''` for none. */
  readonly language: string
  readonly text: string
}

/** A page of the documentation. */
export interface Page {
  /** From the root of the repository. */
  readonly path: string
  readonly text: string
  readonly blocks: readonly Block[]
}

/** The README and all pages of docs/. */
export async function documentation(): Promise<Page[]> {
  const docs = (await readdir(join(repository, 'docs'))).filter((file) => file.endsWith('.md')).toSorted()
  return Promise.all(['README.md', ...docs.map((file) => `docs/${file}`)].map(readPage))
}

/** Reads one page. */
export async function readPage(path: string): Promise<Page> {
  const text = await readFile(join(repository, path), 'utf8')
  return { path, text, blocks: blocksIn(path, text) }
}

function blocksIn(path: string, text: string): Block[] {
  const blocks: Block[] = []
  let open: { line: number; language: string; indent: number; lines: string[] } | null = null
  for (const [index, line] of text.split('\n').entries()) {
    const [, indent, language] = /^( *)```(.*)$/.exec(line) ?? []
    if (open === null && indent !== undefined) {
      open = { line: index + 1, language: language ?? '', indent: indent.length, lines: [] }
    } else if (open !== null && indent !== undefined) {
      blocks.push({ name: `${path}:${open.line}`, language: open.language, text: open.lines.join('\n') })
      open = null
    } else open?.lines.push(line.slice(open.indent))
  }
  if (open !== null) throw new Error(`${path}:${open.line} opens a block that nothing closes`)
  return blocks
}
