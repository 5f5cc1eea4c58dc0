// Checks how the files of src depend on each other, and how long files and functions are: `npm run lint` runs it. The linter checks which folder may import
// which (.oxlintrc.json). It sees one file at a time, so circles and the list of files at the root are checked here.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const rootFiles = ['env.ts', 'index.ts', 'options.ts', 'sessions.ts']

/** Returns one line for each problem. Imports of types count, because they bind files together for a reader as well. */
export function checkLayout(src) {
  const imports = readImports(src)
  const files = [...imports.keys()]
  const unlisted = files.filter((file) => !file.includes('/') && !rootFiles.includes(file))
  return [
    ...unlisted.map((file) => `src/${file}: only ${rootFiles.join(', ')} are at the root of src. Move it to a folder.`),
    ...findCircles(imports).map((circle) => `Files import each other in a circle: ${circle.join(' → ')}`),
    ...findFolderCircles(imports).map((circle) => `Folders import each other in a circle: ${circle.join(' → ')}`),
  ]
}

/** Folders whose files and functions are kept short. Tests and the suites that they call may be longer. */
const shortFolders = ['src', 'organizer/src', 'organizer/test/support', 'scripts', 'bench', 'test/support']
const maxFileLines = 150
const maxFunctionLines = 60

/** Returns one line for each file that is too long, and for each long function without a reason. Comments do not count. */
export function checkLength(root) {
  const files = shortFolders.flatMap((folder) => listCode(root, folder))
  return files.flatMap((file) => {
    const text = readFileSync(join(root, file), 'utf8')
    const lines = countCode(text)
    const isLong = lines > maxFileLines
    return [
      ...(isLong ? [`${file} has ${lines} lines of code. Split it: ${maxFileLines} are allowed.`] : []),
      ...findLongFunctions(text).map(
        (name) =>
          `${file}: ${name} has over ${maxFunctionLines} lines. Split it, or say above it why it is one function.`,
      ),
    ]
  })
}

/** Lists the code of a folder, without its packages: one of them may be a link to this repository. */
function listCode(root, folder) {
  if (!existsSync(join(root, folder))) return []
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : listCode(root, path)
    return entry.isFile() && /\.(ts|tsx|mjs)$/.test(entry.name) ? [path] : []
  })
}

/** Counts lines that are neither empty nor only a comment. */
function countCode(text) {
  const lines = text.replaceAll(/^\s*\/\*[^]*?\*\/$/gm, '').split('\n')
  return lines.filter((line) => !/^\s*(\/\/|$)/.test(line)).length
}

/** The names of functions at the top of a file that are long and whose comment gives no reason. */
function findLongFunctions(text) {
  const functions = text.matchAll(/^(?:export )?(?:default )?(?:async )?function\*? (\w+)[^]*?^}$/gm)
  return [...functions].flatMap(({ 0: code, 1: name, index }) => {
    const [comment] = /(?:(?:\/\*\*(?:(?!\*\/)[^])*\*\/|\/\/.*)\n)*$/.exec(text.slice(0, index)) ?? ['']
    return countCode(code) > maxFunctionLines && !/\bone (function|closure)\b/i.test(comment) ? [name] : []
  })
}

/** The files of a folder, each with the files that it imports or loads. */
function readImports(src) {
  const files = readdirSync(src, { recursive: true }).filter((file) => file.endsWith('.ts'))
  return new Map(
    files.map((file) => {
      const text = readFileSync(join(src, file), 'utf8')
      const specifiers = [...text.matchAll(/(?:\bfrom|\bimport\(|^import)\s*'(\.[^']+)'/gm)]
      return [file, specifiers.map(([, specifier]) => relative(src, join(src, dirname(file), specifier)))]
    }),
  )
}

/** Folders at each depth of src. Circles of files alone are found without them. */
function findFolderCircles(imports) {
  const circles = [1, 2, 3].flatMap((depth) => findCircles(importsOfFolders(imports, depth)))
  const withFolder = circles.filter((circle) => circle.some((place) => !place.endsWith('.ts')))
  return [...new Map(withFolder.map((circle) => [circle.join(), circle])).values()]
}

/** The imports of folders at a depth of src. A file that is less deep counts as a folder of its own. */
function importsOfFolders(imports, depth) {
  const folderOf = (file) => file.split('/').slice(0, depth).join('/')
  const folders = new Map()
  for (const [file, imported] of imports) {
    const others = imported.map(folderOf).filter((folder) => folder !== folderOf(file))
    folders.set(folderOf(file), [...new Set([...(folders.get(folderOf(file)) ?? []), ...others])])
  }
  return folders
}

/** One circle through each place that closes one, as the places on the way. */
function findCircles(imports) {
  const circles = []
  const done = new Set()
  const path = []
  const visit = (node) => {
    if (path.includes(node)) return circles.push([...path.slice(path.indexOf(node)), node])
    if (done.has(node)) return
    path.push(node)
    for (const next of imports.get(node) ?? []) visit(next)
    path.pop()
    done.add(node)
  }
  for (const node of imports.keys()) visit(node)
  return circles
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = fileURLToPath(new URL('..', import.meta.url))
  const problems = [...checkLayout(join(root, 'src')), ...checkLength(root)]
  for (const problem of problems) console.error(problem)
  if (problems.length > 0) process.exitCode = 1
}
