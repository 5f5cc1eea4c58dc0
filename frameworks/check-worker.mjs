// The checks that both stores for Cloudflare Workers have.
import { createVisitor } from './check.mjs'

/** Runs four checks at once: each has a store of its own. */
export async function runSuite(base, { check }, names, pattern = /^/) {
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

/** Visits the Worker of docs/frameworks.md. */
export async function checkDocumented(base, { check }) {
  const { visit } = createVisitor(base)
  const texts = [(await visit('/documented')).text, (await visit('/documented')).text]
  const isRight = texts.join('') === 'Visit 1 of a guest\nVisit 2 of a guest\n'
  check('the Worker of the page on frameworks works', isRight, texts)
}
