import { createVisitor, formOf } from '../check.mjs'
import { waitUntil } from '../../scripts/servers/wait-until.mjs'
import { checkDocumented, runSuite } from '../check-worker.mjs'

const minuteMs = 60_000

/** Runs the suite of the store contract, and visits the Worker while its objects fail. With sessions in cookies, or in Miniflare, neither. */
export async function checkMore(base, checks, store) {
  const names = await (await fetch(`${base}/suite`)).json()
  if (names.length === 0) return
  await checkDocumented(base, checks)
  // It runs the same workerd, where all else is checked.
  if (store === 'durable-object-in-miniflare') return
  await checkFaults(base, checks)
  await runSuite(base, checks, names)
  // The object's clock alone orders a sign-in and `revokeAll`. If it is ahead, the store repeats what seems late, with instants of that
  // clock. If it is behind, it also does what is late, so those checks are left out.
  await fetch(`${base}/ahead/${10 * minuteMs}`)
  await runSuite(base, checks, names, /openedAt|opened before|opened half|in progress|too late/)
  await fetch(`${base}/ahead/${-10 * minuteMs}`)
  await runSuite(base, checks, names, /openedAt|opened before|opened half|in progress/)
}

async function checkFaults(base, { check }) {
  const { visit } = createVisitor(base)
  await visit('/login', { form: formOf({ name: '42' }) })
  await visit('/fault/evict')
  await visit('/read')
  const moved = await visit('/read')
  check('a session outlives the memory of its object', moved.text === '42', moved)

  for (const fault of ['throw', 'hang']) {
    await visit(`/fault/${fault}`)
    for (const atOnce of [1, 1, 8]) {
      const startedAt = performance.now()
      const pages = await visitAtOnce(visit, atOnce)
      const seconds = (performance.now() - startedAt) / 1000
      const areRight = pages.every(({ status, set }) => status === 503 && set.length === 0)
      check(`a page is a 503 if objects ${fault}`, areRight, pages)
      check('… in time', seconds < 20, seconds) // an object hangs for a minute
    }
    await visit('/fault/none')
    // A store that is down is asked again after a second, by one request.
    const isIn = async () => (await visit('/read')).text === '42'
    await waitUntil(isIn, `the user is not in again after objects ${fault}`)
    const after = await visitAtOnce(visit, 8)
    const areIn = after.every(({ text }) => text === '42')
    check(`the user is in again after objects ${fault}`, areIn, after)
  }
}

const visitAtOnce = (visit, count) => Promise.all(Array.from({ length: count }, () => visit('/read')))
