/**
 * Repeats a call that failed with a redirect to another server. Clients follow redirects, but give up while the servers do
 * not agree yet where a slot moved. Repeating is safe, because a server redirects before it runs a command.
 *
 * @param delayMs the pause before the second call, in milliseconds; each later pause is twice as long
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
