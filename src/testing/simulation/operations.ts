import { list, revokeAll, revokeOne, watch } from './calls.ts'
import { after, begin, type Context } from './time.ts'
import { hurt } from './faults.ts'
import { cookiesOf, copyCookies, receive } from './people.ts'
import { type Operation, thief } from './plan.ts'
import type { Wish } from './requests.ts'
import { roll } from './rolling.ts'
import type { Server } from './servers.ts'
import { visit } from './visit.ts'
import type { World } from './world.ts'

/** Performs one operation of a plan. */
export async function perform(world: World, operation: Operation, context: Context): Promise<void> {
  const server = world.servers[operation.server % world.servers.length]!
  const { process } = server
  const there = { machine: process.machine, random: context.random }
  switch (operation.kind) {
    case 'visit':
      return browse(world, server, operation, context)
    case 'copy':
      world.tell(() => `The thief copies the cookies of the ${world.browsers[operation.browser]!.name}.`)
      return copyCookies(world.browsers[operation.browser]!, world.browsers[thief]!)
    case 'watch':
      return begin(there, async () => watch(world, process, operation))
    case 'list':
      return begin(there, async () => void (await list(world, process, operation.user)))
    case 'revoke':
      return begin(there, async () => revokeOne(world, process, operation.user))
    case 'revoke-all':
      return begin(there, async () => revokeAll(world, process, operation.user))
    case 'restart':
      world.tell(() => `${server.name} is killed and starts again.`)
      world.noteFault('restart', 5000)
      return world.restart(server)
    case 'jump':
      world.tell(() => `The clock of ${server.name} jumps by ${operation.byMs / 1000} s.`)
      return world.jump(server, operation.byMs)
    case 'fault':
    case 'evict':
    case 'wipe':
    case 'failover':
      return hurt(world, operation, server, context)
    default:
      world.rolling = world.rolling.then(async () => begin(context, async () => roll(world, operation)))
  }
}

type VisitOperation = Operation & { readonly kind: 'visit' }

/** A person does something in a browser. If there is no answer, or an error, they may try again. */
async function browse(world: World, first: Server, operation: VisitOperation, context: Context): Promise<void> {
  const browser = world.browsers[operation.browser % world.browsers.length]!
  const { act, key, user, handlerMs } = operation
  const wish: Wish = {
    who: `The ${browser.name}`,
    act,
    key,
    user,
    handlerMs,
    form: act === 'write' ? browser.form : null,
  }
  const ask = (server: Server, left: number): void => {
    const { process } = server
    const again = (): void => {
      if (left > 0) after(500 + context.random.between(0, 1500), () => ask(server, left - 1), context)
    }
    const there = { machine: process.machine, random: context.random }
    const header = cookiesOf(browser)
    begin(there, async () => visit(world, process, header, wish)).then(
      ({ status, cookies, form }) =>
        after(
          operation.backMs,
          () => {
            if (operation.isLost) {
              world.tell(() => `  The response never reaches the ${browser.name}.`)
              return again()
            }
            receive(browser, cookies)
            browser.form = form ?? browser.form
            if (status !== 200) again()
          },
          context,
        ),
      (error: unknown) => world.wrong('throws', `${operation.act} rejects with ${String(error)}`),
    )
  }
  ask(first, operation.retries)
}
