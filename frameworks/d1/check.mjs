const minute = 60

/** Runs the suite of the store contract. */
export async function checkMore(base, checks) {
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
