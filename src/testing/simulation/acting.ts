import type { Session } from '../../session/session.ts'
import { endAllOf } from './calls.ts'
import { now } from './time.ts'
import type { CookieFacts } from './facts.ts'
import { mayEnd, startSignIn } from './model.ts'
import type { Begun, Opened, Wish } from './requests.ts'
import { never, type Write } from './values.ts'
import type { World } from './world.ts'

/** The acts of a request's handler. */
export async function act(
  world: World,
  session: Session<any>,
  opened: Opened,
  wish: Wish,
  begun: Begun,
): Promise<void> {
  const { cookie, process } = opened
  // A cookie that is refused leaves a guest, to whom the act belongs.
  const known = opened.user === null ? undefined : cookie?.session
  const startWrite = (key: string, value: string | undefined): Write | null => {
    const before = session.data[key] as string | undefined
    return known?.values.start(key, value, now(), opened.openedAt, before, wish.act === 'fail') ?? null
  }
  switch (wish.act) {
    case 'write':
    case 'fail':
      begun.value = world.newValue(session.id)
      begun.write = startWrite(wish.key, begun.value)
      session.data[wish.key] = begun.value
      return undefined
    case 'unset':
      // To remove a key that is not there changes nothing.
      if (session.data[wish.key] === undefined) return undefined
      begun.write = startWrite(wish.key, undefined)
      delete session.data[wish.key]
      return undefined
    case 'add':
      begun.write = startWrite('count', undefined)
      return session.update('count', (count: number = 0) => count + 1)
    case 'flash':
      return session.flash('info', 'saved')
    case 'sign-in':
      return signIn(world, session, opened, wish.user, begun)
    case 'sign-out':
      mayEnd(cookie?.session, now())
      return session.signOut()
    case 'renew':
    case 'confirm':
      if (opened.user !== null) {
        if (wish.act === 'renew') session.renew()
        else session.confirm('pwd')
        mayRenew(cookie)
      }
      return undefined
    case 'end-others':
    case 'change-password':
      if (opened.user === null || !process.sessions.revocable) return undefined
      await endOthers(world, session, opened, wish.who)
      return wish.act === 'change-password' ? signIn(world, session, opened, opened.user, begun) : undefined
    default:
      return undefined
  }
}

/** Each act must throw if the session could not be looked up, because it is not known whose it is. */
export async function actUnavailable(world: World, session: Session<any>, { act, key, user }: Wish): Promise<void> {
  if (act === 'write' || act === 'fail') session.data[key] = world.newValue(null)
  else if (act === 'unset') delete session.data[key]
  else if (act === 'add') await session.update('count', (count: number = 0) => count + 1)
  else if (act === 'flash') session.flash('info', 'saved')
  else if (act === 'sign-in') session.signIn(user)
  else if (act === 'renew') session.renew()
  else if (act === 'confirm') session.confirm('pwd')
  else void session.userId
  world.wrong('acts-unavailable', `${act} works in a session that the server could not look up`)
}

async function endOthers(
  world: World,
  session: Session<any>,
  { user, cookie, process }: Opened,
  who: string,
): Promise<void> {
  const { exceptEnded } = await endAllOf(world, process, user!, session)
  if (exceptEnded && (cookie?.session.mayBeOverSince ?? never) > now())
    world.wrong('except-lost', 'revokeAll says that the session to keep has ended, which nothing has')
  world.tell(() => `  ${who} ended all other sessions of ${user}${exceptEnded ? ': nothing was done' : ''}.`)
}

function mayRenew(cookie: CookieFacts | null): void {
  const secret = cookie?.session.secrets.get(cookie.hash)
  if (secret === undefined) return
  secret.attempts++
  secret.mayBeOverSince = Math.min(secret.mayBeOverSince, now())
}

function signIn(world: World, session: Session<any>, opened: Opened, user: string, begun: Begun): void {
  session.signIn(user)
  if (opened.user === user) return mayRenew(opened.cookie)
  mayEnd(opened.cookie?.session, now())
  begun.signedInAt = now()
  startSignIn(world.model, user, now(), world.plan.options, world.skewMs())
}
