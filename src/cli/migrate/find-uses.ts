import { lstatSync, readdirSync, readFileSync } from 'node:fs'
import { extname, join } from 'node:path'

/** A line that loads a package. */
export interface Use {
  /** Relative to the folder, with `/`. */
  readonly file: string
  /** The first line is 1. */
  readonly line: number
  /** The line, without other texts in quotes: one may be a secret. */
  readonly text: string
}

/** A file of code with its text. */
export interface SourceFile {
  readonly path: string
  readonly text: string
}

const extensions = ['.ts', '.tsx', '.mts', '.cts', '.js', '.jsx', '.mjs', '.cjs', '.vue', '.svelte', '.astro']
const foldersOfOthers = ['node_modules', 'dist', 'build', 'out', 'coverage']
const maxFiles = 20_000
const maxFileBytes = 1_000_000

/** Reads the code in a folder: not what is installed, compiled or hidden, and no links. Throws beyond 20,000 files. */
export function* readSourceFiles(root: string): Generator<SourceFile> {
  const folders = ['']
  let count = 0
  while (folders.length > 0) {
    const folder = folders.pop()!
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`
      if (entry.isDirectory() && !entry.name.startsWith('.') && !foldersOfOthers.includes(entry.name))
        folders.push(path)
      if (!entry.isFile() || !extensions.includes(extname(entry.name))) continue
      if (++count > maxFiles)
        throw new RangeError(`There are more than ${maxFiles.toLocaleString('en')} files of code here.`)
      if (lstatSync(join(root, path)).size <= maxFileBytes) yield { path, text: readFileSync(join(root, path), 'utf8') }
    }
  }
}

/** Finds the lines that load a package when the program runs. Types stay as they are, so lines with types only do not count. */
export function findUses({ path, text }: SourceFile, packageName: string): readonly Use[] {
  if (!text.includes(packageName)) return []
  const name = packageName.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
  const loads = new RegExp(String.raw`(?:\bfrom|\bimport|\brequire)\s*\(?\s*(['"])${name}\1`)
  return text.split('\n').flatMap((line, at) => {
    const isComment = /^\s*(?:\/\/|\*)/.test(line)
    const isType = /^\s*(?:import|export)\s+type\b/.test(line) || /\btypeof\s+import\b/.test(line)
    return loads.test(line) && !isComment && !isType
      ? [{ file: path, line: at + 1, text: hideTexts(line.trim(), packageName) }]
      : []
  })
}

const hideTexts = (line: string, packageName: string): string =>
  line.replaceAll(/(['"`])(.*?)\1/g, (text, quote: string, content: string) =>
    content === packageName ? text : `${quote}…${quote}`,
  )
