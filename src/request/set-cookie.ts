/** A cookie of a response, for hosts that set cookies by name, value and options. */
export interface SetCookie {
  /** The cookie's name. */
  readonly name: string
  /** The cookie's value; empty if the cookie is deleted. */
  readonly value: string
  /** The cookie's attributes, by the names that Next, SvelteKit, Astro, h3 and Hono take. */
  readonly options: CookieAttributes
}

/** The attributes of a {@link SetCookie}. Booleans are always given, because some hosts default to `true`. */
export interface CookieAttributes {
  /** The age at which the cookie ends, in seconds; 0 if it is deleted; absent if it ends with the browser. */
  readonly maxAge?: number
  /** The host that gets the cookie, with its subdomains; absent if only the present host gets it. */
  readonly domain?: string
  /** The path that gets the cookie. */
  readonly path: string
  /** Whether browsers send the cookie over https only. */
  readonly secure: boolean
  /** Whether the cookie is hidden from scripts. */
  readonly httpOnly: boolean
  /** Which requests from other sites have the cookie. Absent only if another library's cookie is deleted. */
  readonly sameSite?: 'strict' | 'lax' | 'none'
  /** Whether the cookie is separate for each embedding site. */
  readonly partitioned: boolean
}

/** Reads a `Set-Cookie` line that this library has written. */
export function parseSetCookie(line: string): SetCookie {
  const equals = line.indexOf('=')
  const [maxAge, domain, path, sameSite] = ['Max-Age', 'Domain', 'Path', 'SameSite'].map((name) =>
    attributeOf(line, name),
  )
  return {
    name: line.slice(0, equals),
    value: line.slice(equals + 1, line.indexOf(';')),
    options: {
      ...(maxAge !== undefined && { maxAge: Number(maxAge) }),
      ...(domain !== undefined && { domain }),
      path: path!,
      secure: line.includes('; Secure'),
      httpOnly: line.includes('; HttpOnly'),
      ...(sameSite !== undefined && { sameSite: sameSite.toLowerCase() as 'lax' }),
      partitioned: line.includes('; Partitioned'),
    },
  }
}

/** Returns the value of an attribute in a `Set-Cookie` line, or `undefined`. */
export function attributeOf(line: string, name: string): string | undefined {
  return new RegExp(`; ${name}=([^;]*)`, 'i').exec(line)?.[1]
}
