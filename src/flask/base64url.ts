/** The bytes of a base64url text without padding (RFC 4648 section 5), or `null` for any other spelling of them. */
export function decodeBase64url(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64url')
  // Node reads over what is no base64 and takes both alphabets: written again, those look different.
  return bytes.toString('base64url') === text ? bytes : null
}
