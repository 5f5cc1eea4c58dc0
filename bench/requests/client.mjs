import autocannon from 'autocannon'
import { cookieHeader } from '../cookies.mjs'

/**
 * Sends `amount` GET requests. Each connection has its share of the visitors. Returns the latency of each request in
 * milliseconds.
 *
 * @param {readonly (string | undefined)[]} cookies of the visitors
 */
export async function sendRequests(url, cookies, amount, maxConnections = 16) {
  const connections = Math.min(maxConnections, amount)
  const latencies = []
  let next = 0
  const run = autocannon({
    url,
    amount,
    connections,
    sampleInt: 5, // it ends at a sample: by default there is one a second
    setupClient(client) {
      const first = next++
      const share = cookies.filter((_, index) => index % connections === first % cookies.length)
      client.setRequests(share.map((cookie) => ({ headers: cookie === undefined ? {} : { cookie } })))
    },
  })
  run.on('response', (_client, _status, _bytes, latency) => latencies.push(latency))
  const { non2xx, errors } = await run
  if (latencies.length !== amount || non2xx + errors > 0) {
    throw new Error(`GET ${url}: ${non2xx} failed and ${errors} errors in ${amount} requests`)
  }
  return latencies
}

/** Returns the `Cookie` headers of visitors with a session of that size. @param {string} url of the server */
export async function collectCookies(url, size, count) {
  const cookies = []
  const worker = async () => {
    while (cookies.length < count) {
      const response = await fetch(`${url}/begin/${size}`)
      await response.text()
      cookies.push(cookieHeader(response.headers.getSetCookie()))
    }
  }
  await Promise.all(Array.from({ length: 8 }, worker))
  return cookies.slice(0, count)
}
