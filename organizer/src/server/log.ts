export type Log = ReturnType<typeof createLog>

type Fields = Record<string, string | number | boolean | null>

interface LogOptions {
  readonly json: boolean
  readonly write?: (line: string) => void
}

/**
 * Creates the log: one JSON object a line in production, a readable line otherwise. Callers pass paths without their
 * query, and sessions by id. So the log never contains a cookie, a password or the target of a redirect.
 */
export function createLog({ json, write = (line) => void process.stdout.write(line + '\n') }: LogOptions) {
  function writeEntry(level: 'info' | 'error', message: string, fields: Fields): void {
    if (json) return write(JSON.stringify({ time: new Date().toISOString(), level, message, ...fields }))
    const texts = Object.entries(fields).map(([key, value]) => `${key}=${value}`)
    write([message, ...texts].join('  '))
  }
  return {
    request({ method, path, status, ms }: { method: string; path: string; status: number; ms: number }): void {
      if (json) return writeEntry('info', 'request', { method, path, status, ms })
      write(`${method} ${path} ${status} ${ms} ms`)
    },
    info: (message: string, fields: Fields = {}) => writeEntry('info', message, fields),
    error(error: unknown, message?: string): void {
      if (typeof error === 'string') return writeEntry('error', error, {})
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
      if (json) return writeEntry('error', message ?? 'error', { error: text })
      writeEntry('error', message === undefined ? text : `${message}: ${text}`, {})
    },
  }
}
