import { createVisitor } from '../check.mjs'

const minute = 60

/** Visits the Worker of docs/frameworks.md, and runs the suite of the store contract. */
export async function checkMore(base, checks) {
  await checkDocumented(base, checks)
  const names = await (await fetch(`${base}/suite`)).json()
  await runSuite(base, checks, names)
  // D1's clock alone orders a sign-in and `revokeAll`, and decides what comes too late.
  for (const ahead of [10 * minute, -10 * minute]) {
    await fetch(`${base}/ahead/${ahead}`)
    await runSuite(base, checks, names, /openedAt|opened before|opened half|in progress|too late/)
  }
}

/** Runs four checks at once: each has tables of its own. */
async function runSuite(base, { check }, names, pattern = /^/) {
  const left = [...names.entries()].filter(([, name]) => pattern.test(name))
  const runNext = async () => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      const [at, name] = next
      const response = await fetch(`${base}/suite/${at}`)
      check(name, response.status === 200, await response.text())
    }
  }
  await Promise.all([runNext(), runNext(), runNext(), runNext()])
}

async function checkDocumented(base, { check }) {
  const { visit } = createVisitor(base)
  const texts = [(await visit('/documented')).text, (await visit('/documented')).text]
  const isRight = texts.join('') === 'Visit 1 of a guest\nVisit 2 of a guest\n'
  check('the Worker of the page on frameworks works', isRight, texts)
}
