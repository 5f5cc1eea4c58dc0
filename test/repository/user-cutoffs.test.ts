import { describe, expect, it } from 'vitest'
import { createEvents } from '../../src/core/events.ts'
import { resilientStore } from '../../src/repository/resilient-store.ts'
import { createUserCutoffs } from '../../src/repository/user-cutoffs.ts'
import { type LogicalTime } from '../../src/core/logical-time.ts'
import { testStore } from '../support/stores.ts'

const at = (instant: number, count: number): LogicalTime => ({ at: instant, count })

function servers() {
  const store = testStore()
  const server = () =>
    createUserCutoffs(
      resilientStore(
        store,
        createEvents(() => {}),
        0.25,
      ),
      1000,
    )
  return { store, one: server(), other: server() }
}

describe('a note that all sessions of a user ended', () => {
  it('ends what began before it, and nothing that began after', async () => {
    const { one, other } = servers()
    await one.write('ada', at(50, 7), null)

    for (const notes of [one, other]) {
      expect(await notes.isCutOff('ada', 'x', at(49, 9))).toBe(true)
      expect(await notes.isCutOff('ada', 'x', at(51, 1))).toBe(false)
      expect(await notes.isCutOff('eve', 'x', at(49, 9))).toBe(false)
    }
  })

  it('has an order within one millisecond where one process did both; another’s it ends', async () => {
    const { one, other } = servers()
    await one.write('ada', at(50, 7), null)

    expect(await one.isCutOff('ada', 'x', at(50, 6))).toBe(true)
    expect(await one.isCutOff('ada', 'x', at(50, 8))).toBe(false)
    expect(await other.isCutOff('ada', 'x', at(50, 8))).toBe(true)
  })

  it('spares one', async () => {
    const { one } = servers()
    await one.write('ada', at(50, 7), { id: 'x', signingInAt: null })

    expect(await one.isCutOff('ada', 'x', at(1, 1))).toBe(false)
    expect(await one.isCutOff('ada', 'y', at(1, 1))).toBe(true)
  })

  it.each([
    ['earlier instant', at(49, 9)],
    ['earlier in the same millisecond', at(50, 6)],
  ])('is not replaced by one of an %s', async (_, earlier) => {
    const { one } = servers()
    await one.write('ada', at(50, 8), null)
    await one.write('ada', earlier, null)

    expect(await one.isCutOff('ada', 'x', at(50, 7))).toBe(true)
  })

  it('of two processes in one millisecond ends all that began in it', async () => {
    const { one, other } = servers()
    await one.write('ada', at(50, 3), null)
    await other.write('ada', at(50, 1), null)

    for (const notes of [one, other]) expect(await notes.isCutOff('ada', 'x', at(50, 9))).toBe(true)
  })

  it('of many processes at once is the latest of them', async () => {
    const { one, other } = servers()
    await Promise.all([...Array(40).keys()].map(async (n) => (n % 2 ? one : other).write('ada', at(100 - n, 1), null)))

    expect(await one.isCutOff('ada', 'x', at(99, 9))).toBe(true)
  })

  it('is not lost to an earlier one that was slower', async () => {
    const { store, one, other } = servers()
    await one.write('ada', at(50, 1), null)
    const updating = store.hold('update')
    const slow = one.write('ada', at(60, 2), null)
    await updating.reached
    await other.write('ada', at(100, 1), null)
    updating.release()
    await slow

    expect(await one.isCutOff('ada', 'x', at(99, 9))).toBe(true)
  })

  it('spares no sign-in that an earlier one ended while it was under way', async () => {
    const { one } = servers()
    await one.write('ada', at(50, 7), null)

    expect(await one.write('ada', at(60, 9), { id: 'x', signingInAt: at(40, 1) })).toBe(false)
    expect(await one.isCutOff('ada', 'y', at(55, 8))).toBe(false)
    expect(await one.write('ada', at(60, 9), { id: 'x', signingInAt: at(55, 8) })).toBe(true)
  })

  it('is forgotten by the store when all that it ended has ended by itself', async () => {
    const { store, one } = servers()
    await one.write('ada', at(50, 7), null)
    expect(await store.sweep!(1050)).toBe(0)
    expect(await store.sweep!(1051)).toBe(1)
  })
})
