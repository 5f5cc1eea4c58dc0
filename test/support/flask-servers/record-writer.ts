import { answersOf } from './process.ts'

/** A session as Flask-Session's own code has it. */
export interface KeptSession {
  readonly sid: string
  /** Its values, as Python prints them. */
  readonly values: string
}

/** Flask-Session's own code in one process. */
export interface RecordWriter {
  /** Makes a random session; the same one for the same seed. */
  make(seed: number): Promise<KeptSession>
  /** Reads a session and writes it again. */
  again(sid: string): Promise<KeptSession>
  close(): void
}

export function recordWriter(redisUrl: string, serialization: 'msgpack' | 'json'): RecordWriter {
  const { ask, close } = answersOf('session_records.py', [], {
    REDIS_URL: redisUrl,
    SESSION_SERIALIZATION_FORMAT: serialization,
    SECRET_KEY: 'not used',
  })
  return {
    make: (seed) => ask(`make ${seed}`) as Promise<KeptSession>,
    again: (sid) => ask(`again ${sid}`) as Promise<KeptSession>,
    close,
  }
}
