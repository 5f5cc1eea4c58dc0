import { request, type Agent, type IncomingHttpHeaders } from 'node:http'
import { connect } from 'node:net'

/** A response as it came over the socket. */
export interface Got {
  status: number
  message: string
  headers: Headers
  body: string
  /** The statuses of what came before it, such as 103. */
  early: number[]
  /** Whether the connection had been used before. */
  reused: boolean
}

export interface Asking {
  method?: string
  cookie?: string | undefined
  headers?: IncomingHttpHeaders
  /** A text, or what is sent piece by piece. */
  body?: string | AsyncIterable<string>
  agent?: Agent | undefined
  signal?: AbortSignal
  /** Is called with each piece of the answer's body. */
  onChunk?: (text: string) => void
}

const timeoutMs = 30_000

/** Asks a server, with a connection of its own unless an agent is given. */
export function ask(port: number, path = '/', asking: Asking = {}): Promise<Got> {
  const { method = 'GET', cookie, headers = {}, body, agent, signal, onChunk } = asking
  return new Promise((resolve, reject) => {
    const early: number[] = []
    const sent = request({
      host: '127.0.0.1',
      port,
      path,
      method,
      agent: agent ?? false,
      headers: { ...headers, ...(cookie === undefined || cookie === '' ? {} : { Cookie: cookie }) },
      ...(signal === undefined ? {} : { signal }),
    })
    sent.setTimeout(timeoutMs, () => sent.destroy(new Error(`No answer to ${method} ${path} within ${timeoutMs} ms.`)))
    sent.on('error', reject)
    sent.on('information', ({ statusCode }) => early.push(statusCode))
    sent.on('response', (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        text += chunk
        onChunk?.(chunk)
      })
      response.on('error', reject)
      response.on('end', () =>
        resolve({
          status: response.statusCode!,
          message: response.statusMessage!,
          headers: headersOf(response.rawHeaders),
          body: text,
          early,
          reused: sent.reusedSocket,
        }),
      )
    })
    void write()
    async function write(): Promise<void> {
      if (typeof body === 'object') for await (const piece of body) sent.write(piece)
      sent.end(typeof body === 'string' ? body : undefined)
    }
  })
}

function headersOf(raw: readonly string[]): Headers {
  const headers = new Headers()
  for (let at = 0; at < raw.length; at += 2) headers.append(raw[at]!, raw[at + 1]!)
  return headers
}

/** Writes a text to a socket and resolves to so many answers, in the order in which they came. */
export function exchange(port: number, text: string, count: number): Promise<Omit<Got, 'early' | 'reused'>[]> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text))
    let received = ''
    socket.setEncoding('latin1')
    socket.setTimeout(timeoutMs, () => socket.destroy(new Error(`${timeoutMs} ms went by after: ${received}`)))
    socket.on('error', reject)
    socket.on('data', (chunk: string) => {
      received += chunk
      finish(false)
    })
    socket.on('close', () => finish(true))
    function finish(closed: boolean): void {
      const answers = readAnswers(received, closed)
      if (answers.length < count && !closed) return
      socket.destroy()
      if (answers.length === count) resolve(answers)
      else reject(new Error(`${answers.length} answers instead of ${count}: ${received}`))
    }
  })
}

/** The whole answers at the beginning of what was received. */
function readAnswers(received: string, closed: boolean): Omit<Got, 'early' | 'reused'>[] {
  const answers = []
  for (let rest = received; rest !== '';) {
    const end = rest.indexOf('\r\n\r\n')
    if (end === -1) break
    const [first = '', ...lines] = rest.slice(0, end).split('\r\n')
    const [, status = '', message = ''] = /^HTTP\/1\.1 (\d+) ?(.*)$/.exec(first) ?? []
    const headers = headersOf(lines.flatMap((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()])) // prettier-ignore
    const read = readBody(headers, rest.slice(end + 4), closed)
    if (read === null) break
    answers.push({ status: Number(status), message, headers, body: read.body })
    rest = read.rest
  }
  return answers
}

function readBody(headers: Headers, text: string, closed: boolean): { body: string; rest: string } | null {
  const length = headers.get('Content-Length')
  if (length !== null) {
    return text.length < Number(length)
      ? null
      : { body: text.slice(0, Number(length)), rest: text.slice(Number(length)) }
  }
  if (headers.get('Transfer-Encoding') !== 'chunked') return closed ? { body: text, rest: '' } : null
  let body = ''
  for (let at = 0; ;) {
    const line = text.indexOf('\r\n', at)
    if (line === -1) return null
    const size = Number.parseInt(text.slice(at, line), 16)
    if (text.length < line + size + 4) return null
    body += text.slice(line + 2, line + 2 + size)
    at = line + size + 4
    if (size === 0) return { body, rest: text.slice(at) }
  }
}
