export type Log = ReturnType<typeof createLog>

type Fields = Record<string, string | number | boolean | null>

/**
 * Writes what happens: a JSON object a line in production, a readable line otherwise. It is handed paths without their
 * query and sessions by their id, so no cookie, password or address that a form leads to is ever in it.
 */
export function createLog({ json, write = (line: string) => void process.stdout.write(line + '\n') }: LogOptions) {
  function entry(level: 'info' | 'error', message: string, fields: Fields): void {
    if (json) return write(JSON.stringify({ time: new Date().toISOString(), level, message, ...fields }))
    const rest = Object.entries(fields).map(([key, value]) => `${key}=${value}`)
    write([message, ...rest].join('  '))
  }
  return {
    request({ method, path, status, ms }: { method: string; path: string; status: number; ms: number }): void {
      if (json) return entry('info', 'request', { method, path, status, ms })
      write(`${method} ${path} ${status} ${ms} ms`)
    },
    info: (message: string, fields: Fields = {}) => entry('info', message, fields),
    error(error: unknown, message?: string): void {
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
      if (json) return entry('error', message ?? 'error', { error: text })
      entry('error', message === undefined ? text : `${message}: ${text}`, {})
    },
  }
}

interface LogOptions {
  readonly json: boolean
  readonly write?: (line: string) => void
}
