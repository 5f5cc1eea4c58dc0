import type { Plan } from './plan.ts'
import type { Result } from './world.ts'

/** Returns what happened in a plan, for a person to read; of the last phase, only what is wrong. */
export function tellStory(plan: Plan, { story }: Result): string {
  const lines = story.map(({ at, text }) => `${(at / 1000).toFixed(3).padStart(8)} s  ${text}`)
  const end = story.findIndex(({ text }) => text.startsWith('All is well again'))
  const isTold = (index: number): boolean =>
    index <= end || end === -1 || isWrong(index) || isWrong(index + 1) || isWrong(index + 2)
  const isWrong = (index: number): boolean => story[index]?.text.startsWith('WRONG') ?? false
  return [describe(plan), ...lines.filter((_, index) => isTold(index))].join('\n')
}

function describe({ servers, storeAheadMs, options }: Plan): string {
  const clocks = servers.map(({ aheadMs, rate }, index) => {
    const notes = [
      ...(aheadMs === 0 ? [] : [`clock ${inSeconds(aheadMs)}`]),
      ...(rate === 1 ? [] : [`runs ${rate} times as fast`]),
    ]
    return `${'ABCD'[index]}${notes.length === 0 ? '' : ` (${notes.join(', ')})`}`
  })
  const { hasStore, ...others } = options
  const usual: Partial<typeof others> = {
    idleTimeout: 604_800,
    absoluteTimeout: 2_592_000,
    touchAfter: 3600,
    maxSessions: 1000,
  }
  const unusual = Object.entries(others).filter(
    ([name, value]) => value !== usual[name as keyof typeof usual] && (name !== 'onLimit' || others.maxSessions < 1000),
  )
  const store = hasStore
    ? storeAheadMs === 0
      ? 'a store'
      : `a store (clock ${inSeconds(storeAheadMs)})`
    : 'no store yet'
  return `Servers: ${clocks.join(', ')}; ${store}; ${unusual.map(([name, value]) => `${name} ${value}`).join(', ')}.`
}

const inSeconds = (ms: number): string => `${ms > 0 ? '+' : '−'}${Math.abs(ms / 1000)} s`
