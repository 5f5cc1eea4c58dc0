import type { ServerResponse } from 'node:http'

const headerSetters = ['setHeader', 'setHeaders', 'appendHeader', 'removeHeader'] as const

/**
 * Makes a response behave as if its headers had left, although they wait for the commit: `headersSent` is true, and setting
 * a header throws. The returned function restores the response, and resets a status that was set meanwhile.
 */
export function freezeHeaders(response: ServerResponse, isEnded: () => boolean): () => void {
  const { statusCode } = response
  // An HTTP/2 response has no status message, and Node warns if it is read.
  const statusMessage = Object.hasOwn(response, 'statusMessage') ? response.statusMessage : ''
  const overrides: PropertyDescriptorMap = {
    headersSent: { configurable: true, get: () => true },
    writableEnded: { configurable: true, get: isEnded },
  }
  for (const name of headerSetters) overrides[name] = { configurable: true, value: throwHeadersSent }
  const originals = Object.keys(overrides).map(
    (name) => [name, Object.getOwnPropertyDescriptor(response, name)] as const,
  )
  Object.defineProperties(response, overrides)
  return () => {
    for (const [name, original] of originals) {
      Reflect.deleteProperty(response, name)
      if (original !== undefined) Object.defineProperty(response, name, original)
    }
    response.statusCode = statusCode
    if (Object.hasOwn(response, 'statusMessage')) response.statusMessage = statusMessage
  }
}

/** Makes a response ignore changes of its headers while `isIgnored` returns true. */
export function ignoreHeaderChanges(response: ServerResponse, isIgnored: () => boolean): void {
  for (const name of headerSetters) {
    const change = response[name] as (...values: unknown[]) => unknown
    response[name] = (...values: unknown[]): any => (isIgnored() ? response : change.apply(response, values))
  }
}

function throwHeadersSent(): never {
  throw headersSentError()
}

/** Creates the error that Node throws if headers are changed after they were sent. */
export function headersSentError(): Error {
  const message = 'Cannot change headers after they are sent to the client'
  return Object.assign(new Error(message), { code: 'ERR_HTTP_HEADERS_SENT' })
}
