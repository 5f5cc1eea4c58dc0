import crypto from 'node:crypto'

/** Returns the SHA-256 of a text as base64url. Stores keep this hash of a secret instead of the secret. */
export function sha256(text: string): string {
  return crypto.hash('sha256', text, 'base64url')
}
