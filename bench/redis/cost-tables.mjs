import { idOf } from '../servers/index.mjs'
import { list, number, table } from '../text.mjs'
import { behind, markOf } from '../verdict.mjs'
import { asked } from './cost.mjs'
import { costVariants } from './index.mjs'
import { labelOf, pairsOf } from './pairs.mjs'

/** What a request takes at most, in round trips; with a client-side cache, of an unchanged session, in a second. */
const aims = { read: 1, change: 2 }
const aimedPerSecond = 1

const costTitles = {
  read: 'What is asked of Redis for a request that reads the session',
  change: 'What is asked of Redis for a request that changes one key',
  'sign in': 'What is asked of Redis for a sign-in',
}

/** @param {import('./index.mjs').RedisFigures} figures */
export function costTables({ costs, steady }) {
  return Object.entries(costTitles).flatMap(([what, title]) => [
    `### ${title}`,
    costTable(costs, what),
    ...(aims[what] === undefined ? [] : [costAim(costs, what)]),
    ...(what === 'read' ? [steadyAim(steady)] : []),
    behind(bytePairs(costs, what)),
  ])
}

const sizesOf = (what) => ['small', '1 KB'].map((size) => [size, `${what}, ${size}`])
const touches = ({ name }) => name.endsWith('touches')
// One that always touches differs only where nothing else is written.
const shown = (what) => costVariants.filter((variant) => what === 'read' || !touches(variant))

function costTable(costs, what) {
  const sizes = sizesOf(what)
  const columns = sizes.flatMap(([size]) => [`${size}: bytes to Redis`, 'bytes from Redis'])
  const pairs = bytePairs(costs, what)
  const rows = shown(what).map((variant) => {
    const id = idOf(variant)
    const [first] = sizes.map(([, load]) => costs.get(id).get(load))
    const mark = variant.kind === 'sojourn' && isOver(variant, what, first) ? ' ✗' : ''
    return [
      labelOf(variant),
      commandsText(first.commands),
      rounded(first.roundTrips) + mark,
      ...sizes.flatMap(([size, load]) => {
        const { sent, received } = costs.get(id).get(load)
        return [
          number(sent) + markOf(pairs, variant.name, `${size}, bytes to Redis`),
          number(received) + markOf(pairs, variant.name, `${size}, bytes from Redis`),
        ]
      }),
    ]
  })
  return table([['', 'commands', 'round trips', ...columns], ...rows])
}

const isOver = (variant, what, { roundTrips }) => aims[what] < roundTrips && !touches(variant)

function costAim(costs, what) {
  const missed = shown(what)
    .filter(({ kind }) => kind === 'sojourn')
    .filter((variant) => isOver(variant, what, costs.get(idOf(variant)).get(`${what}, small`)))
    .map((variant) => `${variant.name}: ${rounded(costs.get(idOf(variant)).get(`${what}, small`).roundTrips)}`)
  const goal =
    what === 'read'
      ? 'one round trip to read, and none beyond it for a session that did not change'
      : 'one round trip to read and one to write'
  return missed.length === 0 ? `The aim, ${goal}, is met.` : `**The aim is missed** (${goal}):\n\n${list(missed)}`
}

function steadyAim(steady) {
  const all = [...steady].map(([name, { seconds, requests, commands }]) => ({
    text: `${name} sent ${commands} ${commands === 1 ? 'command' : 'commands'} in ${seconds.toFixed(1)} seconds, with ${number(requests)} requests`,
    // The first of them may fall into the first instant.
    isMissed: commands > aimedPerSecond * seconds + 1,
  }))
  const goal = 'with a client-side cache at most one round trip a second in a process, for sessions that do not change'
  const texts = all.map(({ text }) => text).join('; ')
  if (all.every(({ isMissed }) => !isMissed)) return `The aim, ${goal}, is met: ${texts}.`
  return `**The aim is missed** (${goal}): ${texts}.`
}

function bytePairs(costs, what) {
  const columns = Object.fromEntries(
    sizesOf(what).flatMap(([size, load]) => [
      [`${size}, bytes to Redis`, [load, 'sent']],
      [`${size}, bytes from Redis`, [load, 'received']],
    ]),
  )
  return pairsOf(shown(what), columns, (variant, [load, field]) => [costs.get(idOf(variant)).get(load)[field]])
}

/** As `1 GET + 1 EXPIRE`. @param {Map<string, number>} commands */
function commandsText(commands) {
  const texts = [...commands].map(([name, count]) => `${rounded(count)} ${name}`)
  return texts.length === 0 ? 'none' : texts.join(' + ')
}

const rounded = (count) => (Math.abs(count - Math.round(count)) < 0.01 ? count.toFixed(0) : count.toFixed(2))

/** @param {import('./index.mjs').RedisFigures} figures */
export function nothingAsked({ costs }) {
  const loads = asked.filter(({ cookie }) => cookie !== 'theirs').filter(({ path }) => !path.startsWith('/begin'))
  const asking = costVariants.flatMap((variant) =>
    loads
      .filter(({ name }) => costs.get(idOf(variant)).get(name).commands.size > 0)
      .map(({ name }) => `${variant.name}, ${name}: ${commandsText(costs.get(idOf(variant)).get(name).commands)}`),
  )
  const whom = 'A visitor without a cookie, whose session is read or not, and one with a forged cookie'
  const text = asking.length === 0 ? `${whom}, cost no command, with any of them.` : list(asking)
  return `### Visitors without a session\n\n${text}`
}
