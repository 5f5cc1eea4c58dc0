/**
 * Stores of engines that are programs of their own. What they are opened with is a place instead of a folder.
 *
 * @type {Record<'redis' | 'postgres', readonly import('./index.mjs').Contender[]>}
 */
export const inServers = {
  redis: [
    sojournOnRedis('node-redis', {}),
    sojournOnRedis('ioredis', { most: 1000 }),
    {
      name: 'connect-redis',
      kind: 'peer',
      most: 100_000,
      open: async (url) => (await import('./redis.mjs')).openConnectRedis(url),
    },
  ],
  postgres: [
    {
      name: 'Sojourn, Postgres by pg',
      kind: 'sojourn',
      open: async (place) => (await import('./postgres.mjs')).openPostgres(place),
    },
    {
      name: 'connect-pg-simple',
      kind: 'peer',
      open: async (place) => (await import('./postgres.mjs')).openConnectPg(place),
    },
  ],
}

function sojournOnRedis(client, rest) {
  return {
    name: `Sojourn, Redis by ${client}`,
    kind: 'sojourn',
    ...rest,
    open: async (url) => (await import('./redis.mjs')).openRedis(client, url),
  }
}
