import { move as moveSessions, type MoveResult } from '../../move/index.ts'
import { isMoveMarker } from '../../stores/reserved-ids.ts'
import { CommandError, readArguments } from '../arguments.ts'
import { helpFor } from '../help.ts'
import { escapeHidden, formatCount, paintFor, printText, type Paint } from '../terminal.ts'
import { askConfirmation } from '../store/confirm.ts'
import { parseLocation } from '../store/location.ts'
import { openStore, toCommandError } from '../store/open-store.ts'
import { createProgressBar } from '../store/progress-bar.ts'
import type { OpenedLocation, StoreLocation } from '../store/types.ts'
import { createWatchdog } from '../store/watchdog.ts'

const optionSpec = {
  'from-prefix': { type: 'string' },
  'to-prefix': { type: 'string' },
  'from-table': { type: 'string' },
  'to-table': { type: 'string' },
  'dry-run': { type: 'boolean' },
  'no-decide': { type: 'boolean' },
  yes: { type: 'boolean' },
  json: { type: 'boolean' },
} as const

/** `sojourn move`: moves all sessions from one store to another. Returns the exit code. */
export async function move(args: readonly string[]): Promise<number> {
  const { values: options, positionals } = readArguments('move', args, optionSpec)
  if (options.help) {
    await printText(helpFor('move'))
    return 0
  }
  if (positionals.length !== 2)
    throw new CommandError(2, 'move takes two stores, FROM and TO: npx sojourn move sqlite:FILE redis://HOST:PORT')
  const from = parseLocation(positionals[0]!, {
    side: 'from',
    prefix: options['from-prefix'],
    table: options['from-table'],
  })
  const to = parseLocation(positionals[1]!, { side: 'to', prefix: options['to-prefix'], table: options['to-table'] })
  if (from.key === to.key) throw new CommandError(2, `FROM and TO are the same: ${escapeHidden(from.name)}.`)
  const mode = options['dry-run'] ? 'preview' : options['no-decide'] ? 'rehearsal' : 'final'
  if (mode === 'final' && !options.yes && !(await askConfirmation(confirmQuestion(from, to))))
    throw new CommandError(1, 'Nothing was done. To copy and check only, use --no-decide.')
  const result = await moveBetween(from, to, mode)
  await printText(
    options.json ? `${JSON.stringify(result)}\n` : formatResult(result, from, to, mode, paintFor(process.stdout)),
  )
  return result.differing + result.left === 0 ? 0 : 1
}

/** `preview` changes nothing, `rehearsal` copies but the old store still decides, `final` lets the new store decide. */
type MoveMode = 'preview' | 'rehearsal' | 'final'

const confirmQuestion = (from: StoreLocation, to: StoreLocation): string =>
  `When all sessions are copied, ${escapeHidden(to.name)} decides. Servers that only have ${escapeHidden(from.name)} will then sign people out.
Does every running server use both(to, from), or is no server running? [y/N] `

async function moveBetween(from: StoreLocation, to: StoreLocation, mode: MoveMode): Promise<MoveResult> {
  const isDryRun = mode === 'preview'
  const opened: OpenedLocation[] = []
  const progressBar = createProgressBar(process.stderr, paintFor(process.stderr))
  const watchdog = createWatchdog('Run the command again to continue.')
  const warn = console.warn
  // Warnings of a store need a line of their own.
  console.warn = (...values) => {
    progressBar.clear()
    warn(...values)
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
          // A dry run must not show "Moving", because it moves nothing.
          progressBar.show(isDryRun && progress.step === 'moving' ? { ...progress, step: 'verifying' } : progress)
        },
      })
    })
  } catch (error) {
    throw toCommandError(error, 'A store does not respond: ')
  } finally {
    progressBar.clear()
    await watchdog.waitForClose(Promise.allSettled(opened.map(async ({ close }) => close())))
  }
}

/** Refuses an empty store: it is probably a mistake, and a completed move prevents moving another store there. */
async function checkHasSessions({ store, doubt }: OpenedLocation, { name }: StoreLocation): Promise<void> {
  for await (const entry of store.all!()) if ('key' in entry && !isMoveMarker(entry.key)) return
  throw new CommandError(
    1,
    `There are no sessions in ${escapeHidden(name)}, so nothing was done. ${doubt ?? 'Check that it is the right store; use --from-prefix or --from-table if its sessions have another prefix or table.'}`,
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
    ...(already > 0 ? [`  ${formatCount(already, 'session')} already there`] : []),
    ...(ended > 0
      ? [`  ${formatCount(ended, 'session')} had ended, and ${ended === 1 ? 'remains' : 'remain'} ended`]
      : []),
    ...(differing > 0
      ? [
          `  ${formatCount(differing, 'session')} changed in ${name}, and ${differing === 1 ? 'was' : 'were'} not overwritten`,
          '  The old store still decides.',
        ]
      : []),
    ...(left > 0
      ? [
          `  ${formatCount(left, 'session')} not copied: a move to ${name} was completed before, and sessions that`,
          '  are missing there may have ended there. See docs/growing.md.',
        ]
      : []),
    ...(differing === 0 && mode !== 'preview'
      ? [`  Checked once more. ${mode === 'final' ? `${name} decides from now on.` : 'The old store still decides.'}`]
      : []),
  ]
  return `${lines.join('\n')}\n`
}
