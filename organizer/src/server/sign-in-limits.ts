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
 * How often somebody may try to sign in: with one account from one address, from one address with any account, and with
 * one account from everywhere. The last is loose, since whoever uses it up locks the account's owner out.
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
     * Counts a try, before any work is done for it, so that tries at the same time count too. Resolves to 0 when it may
     * go on, or else to the seconds until the next one may. Once an address has used up its tries, it takes none from the account.
     */
    async take(email: string, from: string): Promise<number> {
      try {
        await addresses.consume(network(from))
        await pairs.consume(pairOf(email, from))
        await accounts.consume(digest(email))
        return 0
      } catch (refusal) {
        if (refusal instanceof Error) throw refusal
        return Math.max(1, Math.ceil((refusal as RateLimiterRes).msBeforeNext / 1000))
      }
    },

    /**
     * Forgets the tries with an account from the address where its owner has just signed in; this one does not count
     * against the address or the account either. Those of others, from elsewhere, still do.
     */
    async succeeded(email: string, from: string): Promise<void> {
      await Promise.all([
        pairs.delete(pairOf(email, from)),
        addresses.reward(network(from)),
        accounts.reward(digest(email)),
      ])
    },
  }
}

function pairOf(email: string, from: string): string {
  return `${digest(email)} ${network(from)}`
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
