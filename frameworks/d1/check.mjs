import { checkDocumented, runSuite } from '../check-worker.mjs'

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
