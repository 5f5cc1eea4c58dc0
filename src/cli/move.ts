import { SojournError } from '../errors.ts'
import { move as moveSessions, type MoveResult } from '../move.ts'
import { CommandError, readArguments } from './arguments.ts'
import { helpOf } from './help.ts'
import { createBar } from './move-bar.ts'
import { placeOf, type OpenedPlace, type Place, type Use } from './move-place.ts'
import { counted, paintFor, print, visible, type Paint } from './print.ts'

/** `sojourn move`: moves all sessions from one store to another. */
export async function move(args: readonly string[]): Promise<number> {
  const { options, others } = readArguments('move', args, { 'dry-run': null, json: null, help: null })
  if (options.help) {
    await print(helpOf('move'))
    return 0
  }
  const [from, to] = placesIn(others)
  const dryRun = options['dry-run'] === true
  const result = await moveBetween(from, to, dryRun)
  await print(options.json ? `${JSON.stringify(result)}\n` : told(result, from, to, dryRun, paintFor(process.stdout)))
  return result.differing === 0 ? 0 : 1
}

function placesIn(others: readonly string[]): [Place, Place] {
  if (others.length !== 2)
    throw new CommandError(2, 'move takes two places, from and to: npx sojourn move sqlite:FILE redis://HOST:PORT')
  const [from, to] = others.map(placeOf) as [Place, Place]
  if (from.key === to.key) throw new CommandError(2, `Both are ${from.name}.`)
  return [from, to]
}

async function moveBetween(from: Place, to: Place, dryRun: boolean): Promise<MoveResult> {
  const opened: OpenedPlace[] = []
  const bar = createBar(process.stderr, paintFor(process.stderr))
  const stopping = new AbortController()
  const stop = () => stopping.abort()
  process.once('SIGINT', stop)
  try {
    for (const [place, use] of [
      [from, 'from'],
      [to, dryRun ? 'look' : 'to'],
    ] as const)
      opened.push(await openedAt(place, use))
    const [source, target] = opened as [OpenedPlace, OpenedPlace]
    return await moveSessions(source.store, target.store, { dryRun, signal: stopping.signal, onProgress: bar.show })
  } catch (error) {
    bar.clear()
    if (stopping.signal.aborted) throw new CommandError(1, 'Stopped. Begin it again, and it goes on.')
    throw failed(error, 'A store does not answer: ')
  } finally {
    bar.clear()
    process.off('SIGINT', stop)
    for (const { close } of opened) await close()
  }
}

/** Opens a store, and asks it for something, so that it is told which of two does not answer. */
async function openedAt(place: Place, use: Use): Promise<OpenedPlace> {
  try {
    const opened = await place.open(use)
    try {
      await opened.store.read('nobody')
    } catch (error) {
      await opened.close()
      throw error
    }
    return opened
  } catch (error) {
    throw failed(error, `${visible(place.name)}: `)
  }
}

function failed(error: unknown, where: string): unknown {
  if (error instanceof CommandError) return error
  // Several at once where a name has several addresses, and then it has no message of its own.
  const { message, errors, code } = Object(error)
  const said = String(message || errors?.[0]?.message || code || error)
  return new CommandError(1, (error instanceof SojournError ? '' : where) + visible(said))
}

function told(result: MoveResult, from: Place, to: Place, dryRun: boolean, paint: Paint): string {
  const { moved, already, ended, differing, took } = result
  const [mark, name] = [differing === 0 ? paint.good('✓') : paint.bad('✗'), visible(to.name)]
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
    ...(differing === 0 && !dryRun ? [`  Checked once more. ${name} decides from now on.`] : []),
  ]
  return `${lines.join('\n')}\n`
}
