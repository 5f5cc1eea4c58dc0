import { createHash, generateKeyPairSync, sign } from 'node:crypto'

/** An identity provider without a network: OpenID Connect at id.example.com, and GitHub's two addresses. */
export interface IdentityProvider {
  /** Stands in the place of `fetch`. */
  fetch(input: Request | URL | string, init?: RequestInit): Promise<Response>
  /** What a user's browser does at the provider: signs in as `subject`, and is sent back to this address. */
  signIn(authorizationUrl: string, subject: string): string
}

const issuer = 'https://id.example.com'

/** Creates a provider that checks the code verifier, and takes each code once. */
export function identityProvider(): IdentityProvider {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const codes = new Map<string, { subject: string; challenge: string | null; clientId: string }>()

  function idToken(subject: string, audience: string): string {
    const now = Math.floor(Date.now() / 1000)
    const claims = { iss: issuer, sub: subject, aud: audience, iat: now, exp: now + 60 }
    const signed = [{ alg: 'RS256', typ: 'JWT' }, claims].map(encode).join('.')
    return `${signed}.${sign('sha256', Buffer.from(signed), privateKey).toString('base64url')}`
  }

  async function exchange(request: Request): Promise<Response> {
    const form = new URLSearchParams(await request.text())
    const code = codes.get(form.get('code') ?? '')
    codes.delete(form.get('code') ?? '')
    const digest = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url')
    if (code === undefined || (code.challenge !== null && code.challenge !== digest)) {
      return Response.json({ error: 'invalid_grant' }, { status: 400 })
    }
    const id_token = idToken(code.subject, code.clientId)
    return Response.json({ access_token: code.subject, token_type: 'bearer', expires_in: 60, id_token })
  }

  return {
    async fetch(input, init) {
      const request = new Request(input, init)
      switch (request.url) {
        case `${issuer}/.well-known/openid-configuration`:
          return Response.json({
            issuer,
            authorization_endpoint: `${issuer}/authorize`,
            token_endpoint: `${issuer}/token`,
            jwks_uri: `${issuer}/keys`,
          })
        case `${issuer}/token`:
        case 'https://github.com/login/oauth/access_token':
          return exchange(request)
        case 'https://api.github.com/user':
          return Response.json({ id: Number(request.headers.get('Authorization')?.slice('Bearer '.length)) })
        default:
          throw new Error(`No test expects a request to ${request.url}`)
      }
    },
    signIn(authorizationUrl, subject) {
      const { searchParams } = new URL(authorizationUrl)
      const code = `code-${codes.size}-${subject}-${searchParams.get('state')}`
      const challenge = searchParams.get('code_challenge')
      codes.set(code, { subject, challenge, clientId: searchParams.get('client_id') ?? '' })
      const url = new URL(searchParams.get('redirect_uri') ?? '')
      url.search = new URLSearchParams({ code, state: searchParams.get('state') ?? '' }).toString()
      return url.href
    },
  }
}

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
