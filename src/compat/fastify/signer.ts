import { getHashes } from 'node:crypto'
import { signValue, unsignValue, type SigningSecret } from '../shared/signature.ts'

/** Signs the ids in cookies. @fastify/cookie defines it. */
export interface Signer {
  sign(value: string): string
  unsign(signed: string): { readonly valid: boolean; readonly value: string | null }
}

/**
 * Creates the signer of cookies.
 *
 * @param secrets the first signs, all open. The application may change the list later, to rotate its secrets
 * @throws `TypeError` for an algorithm that Node does not have
 */
export function createSigner(secrets: readonly SigningSecret[], algorithm: string): Signer {
  if (!getHashes().includes(algorithm)) throw new TypeError(`Algorithm ${algorithm} not supported.`)
  return {
    sign: (value) => signValue(value, secrets[0]!, algorithm),
    unsign(signed) {
      const value = unsignValue(signed, secrets, algorithm)
      return { valid: value !== null, value }
    },
  }
}
