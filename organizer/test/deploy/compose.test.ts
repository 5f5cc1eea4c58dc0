import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parsers } from 'prettier/plugins/yaml'
import { describe, expect, it } from 'vitest'
import { readConfig } from '../../src/server/config.ts'
import { help } from '../../src/server/help.ts'

const at = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url))
const read = (path: string) => readFileSync(at(path), 'utf8')

type Tree = { type: string; value?: string; anchor?: { value: string } | null; children?: (Tree | null)[] }
type Value = string | null | Value[] | { [name: string]: Value }

/** Parses YAML, with all values as texts. It supports only the syntax that compose.yml uses. */
function yaml(text: string): Value {
  const anchors = new Map<string, Value>()

  function valueOf(node: Tree | null | undefined): Value {
    const value = contentOf(node)
    if (node?.anchor) anchors.set(node.anchor.value, value)
    return value
  }

  function contentOf(node: Tree | null | undefined): Value {
    const children = node?.children ?? []
    switch (node?.type) {
      case 'plain':
      case 'quoteDouble':
      case 'quoteSingle':
        return node.value!
      case 'alias':
        if (!anchors.has(node.value!)) throw new Error(`no &${node.value}`)
        return anchors.get(node.value!)!
      case 'mapping':
      case 'flowMapping': {
        const pairs = children.map((item) => item!.children!.map(valueOf) as [string, Value])
        expect(new Set(pairs.map(([name]) => name)).size).toBe(pairs.length)
        return Object.fromEntries(pairs)
      }
      case 'sequence':
      case 'flowSequence':
        return children.map(valueOf)
      case 'mappingKey':
      case 'mappingValue':
      case 'sequenceItem':
      case 'flowSequenceItem':
        return valueOf(children[0])
      case undefined:
      case 'null':
        return null
      default:
        throw new Error(`not expected: ${node!.type}`)
    }
  }

  const [document] = (parsers.yaml.parse(text, {} as never) as Tree).children!
  return valueOf(document!.children!.find((part) => part!.type === 'documentBody')!.children![0])
}

interface Service {
  image: string
  build?: string
  ports?: string[]
  volumes?: string[]
  environment?: Record<string, string>
  depends_on?: Record<string, { condition: string }>
  command?: string[]
  healthcheck?: { test: string[] }
}

describe('compose.yml', () => {
  const file = yaml(read('compose.yml')) as unknown as { services: Record<string, Service>; volumes: object }
  const { services } = file
  const organizers = Object.keys(services).filter((name) => services[name]!.image === 'organizer')

  it('has two organizers, with the names that nginx and deploy/update.sh use', () => {
    expect(Object.keys(services)).toEqual([...organizers, 'nginx', 'redis', 'postgres'])
    const port = services[organizers[0]!]!.environment!.PORT
    const upstreams = [...read('deploy/nginx.conf').matchAll(/server ([\w-]+:\d+) /g)].map(([, server]) => server)
    expect(upstreams).toEqual(organizers.map((name) => `${name}:${port}`))
    expect(upstreams).toHaveLength(2)
    expect(read('deploy/update.sh')).toContain(`build ${organizers.join(' ')}\n`)
    expect(read('deploy/update.sh')).toContain(`:${port}/`)
    expect(read('Dockerfile')).toContain(`EXPOSE ${port}\n`)
  })

  it('publishes only the port of nginx, and only on this machine', () => {
    const ports = Object.entries(services).flatMap(([name, { ports = [] }]) => ports.map((port) => [name, port]))
    expect(ports).toEqual([['nginx', '127.0.0.1:8080:8080']])
    expect(read('deploy/nginx.conf')).toMatch(/^ +listen 8080;$/m)
  })

  it('sets only known variables, with which the organizers can start', () => {
    const { environment = {} } = services[organizers[0]!]!
    for (const name of Object.keys(environment)) expect(help).toMatch(new RegExp(`\\b${name}\\b`))
    const fromEnv: Record<string, string> = { POSTGRES_PASSWORD: 'abc', SECRET_KEY: 'x'.repeat(32) }
    const env = Object.fromEntries(
      Object.entries(environment).map(([name, text]) => [
        name,
        text.replaceAll(/\$\{(\w+):([?-])([^}]*)\}/g, (_, variable, kind, rest) =>
          kind === '?' ? fromEnv[variable]! : (fromEnv[variable] ?? rest),
        ),
      ]),
    )
    const config = readConfig(env)
    expect(config).toMatchObject({ production: true, trustProxy: 1, sessionType: 'redis' })
    expect(env['SESSION_UNCONFIRMED_FOR']).toBe('600')
    const [redis, database] = [new URL(config.redisUrl), new URL(config.databaseUrl!)]
    expect([redis.hostname, database.hostname]).toEqual(['redis', 'postgres'])
    const { POSTGRES_USER, POSTGRES_DB } = services['postgres']!.environment!
    expect([database.username, database.pathname, database.password]).toEqual([POSTGRES_USER, `/${POSTGRES_DB}`, 'abc'])
  })

  it('mounts existing files, and waits for services that have a health check', () => {
    for (const { volumes = [], depends_on = {}, build } of Object.values(services)) {
      if (build !== undefined) expect(existsSync(at(`${build}/Dockerfile`))).toBe(true)
      for (const mount of volumes) {
        const [source = ''] = mount.split(':')
        expect(source.startsWith('.') ? existsSync(at(source)) : source in file.volumes).toBe(true)
      }
      for (const [name, { condition }] of Object.entries(depends_on)) {
        expect(condition).toBe('service_healthy')
        expect(services[name]!.healthcheck!.test[0]).toBe('CMD')
      }
    }
    expect(services['nginx']!.command!.at(-1)).toContain('cp /deploy/nginx.conf /etc/nginx/nginx.conf')
    expect(services['nginx']!.volumes).toEqual(['./deploy:/deploy:ro'])
  })

  it('has a Redis that neither evicts sessions nor loses them at a restart', () => {
    const command = services['redis']!.command!.join(' ')
    expect(command).toContain('--appendonly yes')
    expect(command).toContain('--maxmemory-policy noeviction')
  })
})
