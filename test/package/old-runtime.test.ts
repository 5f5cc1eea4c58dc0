import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { entries } from '../support/package.ts'
import { repository } from '../support/repository.ts'

/** Functions that the package uses and an older runtime lacks. A module that imports one of these by name does not load there. */
const absent = { 'node:crypto': ['hash', 'hkdfSync'], 'node:util': ['styleText'] }

const toUrl = (code: string) => `data:text/javascript,${encodeURIComponent(code)}`

/** Gives the package's own files the modules of an older runtime. */
const hooks = toUrl(`

const absent = ${JSON.stringify(absent)}
const withoutAbsent = (name) => 'data:text/javascript,' + encodeURIComponent(\`
  import whole from '\${name}'
  export const { \${Object.keys(process.getBuiltinModule(name)).filter((key) => !absent[name].includes(key))} } = whole
  export default { \${Object.keys(process.getBuiltinModule(name)).filter((key) => !absent[name].includes(key))} }\`)
export const resolve = (specifier, context, next) =>
  specifier in absent && context.parentURL?.includes('/dist/')
    ? { url: withoutAbsent(specifier), shortCircuit: true }
    : next(specifier, context)`)

const asOlderRuntime = toUrl(`import { register } from 'node:module'
register(${JSON.stringify(hooks)})
delete process.getBuiltinModule`)

const run = (...args: string[]) =>
  spawnSync(process.execPath, ['--no-warnings', '--import', asOlderRuntime, ...args], {
    cwd: repository,
    encoding: 'utf8',
  })

const sentence = `Error: Sojourn needs Node 20.19, Bun 1.3 or Deno 2.8, or a newer version. This is Node ${process.versions.node}: update it.`

// The adapters of frameworks are left out, because some frameworks are not installed here.
const names = ['env', 'express', 'fetch', 'flask', 'memory', 'node', 'postgres', 'redis', 'sqlite']

it.each(['sojourn', ...names.map((name) => `sojourn/${name}`)])(
  'an older runtime is named when a program imports %s first',
  (name) => {
    const files = [name, 'sojourn'].map((each) => join(repository, entries.get(each)!.default))
    const program = files.map((file) => `import ${JSON.stringify(file)}`).join('\n')
    const { status, stderr } = run('--input-type=module', '--eval', program)
    expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringContaining(sentence) as unknown })
  },
)

it('an older runtime is named by the command line', () => {
  const { status, stderr } = run('dist/cli/main.js', 'key')
  expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringContaining(sentence) as unknown })
})
