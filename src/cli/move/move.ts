import { move as moveSessions, type MoveResult } from '../../move/index.ts'
import { isReservedId } from '../../stores/reserved-ids.ts'
import { CommandError, readArguments } from '../arguments.ts'
import { helpFor } from '../help.ts'
import { escapeHidden, formatCount, paintFor, printText, type Paint } from '../terminal.ts'
import { askConfirmation } from './confirm.ts'
import { parseLocation, type OpenedLocation, type StoreLocation } from './location.ts'
import { openStore, toCommandError } from './open-store.ts'
import { createProgressBar } from './progress-bar.ts'
import { createWatchdog } from './watchdog.ts'

const optionSpec = {
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
  const { options, positionals } = readArguments('move', args, optionSpec)
  if (options.help) {
    await printText(helpFor('move'))
    return 0
  }
  if (positionals.length !== 2)
    throw new CommandError(2, 'move takes two places, from and to: npx sojourn move sqlite:FILE redis://HOST:PORT')
  const from = parseLocation(positionals[0]!, {
    side: 'from',
    prefix: options['from-prefix'],
    table: options['from-table'],
  })
  const to = parseLocation(positionals[1]!, { side: 'to', prefix: options['to-prefix'], table: options['to-table'] })
  if (from.key === to.key) throw new CommandError(2, `Both are ${escapeHidden(from.name)}.`)
  const mode = options['dry-run'] ? 'preview' : options['no-decide'] ? 'rehearsal' : 'final'
  if (mode === 'final' && !options.yes && !(await askConfirmation(confirmQuestion(from, to))))
    throw new CommandError(1, 'Nothing was done. To copy and check, and decide later: --no-decide')
  const result = await moveBetween(from, to, mode)
  await printText(
    options.json ? `${JSON.stringify(result)}\n` : formatResult(result, from, to, mode, paintFor(process.stdout)),
  )
  return result.differing + result.left === 0 ? 0 : 1
}

/** Whether it only looks; copies, and leaves it to the old store to decide; or lets the new one. */
type MoveMode = 'preview' | 'rehearsal' | 'final'

const confirmQuestion = (from: StoreLocation, to: StoreLocation): string =>
  `When all is there, ${escapeHidden(to.name)} decides. A server that has ${escapeHidden(from.name)} alone would sign people out then.
Has each server that runs both(to, from), or does none run? [y/N] `

async function moveBetween(from: StoreLocation, to: StoreLocation, mode: MoveMode): Promise<MoveResult> {
  const isDryRun = mode === 'preview'
  const opened: OpenedLocation[] = []
  const progressBar = createProgressBar(process.stderr, paintFor(process.stderr))
  const watchdog = createWatchdog()
  const warn = console.warn
  // What a store has to say stands on a line of its own.
  console.warn = (...told) => {
    progressBar.clear()
    warn(...told)
  }
  try {
    return await watchdog.runWatched(async () => {
      watchdog.recordActivity(escapeHidden(from.name))
      const source = await openStore(from, 'from', isDryRun)
      opened.push(source)
      await checkHasSessions(source, from)
      watchdog.recordActivity(escapeHidden(to.name))
      const target = await openStore(to, 'to', isDryRun)
      opened.push(target)
      watchdog.recordActivity('A store')
      return moveSessions(source.store, target.store, {
        dryRun: isDryRun,
        decide: mode === 'final',
        signal: watchdog.signal,
        onProgress(progress) {
          watchdog.recordActivity('A store')
          // Nothing is moved, and nobody is to fear so.
          progressBar.show(isDryRun && progress.step === 'moving' ? { ...progress, step: 'verifying' } : progress)
        },
      })
    })
  } catch (error) {
    throw toCommandError(error, 'A store does not answer: ')
  } finally {
    progressBar.clear()
    await watchdog.waitForClose(Promise.allSettled(opened.map(async ({ close }) => close())))
  }
}

/** An empty store is most likely not the one that was meant, and no other would be moved there any more. */
async function checkHasSessions({ store }: OpenedLocation, { name }: StoreLocation): Promise<void> {
  for await (const [id] of store.all!()) if (!isReservedId(id)) return
  throw new CommandError(
    1,
    `There are no sessions in ${escapeHidden(name)}, so nothing was done. See whether it is the right one; --from-prefix and --from-table say where in it they are.`,
  )
}

function formatResult(
  result: MoveResult,
  from: StoreLocation,
  to: StoreLocation,
  mode: MoveMode,
  paint: Paint,
): string {
  const { moved, already, ended, differing, left, took } = result
  const mark = differing + left === 0 ? paint.good('✓') : paint.bad('✗')
  const name = escapeHidden(to.name)
  const verb = { preview: 'would be moved', rehearsal: 'copied', final: 'moved' }[mode]
  const lines = [
    `${mark} ${formatCount(moved, 'session')} ${verb} from ${escapeHidden(from.name)} to ${name}, in ${took.toFixed(1)} s`,
    ...(already > 0 ? [`  ${formatCount(already, 'session')} there already`] : []),
    ...(ended > 0 ? [`  ${formatCount(ended, 'session')} ended, and ${ended === 1 ? 'stays' : 'stay'} so`] : []),
    ...(differing > 0
      ? [
          `  ${formatCount(differing, 'session')} went on in ${name}, and were left as they are there`,
          '  The old store goes on deciding.',
        ]
      : []),
    ...(left > 0
      ? [
          `  ${formatCount(left, 'session')} left out: sessions were moved to ${name} before, and what it has no more may`,
          '  have ended there. See docs/growing.md.',
        ]
      : []),
    ...(differing === 0 && mode !== 'preview'
      ? [
          `  Checked once more. ${mode === 'final' ? `${name} decides from now on.` : 'The old store goes on deciding.'}`,
        ]
      : []),
  ]
  return `${lines.join('\n')}\n`
}
