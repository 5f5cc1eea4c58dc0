/** @param {string} url @param {object} [options] more options of node-redis */
export async function connectNodeRedis(url, options) {
  const { createClient } = await import('redis')
  return createClient({ url, RESP: 3, ...options }).connect()
}

/** @param {string} url */
export async function connectIoRedis(url) {
  const { Redis } = await import('ioredis')
  return new Redis(url)
}
