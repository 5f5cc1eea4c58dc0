import { move as moveSessions, type MoveResult } from '../../move/index.ts'
import { isReservedId } from '../../stores/reserved-ids.ts'
import { CommandError, readArguments } from '../arguments.ts'
import { helpOf } from '../help.ts'
import { agreed } from './confirm.ts'
import { createBar } from './progress-bar.ts'
import { failed, openedAt } from './open-store.ts'
import { placeOf, type OpenedPlace, type Place } from './location.ts'
import { createPatience } from './watchdog.ts'
import { counted, paintFor, print, visible, type Paint } from '../terminal.ts'

const known = {
  'from-prefix': 'TEXT',
  'to-prefix': 'TEXT',
  'from-table': 'NAME',
  'to-table': 'NAME',
  'dry-run': null,
  'no-decide': null,
  yes: null,
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
  const how = options['dry-run'] ? 'looks' : options['no-decide'] ? 'rehearses' : 'decides'
  if (how === 'decides' && !options.yes && !(await agreed(question(from, to))))
    throw new CommandError(1, 'Nothing was done. To copy and check, and decide later: --no-decide')
  const result = await moveBetween(from, to, how)
  await print(options.json ? `${JSON.stringify(result)}\n` : told(result, from, to, how, paintFor(process.stdout)))
  return result.differing + result.left === 0 ? 0 : 1
}

/** Whether it only looks; copies, and leaves it to the old store to decide; or lets the new one. */
type How = 'looks' | 'rehearses' | 'decides'

const question = (from: Place, to: Place): string =>
  `When all is there, ${visible(to.name)} decides. A server that has ${visible(from.name)} alone would sign people out then.
Has each server that runs both(to, from), or does none run? [y/N] `

async function moveBetween(from: Place, to: Place, how: How): Promise<MoveResult> {
  const looks = how === 'looks'
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
      const source = await openedAt(from, 'from', looks)
      opened.push(source)
      await holdsSessions(source, from)
      patience.heard(visible(to.name))
      const target = await openedAt(to, 'to', looks)
      opened.push(target)
      patience.heard('A store')
      return moveSessions(source.store, target.store, {
        dryRun: looks,
        decide: how === 'decides',
        signal: patience.signal,
        onProgress(progress) {
          patience.heard('A store')
          // Nothing is moved, and nobody is to fear so.
          bar.show(looks && progress.step === 'moving' ? { ...progress, step: 'verifying' } : progress)
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
  for await (const [id] of store.all!()) if (!isReservedId(id)) return
  throw new CommandError(
    1,
    `There are no sessions in ${visible(name)}, so nothing was done. See whether it is the right one; --from-prefix and --from-table say where in it they are.`,
  )
}

function told(result: MoveResult, from: Place, to: Place, how: How, paint: Paint): string {
  const { moved, already, ended, differing, left, took } = result
  const mark = differing + left === 0 ? paint.good('✓') : paint.bad('✗')
  const name = visible(to.name)
  const were = { looks: 'would be moved', rehearses: 'copied', decides: 'moved' }[how]
  const lines = [
    `${mark} ${counted(moved, 'session')} ${were} from ${visible(from.name)} to ${name}, in ${took.toFixed(1)} s`,
    ...(already > 0 ? [`  ${counted(already, 'session')} there already`] : []),
    ...(ended > 0 ? [`  ${counted(ended, 'session')} ended, and ${ended === 1 ? 'stays' : 'stay'} so`] : []),
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
    ...(differing === 0 && how !== 'looks'
      ? [
          `  Checked once more. ${how === 'decides' ? `${name} decides from now on.` : 'The old store goes on deciding.'}`,
        ]
      : []),
  ]
  return `${lines.join('\n')}\n`
}
