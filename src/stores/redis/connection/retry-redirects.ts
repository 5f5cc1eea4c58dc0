/**
 * Asks again where a client hands on that a key has moved, as they do while servers do not agree yet on where to. That is
 * told before anything is done.
 *
 * @param delayMs for how long to wait before the second time, in milliseconds; twice as long before each that follows
 */
export async function retryRedirects<Value>(call: () => Promise<Value>, delayMs = 25): Promise<Value> {
  try {
    return await call()
  } catch (error) {
    if (delayMs > 1600 || !/\b(?:Moved|Ask):|\b(?:MOVED|ASK) \d/.test(String(error))) throw error
    await new Promise((resolve) => setTimeout(resolve, delayMs))
    return retryRedirects(call, 2 * delayMs)
  }
}
