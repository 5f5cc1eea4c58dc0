// Stands for vitest in workerd: collects the tests of a file, and runs them one after another. `expect` and `vi` are vitest's own.
import { chai, customMatchers, JestAsymmetricMatchers, JestChaiExpect, JestExtend, setState } from '@vitest/expect'
import { restoreAllMocks, spyOn } from '@vitest/spy'
export { expectTypeOf } from 'expect-type'
import { format } from 'node:util'

for (const plugin of [JestExtend, JestChaiExpect, JestAsymmetricMatchers]) chai.use(plugin)

export const { expect } = chai
expect.extend(expect, customMatchers)
export const vi = { restoreAllMocks, spyOn }

/** The tests that cannot pass here, by a part of their names. */
const left = [
  'refuses a megabyte within 50 ms', // workerd has no process.cpuUsage
  'the diagnostics channel publishes the same events', // hasSubscribers is a function in workerd
  'a listener that throws is a warning', // workerd has no process.emitWarning
  'a listener that rejects is reported as a warning',
  'shows no value and no secret, at any depth', // its console.log shows the length of each array
]

const createGroup = (name) => ({
  name,
  tests: [],
  hooks: { beforeAll: [], beforeEach: [], afterEach: [], afterAll: [] },
})

let groups = [createGroup('')]

/** Loads a file of tests and runs them. Resolves to their number, and to the failures. */
export async function runFile(load) {
  const all = createGroup('')
  groups = [all]
  await load()
  return runGroup(all, [])
}

async function runGroup(group, outer) {
  const line = [...outer, group]
  const results = { passed: 0, failures: [] }
  for (const hook of group.hooks.beforeAll) await hook()
  for (const { name, run, group: inner } of group.tests) {
    if (inner !== undefined) {
      const { passed, failures } = await runGroup(inner, line)
      results.passed += passed
      results.failures.push(...failures)
    } else {
      const failure = await runTest(run, line)
      if (failure === null) results.passed++
      else results.failures.push(`${[...line.map((each) => each.name), name].filter(Boolean).join(' › ')}: ${failure}`)
    }
  }
  for (const hook of group.hooks.afterAll) await hook()
  return results
}

/** Resolves to the message of the failure, or to `null`. */
async function runTest(run, line) {
  setState({ assertionCalls: 0, isExpectingAssertions: false, testPath: '', currentTestName: '' }, expect)
  try {
    for (const { hooks } of line) for (const hook of hooks.beforeEach) await hook()
    await run()
    return null
  } catch (error) {
    return `${error?.stack ?? error}${error?.cause ? `\n${error.cause.stack}` : ''}`
  } finally {
    for (const { hooks } of line.toReversed()) for (const hook of hooks.afterEach) await hook()
  }
}

const addHook = (kind) => (hook) => void groups.at(-1).hooks[kind].push(hook)
export const beforeAll = addHook('beforeAll')
export const beforeEach = addHook('beforeEach')
export const afterEach = addHook('afterEach')
export const afterAll = addHook('afterAll')

export const it = withEach((name, run) => {
  if (!left.some((part) => name.startsWith(part))) groups.at(-1).tests.push({ name, run })
})
export const describe = withEach((name, define) => {
  const group = createGroup(name)
  groups.at(-1).tests.push({ name, group })
  groups.push(group)
  define()
  groups.pop()
})

/** Adds `each` and `skipIf`. A test may have options between its name and its function. */
function withEach(add) {
  const addWithOptions = (name, ...rest) =>
    add(
      name,
      rest.find((part) => typeof part === 'function'),
    )
  return Object.assign(addWithOptions, {
    skipIf: (isSkipped) => (isSkipped ? () => {} : addWithOptions),
    each:
      (rows) =>
      (name, ...rest) => {
        const run = rest.find((part) => typeof part === 'function')
        for (const row of rows) {
          const values = Array.isArray(row) ? row : [row]
          add(format(name, ...values), () => run(...values))
        }
      },
  })
}
