import { createHash } from 'node:crypto'
import { isIPv6 } from 'node:net'
import { createWindowCounter, type WindowCounter } from './window-counter.ts'

export type SignInLimits = ReturnType<typeof createSignInLimits>

interface Limit {
  readonly points: number
  /** Seconds. */
  readonly duration: number
}

/** The limits of `createSignInLimits`. */
interface Limits {
  /** Attempts for one account from one network. */
  readonly pair?: Limit
  /** Attempts for any account from one network. */
  readonly network?: Limit
  /** Attempts for one account from everywhere. Beyond it, each network has only `pairUnderAttack` attempts. */
  readonly account?: Limit
  readonly pairUnderAttack?: number
  /** Successful sign-ins to one account. */
  readonly signIns?: Limit
}

/**
 * Limits attempts to sign in, and sign-ins. Attempts for one account from everywhere do not lock its owner out: they only leave
 * fewer attempts to each network. A limit that refuses everyone would let any attacker lock the account's owner out. The
 * owner has no cookie on a new device, so a limit by device would not help there.
 */
export function createSignInLimits({
  pair = { points: 10, duration: 900 },
  network = { points: 50, duration: 900 },
  account = { points: 30, duration: 900 },
  pairUnderAttack = 3,
  signIns = { points: 100, duration: 3600 },
}: Limits = {}) {
  const pairs = counterFor(pair)
  const networks = counterFor(network)
  const accounts = counterFor(account)
  const allSignIns = counterFor(signIns)
  return {
    /**
     * Counts an attempt. Call it before the password is checked, so that simultaneous attempts count too. Returns 0 if
     * the attempt is allowed, else the seconds until the next. A refused attempt does not count for the account.
     */
    countAttempt(email: string, from: string): number {
      const ofNetwork = networks.add(networkOf(from))
      if (ofNetwork.count > network.points) return ofNetwork.secondsLeft
      const isUnderAttack = accounts.count(accountKey(email)) >= account.points
      const ofPair = pairs.add(pairKey(email, from))
      if (ofPair.count > (isUnderAttack ? pairUnderAttack : pair.points)) return ofPair.secondsLeft
      accounts.add(accountKey(email))
      return 0
    },

    /**
     * Forgets the attempts for an account from the network where its owner has just entered the right password. Attempts
     * from elsewhere, and for other accounts, still count.
     */
    clearAttempts(email: string, from: string): void {
      accounts.subtract(accountKey(email), pairs.count(pairKey(email, from)))
      pairs.remove(pairKey(email, from))
      networks.subtract(networkOf(from), 1)
    },

    /**
     * Counts a sign-in. Call it after the password was checked: only its owner can reach this limit. Returns 0 if the
     * sign-in is allowed, else the seconds until the next.
     */
    countSignIn(email: string): number {
      const { count, secondsLeft } = allSignIns.add(accountKey(email))
      return count > signIns.points ? secondsLeft : 0
    },
  }
}

function counterFor({ duration }: Limit): WindowCounter {
  return createWindowCounter({ seconds: duration })
}

function pairKey(email: string, from: string): string {
  return `${accountKey(email)} ${networkOf(from)}`
}

// Hashed, because clients may send long texts, and these keys stay in memory.
function accountKey(email: string): string {
  return createHash('sha256').update(email.trim().toLowerCase()).digest('base64url')
}

/** Returns the /48 network of an IPv6 address, because anyone can get one; all of an IPv4 address. */
function networkOf(address: string): string {
  const [plain = ''] = address.replace(/^::ffff:(?=\d+\.)/i, '').split('%')
  if (!isIPv6(plain)) return plain
  const [head = '', tail] = plain.split('::')
  const first = head.split(':').filter(Boolean)
  const last = tail?.split(':').filter(Boolean) ?? []
  const gap = tail === undefined ? 0 : 8 - first.length - last.length
  return [...first, ...Array<string>(Math.max(0, gap)).fill('0'), ...last]
    .slice(0, 3)
    .map((part) => parseInt(part, 16))
    .join(':')
}
