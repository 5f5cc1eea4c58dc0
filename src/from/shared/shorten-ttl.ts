import { createScript } from '../../stores/redis/lua.ts'

/** Lets a key in Redis expire after so many milliseconds, if it would live longer. */
export const shortenTtl = createScript(`local left = redis.call('PTTL', KEYS[1])
if left == -1 or left > tonumber(ARGV[1]) then return redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return 0`)
