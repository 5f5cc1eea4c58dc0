import { hash } from 'node:crypto'

/** Returns the SHA-256 of a text as base64url. Stores keep this hash of a secret instead of the secret. */
export function sha256(text: string): string {
  return hash('sha256', text, 'base64url')
}
