/**
 * Repeats a call if it failed with a redirect to another server. Clients follow redirects, but give up while the servers do
 * not agree yet where a slot moved. Repeating is safe, because a server redirects before it runs a command.
 *
 * @param error the error with which the call failed
 * @param delayMs the pause before the next call, in milliseconds; each later pause is twice as long
 */
export async function retryRedirects<Value>(call: () => Promise<Value>, error: unknown, delayMs = 25): Promise<Value> {
  if (delayMs > 1600 || !/\b(?:Moved|Ask):|\b(?:MOVED|ASK) \d/.test(String(error))) throw error
  await new Promise((resolve) => setTimeout(resolve, delayMs))
  try {
    return await call()
  } catch (nextError) {
    return retryRedirects(call, nextError, 2 * delayMs)
  }
}
