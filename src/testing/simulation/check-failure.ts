import { now } from './time.ts'
import { countMayBeLive, mayRefuseSignIn, refuseSignIn } from './model.ts'
import { type Begun, mayLackAnswer, type Opened, type Wish } from './requests.ts'
import { never } from './values.ts'
import type { World } from './world.ts'

/** Checks that a request had a reason to fail. */
export function checkFailure(world: World, opened: Opened, wish: Wish, begun: Begun, error: unknown): void {
  const { process, outcome, openedAt } = opened
  const { maxSessions, onLimit } = world.plan.options
  const user = wish.act === 'sign-in' ? wish.user : opened.user!
  switch ((error as { code?: string }).code) {
    case 'ERR_SESSION_UNAVAILABLE':
      // In real time, a busy database may answer too late without a fault of ours.
      if (
        outcome !== 'unavailable' &&
        !world.plan.isQuick &&
        !(process.config.places.length > 0 && mayLackAnswer(opened))
      )
        world.wrong('unavailable-in-peace', `${wish.act} fails although the store answers`)
      return
    case 'ERR_SIGN_IN_REFUSED':
      if (
        begun.signedInAt === never
          ? !mayRefuseRenewal(opened, begun)
          : !mayRefuseSignIn(world.model, user, openedAt - turnedBackMs(opened), maxSessions)
      )
        world.wrong('sign-in-refused', `the sign-in of ${user} is refused without a reason`)
      return
    case 'ERR_SESSION_LIMIT':
      refuseSignIn(world.model, user, begun.signedInAt)
      if (onLimit !== 'refuse' || countMayBeLive(world.model, user, openedAt) < maxSessions)
        world.wrong('limit-refuses', `the sign-in of ${user} is refused for the limit, which is not reached`)
      return
    default:
      world.wrong('throws', `${wish.act} throws ${String(error)}`)
  }
}

/**
 * How far a server's clock was turned back during a request, in milliseconds. A store that is asked with a deadline of before takes
 * the request for so much older.
 */
const turnedBackMs = ({ process: { server, machine }, openedAt, wall }: Opened): number =>
  Math.max(0, wall + (now() - openedAt) * server.rate - machine.wall())

/** Whether a sign-in as the same user may be refused: the session has ended, or another request has renewed it. */
function mayRefuseRenewal({ cookie }: Opened, { startedAt }: Begun): boolean {
  if (cookie === null) return false
  const { session, hash } = cookie
  const { attempts, mayBeOverSince } = session.secrets.get(hash)!
  return session.mayBeOverSince <= now() || attempts > 1 || mayBeOverSince < startedAt
}
