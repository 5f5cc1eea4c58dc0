/** A library whose sessions Sojourn can continue. */
export interface Library {
  /** The packages of which one is in `package.json`. */
  readonly packages: readonly string[]
  /** The words of a file that uses the library's sessions, if the packages do more than sessions. */
  readonly uses?: RegExp
  /** The import that replaces the library's own, if nothing else has to change. */
  readonly dropIn?: string
  /** A package that the drop-in needs and the library brought along. */
  readonly needs?: string
  /** Packages that must remain, each with its reason. */
  readonly keeps?: Readonly<Record<string, string>>
  /** A hint for a roll-out on several servers. */
  readonly rollOut?: string
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

const user = 'user: (data) => data.userId'
const page = 'docs/from-others.md'
const hasTypes = 'because the types come from there'
const twoSteps = `deploy the drop-in with the option wire: 'peer' to all of them first, and then without it.`

/** All libraries that `npx sojourn migrate` knows, in the order in which it reports them. */
export const libraries: readonly Library[] = [
  {
    packages: ['express-session'],
    dropIn: 'sojourn/compat/express-session',
    keeps: { 'express-session': 'if your store loads it, as connect-redis does', '@types/express-session': hasTypes },
    page: 'docs/from-express-session.md',
  },
  {
    packages: ['cookie-session'],
    dropIn: 'sojourn/compat/cookie-session',
    keeps: { '@types/cookie-session': hasTypes },
    rollOut: `On several servers, ${twoSteps}`,
    page: 'docs/drop-ins.md',
  },
  {
    packages: ['@fastify/session'],
    dropIn: 'sojourn/compat/fastify-session',
    keeps: { '@fastify/session': `in TypeScript, ${hasTypes}` },
    page: 'docs/from-fastify.md',
  },
  {
    packages: ['@fastify/secure-session'],
    dropIn: 'sojourn/compat/fastify-secure-session',
    needs: '@fastify/cookie',
    keeps: { '@fastify/secure-session': `in TypeScript, ${hasTypes}` },
    rollOut: `On several servers, ${twoSteps}`,
    page: 'docs/from-fastify.md',
  },
  {
    packages: ['koa-session'],
    dropIn: 'sojourn/compat/koa-session',
    rollOut: `On several servers, if sessions are in cookies, ${twoSteps}`,
    page: 'docs/drop-ins.md',
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
