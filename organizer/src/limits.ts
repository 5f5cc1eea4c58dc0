import { createHash } from 'node:crypto'
import { isIPv6 } from 'node:net'
import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible'

export type SignInLimits = ReturnType<typeof createSignInLimits>

interface Limit {
  readonly points: number
  /** Seconds. */
  readonly duration: number
}

/** How often somebody may try to sign in: with one account, and from one address. */
export function createSignInLimits({
  account = { points: 10, duration: 900 },
  address = { points: 50, duration: 900 },
}: { account?: Limit; address?: Limit } = {}) {
  const accounts = new RateLimiterMemory({ keyPrefix: 'account', ...account })
  const addresses = new RateLimiterMemory({ keyPrefix: 'address', ...address })
  return {
    /**
     * Counts a try, before any work is done for it, so that tries at the same time count too. Resolves to 0 when it may
     * go on, or else to the seconds until the next one may. An address that has used up its tries takes none from the account.
     */
    async take(email: string, from: string): Promise<number> {
      try {
        await addresses.consume(network(from))
        await accounts.consume(digest(email))
        return 0
      } catch (refusal) {
        if (refusal instanceof Error) throw refusal
        return Math.max(1, Math.ceil((refusal as RateLimiterRes).msBeforeNext / 1000))
      }
    },

    /** Forgets the tries of an account whose owner has signed in; theirs does not count against the address. */
    async succeeded(email: string, from: string): Promise<void> {
      await Promise.all([accounts.delete(digest(email)), addresses.reward(network(from))])
    },
  }
}

// What a client typed may be long; what is kept of it is not.
function digest(email: string): string {
  return createHash('sha256').update(email.trim().toLowerCase()).digest('base64url')
}

// One customer has a whole /64 of IPv6.
function network(address: string): string {
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
