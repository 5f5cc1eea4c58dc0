import { join } from 'node:path'
import { createSessions, type SessionEvent, type Sessions } from 'sojourn'
import { optionsFromEnv } from 'sojourn/env'
import type { Config } from './config.ts'
import { opening } from './data/opening.ts'

/**
 * Opens the sessions where the configuration says that they are kept; all else about them is in `env`. `close` when the
 * last request is answered.
 *
 * @throws `ConfigError` where their file cannot be opened
 */
export async function openSessions(
  { dataDir, sessionType, idleTimeout, absoluteTimeout }: Config,
  env: Record<string, string | undefined>,
  onEvent: (event: SessionEvent) => void,
): Promise<{ sessions: Sessions; close: () => Promise<void> }> {
  const kept = { ...env, SESSION_TYPE: sessionType, DATA_DIR: dataDir }
  const { close, ...options } = await opening(join(dataDir, 'sessions.db'), () => optionsFromEnv(kept))
  return { sessions: createSessions({ ...options, idleTimeout, absoluteTimeout, onEvent }), close }
}
