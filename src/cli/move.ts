import { move as moveSessions, type MoveResult } from '../move.ts'
import { CommandError, readArguments } from './arguments.ts'
import { helpOf } from './help.ts'
import { createBar } from './move-bar.ts'
import { failed, openedAt } from './move-open.ts'
import { placeOf, type OpenedPlace, type Place } from './move-place.ts'
import { createPatience } from './move-patience.ts'
import { counted, paintFor, print, visible, type Paint } from './print.ts'

const known = {
  'from-prefix': 'TEXT',
  'to-prefix': 'TEXT',
  'from-table': 'NAME',
  'to-table': 'NAME',
  'dry-run': null,
  json: null,
  help: null,
} as const

/** `sojourn move`: moves all sessions from one store to another. */
export async function move(args: readonly string[]): Promise<number> {
  const { options, others } = readArguments('move', args, known)
  if (options.help) {
    await print(helpOf('move'))
    return 0
  }
  if (others.length !== 2)
    throw new CommandError(2, 'move takes two places, from and to: npx sojourn move sqlite:FILE redis://HOST:PORT')
  const from = placeOf(others[0]!, { side: 'from', prefix: options['from-prefix'], table: options['from-table'] })
  const to = placeOf(others[1]!, { side: 'to', prefix: options['to-prefix'], table: options['to-table'] })
  if (from.key === to.key) throw new CommandError(2, `Both are ${visible(from.name)}.`)
  const dryRun = options['dry-run'] === true
  const result = await moveBetween(from, to, dryRun)
  await print(options.json ? `${JSON.stringify(result)}\n` : told(result, from, to, dryRun, paintFor(process.stdout)))
  return result.differing + result.left === 0 ? 0 : 1
}

async function moveBetween(from: Place, to: Place, dryRun: boolean): Promise<MoveResult> {
  const opened: OpenedPlace[] = []
  const bar = createBar(process.stderr, paintFor(process.stderr))
  const patience = createPatience()
  const warn = console.warn
  // What a store has to say stands on a line of its own.
  console.warn = (...told) => {
    bar.clear()
    warn(...told)
  }
  try {
    return await patience.with(async () => {
      patience.heard(visible(from.name))
      const source = await openedAt(from, 'from')
      opened.push(source)
      await holdsSessions(source, from)
      patience.heard(visible(to.name))
      const target = await openedAt(to, dryRun ? 'look' : 'to')
      opened.push(target)
      patience.heard('A store')
      return moveSessions(source.store, target.store, {
        dryRun,
        signal: patience.signal,
        onProgress(progress) {
          patience.heard('A store')
          bar.show(progress)
        },
      })
    })
  } catch (error) {
    throw failed(error, 'A store does not answer: ')
  } finally {
    bar.clear()
    await patience.closing(Promise.allSettled(opened.map(async ({ close }) => close())))
  }
}

/** An empty store is most likely not the one that was meant, and no other would be moved there any more. */
async function holdsSessions({ store }: OpenedPlace, { name }: Place): Promise<void> {
  for await (const [id] of store.all!()) if (!id.includes('.')) return
  throw new CommandError(
    1,
    `There are no sessions in ${visible(name)}, so nothing was done. See whether it is the right one; --from-prefix and --from-table say where in it they are.`,
  )
}

function told(result: MoveResult, from: Place, to: Place, dryRun: boolean, paint: Paint): string {
  const { moved, already, ended, differing, left, took } = result
  const mark = differing + left === 0 ? paint.good('✓') : paint.bad('✗')
  const name = visible(to.name)
  const were = dryRun ? 'would be moved' : 'moved'
  const lines = [
    `${mark} ${counted(moved, 'session')} ${were} from ${visible(from.name)} to ${name}, in ${took.toFixed(1)} s`,
    ...(already > 0 ? [`  ${counted(already, 'session')} there already`] : []),
    ...(ended > 0 ? [`  ${counted(ended, 'session')} that ended, and stay so`] : []),
    ...(differing > 0
      ? [
          `  ${counted(differing, 'session')} went on in ${name}, and were left as they are there`,
          '  The old store goes on deciding.',
        ]
      : []),
    ...(left > 0
      ? [
          `  ${counted(left, 'session')} left out: sessions were moved to ${name} before, and what it has no more may`,
          '  have ended there. See docs/growing.md.',
        ]
      : []),
    ...(differing === 0 && !dryRun ? [`  Checked once more. ${name} decides from now on.`] : []),
  ]
  return `${lines.join('\n')}\n`
}
