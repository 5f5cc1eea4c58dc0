/** Runs the suite of the store contract, four checks at once: each has tables of its own. */
export async function checkMore(base, { check }) {
  const names = await (await fetch(`${base}/suite`)).json()
  const left = [...names.entries()]
  const runNext = async () => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      const [at, name] = next
      const response = await fetch(`${base}/suite/${at}`)
      check(name, response.status === 200, await response.text())
    }
  }
  await Promise.all([runNext(), runNext(), runNext(), runNext()])
}
