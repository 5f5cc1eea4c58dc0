import { addedTable, addedVerdict } from '../request-tables.mjs'
import { nameOf } from '../requests.mjs'
import { redisVariants } from '../servers/redis.mjs'
import { idOf } from '../servers/index.mjs'
import { median } from '../rounds.mjs'
import { microseconds, table } from '../text.mjs'
import { behind, markOf } from '../verdict.mjs'
import { costTables, nothingAsked } from './cost-tables.mjs'
import { latencyVariants } from './index.mjs'
import { at, latencyLoads } from './latency.mjs'
import { labelOf, pairsOf } from './pairs.mjs'

/** @param {import('./index.mjs').RedisFigures} figures */
export const redisTables = (figures) =>
  [
    ...costTables(figures),
    nothingAsked(figures),
    ...cpuTables(figures),
    cpuOfRedisTable(figures),
    latencyTable(figures),
  ].join('\n\n')

const cpuColumns = {
  'CPU of a request that reads the session': { small: 'read, small', '1 KB': 'read, 1 KB' },
  'CPU of a request that changes one key': { small: 'count, small', '1 KB': 'count, 1 KB' },
  'CPU of a sign-in, and of a visitor without a cookie': {
    'sign-in': 'sign in',
    'no cookie, session read': 'no cookie, read',
  },
}

function cpuTables({ cpu }) {
  const floor = redisVariants.find(({ name }) => name === 'express-session + connect-redis')
  return Object.entries(cpuColumns).flatMap(([title, columns]) => {
    const measure = 'no cookie, session read' in columns ? 'difference' : 'ratio'
    const options = { of: redisVariants, floor, by: 'express-session', columns, measure }
    return [`### ${title}`, addedTable(cpu, options), addedVerdict(cpu, options)]
  })
}

const cpuOfRedisColumns = {
  'read, small': 'read, small',
  'read, 1 KB': 'read, 1 KB',
  'change, small': 'count, small',
  'change, 1 KB': 'count, 1 KB',
  'sign-in': 'sign in',
}

function cpuOfRedisTable({ cpuOfRedis }) {
  const figures = ({ host, name }, load) => cpuOfRedis.get(nameOf(idOf({ host, name }), load))
  const pairs = pairsOf(latencyVariants, cpuOfRedisColumns, figures)
  const rows = latencyVariants.map((variant) => [
    labelOf(variant),
    ...Object.entries(cpuOfRedisColumns).map(
      ([column, load]) => microseconds(median(figures(variant, load))) + markOf(pairs, variant.name, column),
    ),
  ])
  const head = ['', ...Object.keys(cpuOfRedisColumns).map((column) => `${column}: µs`)]
  return ['### CPU of Redis itself', table([head, ...rows]), behind(pairs)].join('\n\n')
}

function latencyTable({ latency: { medians, all }, roundTrip }) {
  const columns = Object.fromEntries(latencyLoads.map(({ name }) => [name, name]))
  const pairs = pairsOf(latencyVariants, columns, (variant, name) => medians.get(nameOf(idOf(variant), name)))
  const rows = latencyVariants.map((variant) => [
    labelOf(variant),
    ...latencyLoads.flatMap(({ name }) => {
      const taken = all.get(nameOf(idOf(variant), name))
      return [milliseconds(at(taken, 0.5)) + markOf(pairs, variant.name, name), milliseconds(at(taken, 0.99))]
    }),
  ])
  const head = ['', ...latencyLoads.flatMap(({ name }) => [`${name}: ms, p50`, 'p99'])]
  return [
    '### Latency, with Redis far away',
    table([head, ['*a round trip, without a server*', milliseconds(roundTrip), '', '', '', '', ''], ...rows]),
    behind(pairs),
  ].join('\n\n')
}

const milliseconds = (figure) => figure.toFixed(1)
