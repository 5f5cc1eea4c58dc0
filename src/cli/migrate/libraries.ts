/** A library whose sessions Sojourn can continue. */
export interface Library {
  /** The packages of which one is in `package.json`. */
  readonly packages: readonly string[]
  /** The words of a file that uses the library's sessions, if the packages do more than sessions. */
  readonly uses?: RegExp
  /** The import that replaces the library's own, if nothing else has to change. */
  readonly dropIn?: string
  /** How `accept` of `createSessions` takes over the library's sessions, without a drop-in. */
  readonly reader?: {
    readonly name: string
    readonly from: string
    /** The options, as an object literal. */
    readonly options: string
  }
  /** The page with all of it. */
  readonly page: string
}

const keys = 'keys: [process.env.SESSION_SECRET]'
const secret = 'secret: process.env.SESSION_SECRET'
const user = 'user: (data) => data.userId'
const page = 'docs/from-others.md'

/** All libraries that `npx sojourn migrate` knows, in the order in which it reports them. */
export const libraries: readonly Library[] = [
  {
    packages: ['express-session'],
    dropIn: 'sojourn/compat/express-session',
    page: 'docs/from-express-session.md',
  },
  {
    packages: ['cookie-session'],
    reader: { name: 'fromCookieSession', from: 'sojourn/from/cookie-session', options: `{ ${keys}, ${user} }` },
    page,
  },
  {
    packages: ['@fastify/session'],
    reader: {
      name: 'fromFastifySession',
      from: 'sojourn/from/fastify-session',
      options: `{ ${secret}, store, ${user} }`,
    },
    page,
  },
  {
    packages: ['@fastify/secure-session'],
    reader: {
      name: 'fromFastifySecureSession',
      from: 'sojourn/from/fastify-secure-session',
      options: `{ key, ${user} }`,
    },
    page,
  },
  {
    packages: ['koa-session'],
    reader: { name: 'fromKoaSession', from: 'sojourn/from/koa-session', options: `{ ${keys}, ${user} }` },
    page,
  },
  {
    packages: ['iron-session'],
    reader: {
      name: 'fromIronSession',
      from: 'sojourn/from/iron-session',
      options: `{ cookieName, password: process.env.SESSION_PASSWORD, ${user} }`,
    },
    page,
  },
  {
    packages: ['next-auth', '@auth/core', '@auth/express', '@auth/sveltekit', '@auth/solid-start', '@auth/qwik'],
    reader: {
      name: 'fromAuthJs',
      from: 'sojourn/from/auth-js',
      options: '{ secret: process.env.AUTH_SECRET, user: (token) => token.sub }',
    },
    page,
  },
  {
    packages: ['better-auth'],
    reader: {
      name: 'fromBetterAuth',
      from: 'sojourn/from/better-auth',
      options: '{ secret: process.env.BETTER_AUTH_SECRET, store, user: ({ session }) => session.userId }',
    },
    page,
  },
  {
    packages: ['lucia'],
    reader: {
      name: 'fromLucia',
      from: 'sojourn/from/lucia',
      options: '{ adapter, user: ({ session }) => session.userId }',
    },
    page,
  },
  {
    packages: ['nuxt-auth-utils', 'h3'],
    uses: /\b(?:useSession|getSession|sealSession|getUserSession|setUserSession)\b/,
    reader: { name: 'fromH3', from: 'sojourn/from/h3', options: `{ password: process.env.SESSION_PASSWORD, ${user} }` },
    page,
  },
  {
    packages: ['react-router', '@remix-run/node', '@react-router/node'],
    uses: /\bcreate(?:Cookie|Memory|File)?SessionStorage\b/,
    reader: {
      name: 'fromReactRouter',
      from: 'sojourn/from/react-router',
      options: `{ secrets: [process.env.SESSION_SECRET], ${user} }`,
    },
    page,
  },
]
