import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it, vi } from 'vitest'
import { repository, repositoryFiles } from '../support/repository.ts'
import { entries, manifest, readBuilt, type Entry } from '../support/package.ts'

// Next is installed in frameworks/ only.
vi.mock('next/headers', () => ({}))
vi.mock('next/server', () => ({}))

// After a change that is meant: npm test -- package -u
it('the package exports these names, values and types', async () => {
  const names = await Promise.all([...entries].map(async ([name, entry]) => [name, await exported(entry)]))

  expect(Object.fromEntries(names)).toMatchInlineSnapshot(`
    {
      "sojourn": {
        "types": "CommitHeaders CommitOptions ConfirmedMethod CookieAttributes CookieOptions CookieSource CreateOptions CreateResult Cutoff EndAllResult Ending Explanation Flash ForeignContext ForeignSession ForeignSessions Held Outcome RecordChange RegisteredData Revocation RevocationOfAll Schema Secret SessionData SessionEvent SessionInfo SessionKey SessionLimit SessionNotice SessionRecord SessionStore Sessions SessionsOptions SetCookie SignInOptions SojournErrorCode SparedSession StoreEntry Texts",
        "values": "Session SojournError TooFewReplicas TooLate createSessions explain",
      },
      "sojourn/compat/cookie-session": {
        "types": "DropInOptions SessionManagement",
        "values": "default module.exports",
      },
      "sojourn/compat/express-session": {
        "types": "DropInOptions ExpressSessionStore SessionManagement",
        "values": "Cookie MemoryStore Session Store default module.exports",
      },
      "sojourn/compat/fastify-secure-session": {
        "types": "SecureSessionDropInOptions",
        "values": "default fastifySecureSession module.exports",
      },
      "sojourn/compat/fastify-session": {
        "types": "FastifyDropInOptions SessionManagement",
        "values": "MemoryStore Store default fastifySession module.exports",
      },
      "sojourn/compat/koa-session": {
        "types": "CreateSessionOptions DropInOptions KoaSessionMiddleware KoaSessionOptions KoaStore Session SessionManagement",
        "values": "createSession default module.exports",
      },
      "sojourn/d1": {
        "types": "D1Binding D1Statement D1Store D1StoreOptions",
        "values": "d1Store d1Table",
      },
      "sojourn/durable-object": {
        "types": "ObjectNamespace ObjectState ObjectStorage ObjectStub",
        "values": "SojournObject durableObjectStore",
      },
      "sojourn/env": {
        "types": "OptionsFromEnv",
        "values": "loadDevelopmentSecret optionsFromEnv",
      },
      "sojourn/express": {
        "types": "",
        "values": "sojourn",
      },
      "sojourn/fastify": {
        "types": "FastifySessionOptions",
        "values": "sojourn",
      },
      "sojourn/fetch": {
        "types": "SessionHandler",
        "values": "sessionOf sojourn",
      },
      "sojourn/flask": {
        "types": "FlaskFormatOptions FlaskSession FlaskSessionOptions FlaskSessionStore Tuple",
        "values": "Markup Uuid flaskFormat flaskSession isTuple tuple",
      },
      "sojourn/from/auth-js": {
        "types": "AuthJsAdapter AuthJsSession AuthJsToken FromAuthJsDatabaseOptions FromAuthJsOptions",
        "values": "fromAuthJs fromAuthJsDatabase",
      },
      "sojourn/from/better-auth": {
        "types": "BetterAuthSession BetterAuthStore FromBetterAuthOptions",
        "values": "fromBetterAuth",
      },
      "sojourn/from/cookie-session": {
        "types": "FromCookieSessionOptions",
        "values": "fromCookieSession",
      },
      "sojourn/from/django": {
        "types": "DjangoData FromDjangoOptions PromiseStore",
        "values": "fromDjango",
      },
      "sojourn/from/express-session": {
        "types": "ConnectPgSimpleOptions ConnectRedisOptions ForeignStore FromExpressSessionOptions PromiseStore",
        "values": "connectPgSimple connectRedis fromExpressSession",
      },
      "sojourn/from/fastify-secure-session": {
        "types": "FromFastifySecureSessionOptions",
        "values": "fromFastifySecureSession",
      },
      "sojourn/from/fastify-session": {
        "types": "ForeignStore FromFastifySessionOptions",
        "values": "fromFastifySession",
      },
      "sojourn/from/flask": {
        "types": "FromFlaskOptions",
        "values": "fromFlask",
      },
      "sojourn/from/flask-session": {
        "types": "FromFlaskSession FromFlaskSessionOptions",
        "values": "fromFlaskSession",
      },
      "sojourn/from/h3": {
        "types": "FromH3Options",
        "values": "fromH3",
      },
      "sojourn/from/iron-session": {
        "types": "FromIronSessionOptions",
        "values": "fromIronSession",
      },
      "sojourn/from/koa-session": {
        "types": "FromKoaSessionOptions KoaSessionStore",
        "values": "fromKoaSession",
      },
      "sojourn/from/lucia": {
        "types": "FromLuciaOptions LuciaAdapter LuciaSession",
        "values": "fromLucia",
      },
      "sojourn/from/rails": {
        "types": "FromRailsOptions RailsData",
        "values": "fromRails",
      },
      "sojourn/from/react-router": {
        "types": "FromReactRouterOptions PromiseStore",
        "values": "fromReactRouter",
      },
      "sojourn/from/records": {
        "types": "ForeignUserId FromRecordsOptions ReaderOptions",
        "values": "fromRecords",
      },
      "sojourn/h3": {
        "types": "",
        "values": "sojourn",
      },
      "sojourn/hono": {
        "types": "",
        "values": "sojourn",
      },
      "sojourn/koa": {
        "types": "",
        "values": "sojourn",
      },
      "sojourn/memory": {
        "types": "MemoryStoreOptions",
        "values": "memoryStore",
      },
      "sojourn/move": {
        "types": "MoveOptions MoveProgress MoveResult",
        "values": "both move",
      },
      "sojourn/nest": {
        "types": "",
        "values": "Session SignedInGuard SojournModule",
      },
      "sojourn/next": {
        "types": "NextSessions ProxyHandler",
        "values": "sojourn",
      },
      "sojourn/node": {
        "types": "SessionListener SessionRequest",
        "values": "sojourn",
      },
      "sojourn/postgres": {
        "types": "PostgresClient PostgresQuery PostgresStore PostgresStoreOptions",
        "values": "postgresStore postgresTable",
      },
      "sojourn/react-router": {
        "types": "SessionMiddleware",
        "values": "sessionContext sojourn",
      },
      "sojourn/redis": {
        "types": "BunRedisClient Durability GlideClient IoRedisClient NodeRedisClient RedisClient RedisStore RedisStoreOptions",
        "values": "redisStore",
      },
      "sojourn/socket.io": {
        "types": "SocketMiddleware",
        "values": "sojourn",
      },
      "sojourn/sqlite": {
        "types": "SqliteDatabase SqliteStatement SqliteStore SqliteStoreOptions",
        "values": "sqliteStore",
      },
      "sojourn/sveltekit": {
        "types": "SessionHandle",
        "values": "sojourn",
      },
      "sojourn/testing": {
        "types": "OpenedStore SignedInOptions SimulateOptions SimulationResult StoreSuiteOptions",
        "values": "signedInAs simulate storeSuite",
      },
    }
  `)
})

