import { createHash } from 'node:crypto'
import { isIPv6 } from 'node:net'
import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible'

export type SignInLimits = ReturnType<typeof createSignInLimits>

interface Limit {
  readonly points: number
  /** Seconds. */
  readonly duration: number
}

/**
 * Limits attempts to sign in: for one account from one address, for any account from one address, and for one account
 * from everywhere. The last limit is high, because an attacker who reaches it locks the account's owner out.
 */
export function createSignInLimits({
  pair = { points: 10, duration: 900 },
  address = { points: 50, duration: 900 },
  account = { points: 100, duration: 900 },
}: { pair?: Limit; address?: Limit; account?: Limit } = {}) {
  const pairs = new RateLimiterMemory({ keyPrefix: 'pair', ...pair })
  const addresses = new RateLimiterMemory({ keyPrefix: 'address', ...address })
  const accounts = new RateLimiterMemory({ keyPrefix: 'account', ...account })
  return {
    /**
     * Counts an attempt. Call it before the password is checked, so that simultaneous attempts count too. Resolves to 0
     * if the attempt is allowed, else to the seconds until the next. A blocked address does not count for the account.
     */
    async countAttempt(email: string, from: string): Promise<number> {
      try {
        await addresses.consume(networkOf(from))
        await pairs.consume(pairKey(email, from))
        await accounts.consume(accountKey(email))
        return 0
      } catch (refusal) {
        if (refusal instanceof Error) throw refusal
        return Math.max(1, Math.ceil((refusal as RateLimiterRes).msBeforeNext / 1000))
      }
    },

    /**
     * Forgets the attempts for an account from the address where its owner has just signed in. This attempt no longer
     * counts for the address or the account. Attempts of others still do.
     */
    async clearAttempts(email: string, from: string): Promise<void> {
      await Promise.all([
        pairs.delete(pairKey(email, from)),
        addresses.reward(networkOf(from)),
        accounts.reward(accountKey(email)),
      ])
    },
  }
}

function pairKey(email: string, from: string): string {
  return `${accountKey(email)} ${networkOf(from)}`
}

// Hashed, because clients may send long texts, and these keys stay in memory.
function accountKey(email: string): string {
  return createHash('sha256').update(email.trim().toLowerCase()).digest('base64url')
}

// The /64 network of an IPv6 address, because one customer has all of it.
function networkOf(address: string): string {
  const [plain = ''] = address.replace(/^::ffff:(?=\d+\.)/i, '').split('%')
  if (!isIPv6(plain)) return plain
  const [head = '', tail] = plain.split('::')
  const first = head.split(':').filter(Boolean)
  const last = tail?.split(':').filter(Boolean) ?? []
  const gap = tail === undefined ? 0 : 8 - first.length - last.length
  return [...first, ...Array<string>(Math.max(0, gap)).fill('0'), ...last]
    .slice(0, 4)
    .map((part) => parseInt(part, 16))
    .join(':')
}
