import { list } from './calls.ts'
import { begin, busyMs, countWaiting, now, sleep } from './time.ts'
import { isOnlyCutOff } from './adoption.ts'
import { hasEnded } from './model.ts'
import { cookiesOf } from './people.ts'
import { users } from './plan.ts'
import { Random } from './random.ts'
import type { Wish } from './requests.ts'
import { visit } from './visit.ts'
import type { World } from './world.ts'

/** How long no server gets a request at the end, in milliseconds: longer than a lost answer can take to fail. */
const quietMs = 60_000

/** The last phase: everything is healed, and every cookie is shown to every server. */
export async function finish(world: World): Promise<void> {
  const [restMs, healMs] = world.plan.isQuick ? [3000, 5000] : [12_000, 6000]
  await rest(restMs)
  for (const place of world.places) place.faults.clear()
  await world.rolling
  await rest(healMs)
  for (const { process } of world.servers)
    for (const session of process.learned.signedOut)
      if (!session.wasLost && !isOnlyCutOff(session, world.skewMs())) hasEnded(session, now() - 1)
  world.tell(() => 'All is well again, and every cookie is shown to every server.')
  const wish: Wish = { who: 'A copy of a cookie', act: 'read', key: '', user: '', handlerMs: 0 }
  const random = new Random(world.plan.seed + 2)
  for (const [index, { process }] of world.servers.entries()) {
    const there = { machine: process.machine, random }
    const show = async (header: string, who: string) =>
      begin(there, async () => visit(world, process, header, { ...wish, who }))
    for (const [at, browser] of world.browsers.entries())
      if (at % world.servers.length === index) await show(cookiesOf(browser), `The ${browser.name}`)
    // If there are many cookies, each is shown to one server.
    const values = Array.from(world.cookies.keys())
    for (const [at, value] of values.entries())
      if (values.length <= 8 || at % world.servers.length === index) await show(`session=${value}`, wish.who)
    for (const user of users) await begin(there, async () => list(world, process, user, true))
  }
  // An end that is repeated for ever, or a call that is never given up, would hold memory. It is seen in virtual time only.
  if (!world.plan.isQuick) await sleep(quietMs)
  for (const { name, process } of world.servers) {
    const waiting = countWaiting(process.machine)
    if (waiting > 0) world.wrong('memory', `${name} still has ${waiting} timers or calls, although it gets no request`)
  }
}

/** Waits, and then for as long as this process had no time for its work meanwhile. */
async function rest(ms: number): Promise<void> {
  for (let leftMs = ms, rounds = 0; leftMs > 0 && rounds < 5; rounds++) {
    const busyBefore = busyMs()
    await sleep(leftMs)
    leftMs = Math.min(leftMs, busyMs() - busyBefore)
  }
}
