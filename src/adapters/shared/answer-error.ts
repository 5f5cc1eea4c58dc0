import { STATUS_CODES, type ServerResponse } from 'node:http'
import { SojournError } from '../../core/errors.ts'

/** Returns the error's own `status` if it is 400–599, else 500. `ERR_SESSION_UNAVAILABLE` has 503. */
export function errorStatus(error: unknown): number {
  const status = typeof error === 'object' && error !== null && 'status' in error ? error.status : undefined
  return typeof status === 'number' && status >= 400 && status <= 599 ? status : 500
}

const errorAnswers = new WeakSet<ServerResponse>()

/** Whether `answerError` sends this response. */
export const isErrorAnswer = (response: ServerResponse): boolean => errorAnswers.has(response)

/**
 * Sends an error's status and a short text instead of the handler's response. Logs the error if the status is 500.
 *
 * If headers have left, destroys the connection, so that no client takes a partial response for a complete one. Does nothing
 * if the response has ended.
 */
export function answerError(response: ServerResponse, error: unknown): void {
  const status = errorStatus(error)
  if (status === 500) console.error(error)
  if (response.writableEnded) return
  if (response.headersSent) {
    response.destroy()
    return
  }
  errorAnswers.add(response)
  for (const name of response.getHeaderNames()) response.removeHeader(name)
  response.statusCode = status
  // An HTTP/2 response has no status message, and Node warns if it is set.
  if (Object.hasOwn(response, 'statusMessage')) response.statusMessage = ''
  for (const [name, value] of Object.entries(errorHeaders(error))) response.setHeader(name, value)
  response.setHeader('Content-Type', 'text/plain; charset=utf-8')
  response.end(`${STATUS_CODES[status] ?? 'Error'}\n`)
}

function errorHeaders(error: unknown): Record<string, string> {
  return error instanceof SojournError ? { ...error.headers } : {}
}