it('exports nothing beside its modules but package.json', () => {
  const others = Object.entries(manifest.exports).filter(([, entry]) => typeof entry === 'string')

  expect(others).toEqual([['./package.json', './package.json']])
})

it('names no machine, no folder outside and no registry in any file', async () => {
  const foreign = [
    /(?<![\w.~-])\/(?:home|Users|root|work)\/\w+/,
    /(?<!^(?:im|ex)port .* from '(?:\.\.\/)*)\.\.\/shared\b/, // except where src imports stores/shared
    /https?:\/\/[\w.-]*(?:registry|artifactory|nexus|verdaccio)[\w.-]*/i,
  ]
  const found: string[] = []
  for (const file of await repositoryFiles()) {
    const lines = (await read(file)).split('\n')
    lines.forEach((line, index) => {
      if (foreign.some((pattern) => pattern.test(line)))
        found.push(`${file}:${index + 1}: ${line.trim().slice(0, 120)}`)
    })
  }
  expect(found).toEqual([])
})

/** The names of an entry: values as a program imports them, types as its declarations list them. */
async function exported(entry: Entry) {
  const values = Object.keys((await import(join(repository, entry.default))) as object).toSorted()
  const declared = declaredNames(readBuilt(entry.types))
  return { values: values.join(' '), types: declared.filter((type) => !values.includes(type)).join(' ') }
}

function declaredNames(declarations: string): string[] {
  const names = new Set<string>()
  const declaration =
    /^export (?:declare )?(?:abstract )?(?:async )?(?:function|const|let|class|interface|type|enum) (\w+)/gm
  for (const [, name] of declarations.matchAll(declaration)) if (name) names.add(name)
  for (const [, list] of declarations.matchAll(/^export (?:type )?\{([^}]*)\}/gm)) {
    const members = (list ?? '').split(',').map((member) => /(\w+)\s*$/.exec(member)?.[1])
    for (const name of members) if (name) names.add(name)
  }
  return [...names].toSorted()
}

function read(path: string): Promise<string> {
  return readFile(join(repository, path), 'utf8')
}
