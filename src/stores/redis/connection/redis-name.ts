import { serverName } from '../../shared/server-name.ts'

/** Names a Redis for messages by its URL or its client. */
export const redisName = (client: unknown): string => serverName('Redis', client, 6379)
