import { hash } from 'node:crypto'

/** SHA-256 as base64url: what stores keep of a secret. */
export function sha256(text: string): string {
  return hash('sha256', text, 'base64url')
}
