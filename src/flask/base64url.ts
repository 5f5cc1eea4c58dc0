/** Decodes base64url without padding (RFC 4648 section 5). Returns `null` for a text that encoding would not produce. */
export function decodeBase64url(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64url')
  // Node skips invalid characters and accepts both alphabets, so encode again and compare.
  return bytes.toString('base64url') === text ? bytes : null
}
