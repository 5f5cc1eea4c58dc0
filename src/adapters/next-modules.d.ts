// The parts of Next that sojourn/next uses. Declared here, so that this repository need not install Next to compile.
declare module 'next/headers' {
  export interface CookieJar {
    /** Returns the text of a `Cookie` header. */
    toString(): string
    set(name: string, value: string, options: object): unknown
  }
  export function cookies(): Promise<CookieJar>
}

declare module 'next/server' {
  export const NextResponse: {
    next(init?: { request: { headers: Headers } }): Response
  }
}
