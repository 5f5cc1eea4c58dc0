import { STATUS_CODES, type ServerResponse } from 'node:http'
import { SojournError } from '../../core/errors.ts'

/** The status that an error asks for, as those of this library do: 503 where a session cannot be told right now. */
export function errorStatus(error: unknown): number {
  const status = typeof error === 'object' && error !== null && 'status' in error ? error.status : undefined
  return typeof status === 'number' && status >= 400 && status <= 599 ? status : 500
}

/**
 * Answers with an error's status and no more, in place of what was to be sent. What is our own fault is told on the console.
 * Where the answer has begun, breaks it off, so that nobody takes the half for the whole; a complete one stands.
 */
export function answerError(response: ServerResponse, error: unknown): void {
  const status = errorStatus(error)
  if (status === 500) console.error(error)
  if (response.writableEnded) return
  if (response.headersSent) {
    response.destroy()
    return
  }
  for (const name of response.getHeaderNames()) response.removeHeader(name)
  response.statusCode = status
  // Not on a response of HTTP/2, which has none and warns about it.
  if (Object.hasOwn(response, 'statusMessage')) response.statusMessage = ''
  for (const [name, value] of Object.entries(errorHeaders(error))) response.setHeader(name, value)
  response.setHeader('Content-Type', 'text/plain; charset=utf-8')
  response.end(`${STATUS_CODES[status] ?? 'Error'}\n`)
}

function errorHeaders(error: unknown): Record<string, string> {
  return error instanceof SojournError ? { ...error.headers } : {}
}
